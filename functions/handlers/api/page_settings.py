"""The settings of a booking page as the API reads and writes them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal, Self

from pydantic import BaseModel, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from handlers.api.fields import Day, Minutes, length_of, minutes
from handlers.api.hours import LimitFields
from handlers.wiring import adapters
from scheduling.domain.booking_page import BookingPage, BookingRules, Question, QuestionKind
from scheduling.domain.connections import Platform
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.hours import DateSpan
from scheduling.domain.identifiers import derived_id
from scheduling.domain.refusals import marked
from scheduling.domain.slots import BufferRule
from scheduling.use_cases.page_settings import PageSettings


class HostFields(BaseModel):
    kind: HostKind
    host_id: str

    def key(self) -> HostKey:
        return HostKey(self.kind, self.host_id)


class QuestionFields(BaseModel):
    question_id: str = Field(default="", pattern=r"^[a-z0-9_-]{0,40}$")
    """Names the question in `answers`; made by the server where empty."""
    label: str
    kind: QuestionKind = QuestionKind.LINE
    is_required: bool = False
    choices: list[str] = []

    def question(self, position: int) -> Question:
        # Derived, so that a request that is sent twice asks for the same.
        question_id = self.question_id or derived_id("question", str(position), self.label)
        return Question(question_id, self.label, self.kind, self.is_required, tuple(self.choices))

    @classmethod
    def of(cls, question: Question) -> Self:
        return cls(
            question_id=question.question_id,
            label=question.label,
            kind=question.kind,
            is_required=question.is_required,
            choices=list(question.choices),
        )


class PageSettingsFields(BaseModel):
    title: str
    hosts: list[HostFields]
    needed_hosts: int | None = None
    """How many of the hosts take part in a meeting; all of them where null."""
    person_in_charge_id: str
    description: str = ""
    location: str = ""
    online_meeting: Literal[Platform.GOOGLE_MEET, Platform.ZOOM] | None = None
    """On what meetings take place; null where they are at `location`."""
    time_zone: str = ""
    """What guests see before they choose their own; the organization's where empty."""
    zone_is_locked: bool = False
    locale: str = Field(default="", pattern=r"^([a-z]{2}(_[A-Z]{2})?)?$")
    """The organization's where empty."""
    durations_minutes: list[Minutes] = [30]
    """What guests may choose from; the first unless they choose."""
    interval_minutes: Minutes | None = None
    """From one start to the next; as long as the meeting where null."""
    minimum_notice_minutes: Minutes = 240
    buffer_before_minutes: Minutes = 0
    buffer_after_minutes: Minutes = 0
    buffer_rule: BufferRule = BufferRule.SUM
    horizon_days: int = 90
    """The last day offered is so many days after today, unless there are fixed dates."""
    first_date: Day | None = None
    last_date: Day | None = Field(default=None, validate_default=True)
    """With `first_date`: the only dates offered, both included."""
    limits: list[LimitFields] = []
    """How often the page may be booked with one host."""
    questions: list[QuestionFields] = []
    needs_approval: bool = False
    approval_within_minutes: Minutes = 48 * 60
    reminders_minutes: list[Minutes] = [24 * 60]
    """How long before the meeting everybody is reminded."""
    is_on: bool = True

    @field_validator("last_date")
    @classmethod
    def _both_dates_or_none(cls, last: date | None, info: ValidationInfo) -> date | None:
        if "first_date" in info.data and (last is None) != (info.data["first_date"] is None):
            message = marked("Please give both the first and the last day, or neither.")
            raise PydanticCustomError("missing", message)
        return last

    @field_validator("questions")
    @classmethod
    def _each_question_once(cls, questions: list[QuestionFields]) -> list[QuestionFields]:
        named = [question.question_id for question in questions if question.question_id]
        if len(set(named)) < len(named):
            raise PydanticCustomError("repeated", marked("Please give each question its own id."))
        return questions

    def settings(self) -> PageSettings:
        dates = None
        if self.first_date is not None and self.last_date is not None:
            dates = DateSpan(self.first_date, self.last_date)
        return PageSettings(
            title=self.title,
            hosts=tuple(host.key() for host in self.hosts),
            needed_hosts=self.needed_hosts,
            person_in_charge_id=self.person_in_charge_id,
            description=self.description,
            location=self.location,
            online_meeting=self.online_meeting,
            time_zone=self.time_zone,
            locale=self.locale,
            zone_is_locked=self.zone_is_locked,
            rules=BookingRules(
                durations=tuple(timedelta(minutes=length) for length in self.durations_minutes),
                interval=length_of(self.interval_minutes),
                minimum_notice=timedelta(minutes=self.minimum_notice_minutes),
                buffer_before=timedelta(minutes=self.buffer_before_minutes),
                buffer_after=timedelta(minutes=self.buffer_after_minutes),
                buffer_rule=self.buffer_rule,
                horizon_days=self.horizon_days,
                dates=dates,
                limits=tuple(limit.limit() for limit in self.limits),
            ),
            questions=tuple(
                question.question(position) for position, question in enumerate(self.questions)
            ),
            needs_approval=self.needs_approval,
            approval_within=timedelta(minutes=self.approval_within_minutes),
            reminders=tuple(timedelta(minutes=before) for before in self.reminders_minutes),
            is_on=self.is_on,
        )


class NewPageRequest(PageSettingsFields):
    slug: str = ""
    """The address of the page; one made of the title where empty."""


class EditPageRequest(PageSettingsFields):
    version: int
    """The one that was read before editing."""


class PageSettingsResponse(PageSettingsFields):
    slug: str
    url: str
    version: int

    @classmethod
    def of(cls, page: BookingPage) -> Self:
        rules = page.rules
        return cls(
            slug=page.slug,
            url=f"{adapters().base_url}/book/{page.slug}",
            version=page.version,
            title=page.title,
            hosts=[HostFields(kind=key.kind, host_id=key.host_id) for key in page.hosts],
            needed_hosts=page.needed_hosts,
            person_in_charge_id=page.person_in_charge_id,
            description=page.description,
            location=page.location,
            online_meeting=page.online_meeting,
            time_zone=page.time_zone,
            locale=page.locale,
            zone_is_locked=page.zone_is_locked,
            durations_minutes=[minutes(duration) for duration in rules.durations],
            interval_minutes=None if rules.interval is None else minutes(rules.interval),
            minimum_notice_minutes=minutes(rules.minimum_notice),
            buffer_before_minutes=minutes(rules.buffer_before),
            buffer_after_minutes=minutes(rules.buffer_after),
            buffer_rule=rules.buffer_rule,
            horizon_days=rules.horizon_days,
            first_date=rules.dates and rules.dates.first,
            last_date=rules.dates and rules.dates.last,
            limits=[LimitFields.of(limit) for limit in rules.limits],
            questions=[QuestionFields.of(question) for question in page.questions],
            needs_approval=page.needs_approval,
            approval_within_minutes=minutes(page.approval_within),
            reminders_minutes=[minutes(before) for before in page.reminders],
            is_on=page.is_on,
        )
