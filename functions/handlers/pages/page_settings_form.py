"""The editor of a booking page: its settings as fields of a form, and back."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from handlers.pages.form_reading import FormReading, length_fields, limit_fields
from handlers.pages.forms import Form, parsed_number, written_minutes
from scheduling.domain.booking_page import BookingRules, Question, QuestionKind
from scheduling.domain.connections import Platform
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.hours import DateSpan
from scheduling.domain.identifiers import new_id
from scheduling.domain.refusals import marked
from scheduling.domain.slots import BufferRule
from scheduling.use_cases.page_settings import MOST_QUESTIONS, MOST_REMINDERS, PageSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scheduling.domain.booking_page import BookingPage

CHECKED = "yes"
"""What a ticked box sends."""

MEETING_PLATFORMS = {platform: platform.label for platform in Platform if platform.makes_meetings}
"""What they are called, by what a form sends."""

_ID = re.compile(r"[a-z0-9_-]{1,40}")


class SettingsReading(FormReading):
    """Reads the form of the editor."""

    def settings(self) -> PageSettings:
        """Return what was typed; what could not be read is among `mistakes`."""
        hosts = host_keys(self.every("hosts"))
        return PageSettings(
            title=self.text("title"),
            description=self.text("description"),
            location=self.text("location"),
            online_meeting=self._online_meeting(),
            hosts=hosts,
            needed_hosts=self._needed_hosts(),
            person_in_charge_id=self.text("person_in_charge_id"),
            time_zone=self.text("time_zone"),
            locale=self.text("locale"),
            zone_is_locked=self._is_checked("zone_is_locked"),
            rules=self._rules(),
            questions=tuple(self._questions()),
            needs_approval=self._is_checked("needs_approval"),
            approval_within=self.length("approval_within_minutes"),
            reminders=tuple(self._reminders()),
            is_on=self._is_checked("is_on"),
        )

    def _is_checked(self, field: str) -> bool:
        return self.text(field) == CHECKED

    def _online_meeting(self) -> Platform | None:
        typed = self.text("online_meeting")
        return Platform(typed) if typed in MEETING_PLATFORMS else None

    def _needed_hosts(self) -> int | None:
        match self.text("attendance"):
            case "any":
                return 1
            case "some":
                return self.number("needed_hosts")
        return None

    def _rules(self) -> BookingRules:
        has_dates = self.text("window") == "dates"
        return BookingRules(
            durations=tuple(self._durations()),
            interval=self.minutes("interval_minutes") or None,
            minimum_notice=self.length("minimum_notice_minutes"),
            buffer_before=self.minutes("buffer_before_minutes"),
            buffer_after=self.minutes("buffer_after_minutes"),
            buffer_rule=BufferRule.MAX if self.text("buffer_rule") == "max" else BufferRule.SUM,
            horizon_days=self.number("horizon_days", blank=BookingRules().horizon_days),
            dates=self._dates() if has_dates else None,
            limits=self.limits(),
        )

    def _durations(self) -> Iterator[timedelta]:
        for typed in filter(None, re.split(r"[\s,;、]+", self.text("durations_minutes"))):
            minutes = parsed_number(typed)
            if minutes is None:
                message = marked("Please enter minutes, like 30 or 30, 60.")
                self.refuse("durations_minutes", message)
                return
            yield timedelta(minutes=minutes)

    def _dates(self) -> DateSpan | None:
        first, last = self.day("first_date"), self.day("last_date")
        return DateSpan(first, last) if first and last else None

    def _reminders(self) -> Iterator[timedelta]:
        for position in range(MOST_REMINDERS):
            reminder = self.length(f"reminders_minutes.{position}")
            if reminder:
                self.fill("reminders_minutes", position)
                yield reminder

    def _questions(self) -> Iterator[Question]:
        seen: set[str] = set()
        for position in range(MOST_QUESTIONS):
            where = f"questions.{position}"
            choices = tuple(line for _, line in self.lines(f"{where}.choices"))
            label, typed_id = self.text(f"{where}.label"), self.text(f"{where}.id")
            if not label.strip() and not choices:
                continue
            question_id = typed_id if _ID.fullmatch(typed_id) and typed_id not in seen else new_id()
            seen.add(question_id)
            self.fill("questions", position)
            kind = self.text(f"{where}.kind")
            yield Question(
                question_id=question_id,
                label=label,
                kind=QuestionKind(kind) if kind in list(QuestionKind) else QuestionKind.LINE,
                is_required=self._is_checked(f"{where}.is_required"),
                choices=choices,
            )


def host_keys(typed: Iterable[str]) -> tuple[HostKey, ...]:
    """Return the hosts that were ticked, as `<kind>:<id>`."""
    pairs = (value.partition(":") for value in typed)
    return tuple(HostKey(HostKind(kind), key) for kind, _, key in pairs if kind in list(HostKind))


def form_of(page: BookingPage) -> Form:
    """Return the form that `SettingsReading` reads as the settings of a page."""
    rules = page.rules
    fields: dict[str, Sequence[str]] = {
        "version": [str(page.version)],
        "title": [page.title],
        "description": [page.description],
        "location": [page.location],
        "online_meeting": [page.online_meeting or ""],
        "durations_minutes": [", ".join(map(written_minutes, rules.durations))],
        "hosts": [f"{key.kind}:{key.host_id}" for key in page.hosts],
        "attendance": [_attendance(page)],
        "needed_hosts": ["" if page.needed_hosts is None else str(page.needed_hosts)],
        "person_in_charge_id": [page.person_in_charge_id],
        "interval_minutes": ["" if rules.interval is None else written_minutes(rules.interval)],
        "buffer_before_minutes": [written_minutes(rules.buffer_before)],
        "buffer_after_minutes": [written_minutes(rules.buffer_after)],
        "buffer_rule": [rules.buffer_rule],
        "window": ["dates" if rules.dates else "rolling"],
        "horizon_days": [str(rules.horizon_days)],
        "first_date": [rules.dates.first.isoformat() if rules.dates else ""],
        "last_date": [rules.dates.last.isoformat() if rules.dates else ""],
        "needs_approval": [_checked(is_on=page.needs_approval)],
        "time_zone": [page.time_zone],
        "zone_is_locked": [_checked(is_on=page.zone_is_locked)],
        "locale": [page.locale],
        "is_on": [_checked(is_on=page.is_on)],
    }
    fields |= length_fields("minimum_notice_minutes", rules.minimum_notice)
    fields |= length_fields("approval_within_minutes", page.approval_within)
    fields |= limit_fields(rules.limits)
    for position, reminder in enumerate(page.reminders):
        fields |= length_fields(f"reminders_minutes.{position}", reminder)
    for position, question in enumerate(page.questions):
        fields |= _question_fields(f"questions.{position}", question)
    return Form(fields)


def question_rows(form: Form, *, more: bool = False) -> range:
    """Return the positions of the questions to show: those that have words, and a blank one.

    Args:
        more: One more than before.
    """
    shown = [at for at in range(MOST_QUESTIONS) if form[f"questions.{at}.id"]]
    typed = [at for at in shown if form[f"questions.{at}.label"].strip()]
    count = len(shown) + 1 if more else max(typed, default=-1) + 2
    return range(min(count, MOST_QUESTIONS))


def _question_fields(where: str, question: Question) -> dict[str, Sequence[str]]:
    return {
        f"{where}.id": [question.question_id],
        f"{where}.label": [question.label],
        f"{where}.kind": [question.kind],
        f"{where}.is_required": [_checked(is_on=question.is_required)],
        f"{where}.choices": ["\n".join(question.choices)],
    }


def _attendance(page: BookingPage) -> str:
    match page.needed_hosts:
        case None:
            return "all"
        case 1:
            return "any"
    return "some"


def _checked(*, is_on: bool) -> str:
    return CHECKED if is_on else ""
