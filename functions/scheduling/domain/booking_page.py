"""Booking pages: what can be booked, with whom, by which rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from scheduling.domain.slots import BufferRule, SlotRules

if TYPE_CHECKING:
    from scheduling.domain.connections import Platform
    from scheduling.domain.hosts import HostKey
    from scheduling.domain.hours import DateSpan
    from scheduling.domain.slots import Limit

MOST_HOSTS = 10


@dataclass(frozen=True, slots=True)
class BookingRules:
    """How slots are cut out of the hosts' times; see `domain.slots`."""

    durations: tuple[timedelta, ...] = (timedelta(minutes=30),)
    """What guests may choose from; the first unless they choose."""
    interval: timedelta | None = None
    """From one start to the next; as long as the meeting where None."""
    minimum_notice: timedelta = timedelta(hours=4)
    """A slot that starts sooner than this from now is not offered."""
    buffer_before: timedelta = timedelta(0)
    buffer_after: timedelta = timedelta(0)
    buffer_rule: BufferRule = BufferRule.SUM
    horizon_days: int = 90
    """The last day offered is so many host-local days after today; `dates` overrule it."""
    dates: DateSpan | None = None
    """The only host-local dates offered."""
    limits: tuple[Limit, ...] = ()
    """How often the page may be booked with one host."""

    @property
    def duration(self) -> timedelta:
        return self.durations[0]

    def for_duration(self, duration: timedelta) -> SlotRules:
        """Return the rules in seconds, for meetings that long."""
        return SlotRules(
            duration=_seconds(duration),
            interval=_seconds(self.interval or duration),
            minimum_notice=_seconds(self.minimum_notice),
            buffer_before=_seconds(self.buffer_before),
            buffer_after=_seconds(self.buffer_after),
            buffer_rule=self.buffer_rule,
            horizon_days=None if self.dates else self.horizon_days,
            horizon_dates=self.dates,
            limits=self.limits,
        )


class QuestionKind(StrEnum):
    LINE = "line"
    TEXT = "text"
    CHOICE = "choice"
    CHECK = "check"
    """A box to tick; where it is required, it has to be ticked."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something the page asks a guest."""

    question_id: str
    label: str
    kind: QuestionKind = QuestionKind.LINE
    is_required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BookingPage:
    """The public page on which guests book one host, or several."""

    slug: str
    """Its address, unique in the whole deployment, the same for its whole life."""
    organization_id: str
    person_in_charge_id: str
    """The member who is told of its bookings and decides about requests."""
    hosts: tuple[HostKey, ...]
    title: str
    location: str
    time_zone: str
    """The zone a guest sees before choosing their own."""
    created_at: datetime
    needed_hosts: int | None = None
    """How many of the hosts take part in a meeting; all of them where None."""
    description: str = ""
    locale: str = ""
    """The language of the page and its mails to guests; the organization's where empty."""
    zone_is_locked: bool = False
    """Whether guests see times in the page's zone only."""
    rules: BookingRules = field(default_factory=BookingRules)
    questions: tuple[Question, ...] = ()
    needs_approval: bool = False
    approval_within: timedelta = timedelta(hours=48)
    """A request nobody has decided about by then expires."""
    reminders: tuple[timedelta, ...] = (timedelta(hours=24),)
    """How long before the meeting everybody is reminded."""
    is_on: bool = True
    online_meeting: Platform | None = None
    """On what meetings take place; None where they are at `location`."""
    version: int = 1
    """1 when made, one more with each change."""

    @property
    def needed(self) -> int:
        return len(self.hosts) if self.needed_hosts is None else self.needed_hosts


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())
