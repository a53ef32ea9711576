"""The mails of a world: who was told what, and whether it was so."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb.outbox import _message
from scheduling.adapters.dynamodb.table import decoded
from scheduling.domain.booking import BookingState
from scheduling.domain.mails import (
    BookingMail,
    BookingNews,
    CalendarEntry,
    CalendarMethod,
    RenderedMail,
)
from scheduling.domain.messages import DeliveryState, MessageKind, Subject
from scheduling.ports import MailNotAccepted
from tests.simulation.ledger import PromiseBroken, messages_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from random import Random

    from scheduling.domain.booking import Booking
    from scheduling.domain.mails import MailFacts, OutgoingMail
    from scheduling.domain.messages import Message
    from tests.simulation.ledger import Ledger
    from tests.simulation.store import Partitions, Written

_REFUSED_OFTEN = 0.05
"""How likely the mail service does not take a mail."""


class Post:
    """What was queued, and what arrived in people's calendars."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.queued: list[Message] = []
        """What the stream has told of, in its order."""
        self.sent: Counter[str] = Counter()
        """How often each message was sent."""
        self.calendars: dict[tuple[str, str], CalendarEntry] = {}
        """What the calendar at an address shows for a booking: what has the highest sequence."""

    def note(self, written: Sequence[Written]) -> None:
        """Note new messages about bookings."""
        self.queued += [
            _message(decoded(one.after))
            for one in written
            if one.key[1].startswith("OB#")
            and one.before is None
            and one.after is not None
            and one.after["subject"]["S"] == Subject.BOOKING
        ]

    def worker(self, random: Random | None) -> Worker:
        """Return one worker's way to send mails; with `random`, it sometimes fails."""
        return Worker(self, self._ledger, random)

    def check_all_told(self, items: Partitions, now: datetime) -> None:
        """Check that everybody knows the latest, once there is nothing left to do.

        Raises:
            PromiseBroken: Somebody does not.
        """
        bookings = {name: booking for name, (_, booking) in self._ledger.present.bookings.items()}
        for item in messages_of(items):
            message = _message(decoded(item))
            state = DeliveryState(item["state"]["S"])
            booking = bookings[message.subject_id]
            is_reminder = message.kind is MessageKind.BOOKING_REMINDER
            ends = {DeliveryState.SENT}
            if message.version < booking.version:
                ends.add(DeliveryState.SUPERSEDED)
            if is_reminder:
                ends |= {DeliveryState.SUPERSEDED, DeliveryState.TOO_LATE}
                if message.due_at is not None and message.due_at > now:
                    ends = {DeliveryState.SCHEDULED}
            if state not in ends:
                raise PromiseBroken(f"{message.message_id} ended as {state}")
        for booking in bookings.values():
            self._check_calendars(booking)

    def _check_calendars(self, booking: Booking) -> None:
        shown = {
            address: entry
            for (address, name), entry in self.calendars.items()
            if name == booking.booking_id and entry.method is CalendarMethod.REQUEST
        }
        if booking.state is BookingState.CONFIRMED:
            expected = {f"{host.name}@example.org" for host in booking.hosts} | {
                booking.guest.email
            }
            if missing := [name for name in expected if name not in shown and "Aiko" not in name]:
                raise PromiseBroken(f"{booking.booking_id} is missing for {missing}")
        elif booking.state is not BookingState.NO_SHOW and shown:
            raise PromiseBroken(f"{booking.booking_id} does not take place: {shown}")
        for address, entry in shown.items():
            if entry.time != booking.time:
                raise PromiseBroken(f"{booking.booking_id} is at another time: {address} {entry}")


class Worker:
    """A mail service and what words its mails, for one message."""

    address = "parley@example.org"

    def __init__(self, post: Post, ledger: Ledger, random: Random | None) -> None:
        self._post = post
        self._ledger = ledger
        self._random = random
        self._since = ledger.moment
        self._facts: MailFacts | None = None
        self._entry: CalendarEntry | None = None

    @property
    def templates(self) -> Words:
        return Words(self)

    @property
    def calendar_files(self) -> Entries:
        return Entries(self)

    def send(self, mail: OutgoingMail) -> str:
        """Check that a mail was true when its worker began, and deliver it.

        Raises:
            MailNotAccepted: Now and then.
        """
        booking_id, version, *_ = mail.message_id.split(".")
        if not isinstance(self._facts, BookingMail):
            raise PromiseBroken(f"not about a booking: {mail.message_id}")
        if self._facts.news is not BookingNews.PASSED_ON:
            self._check_true(booking_id, int(version), self._facts)
        if self._random is not None and self._random.random() < _REFUSED_OFTEN:
            raise MailNotAccepted("busy")
        self._post.sent[mail.message_id] += 1
        if self._entry is not None:
            place = mail.recipient.email, booking_id
            former = self._post.calendars.get(place)
            if former is None or self._entry.sequence >= former.sequence:
                self._post.calendars[place] = self._entry
        return mail.message_id

    def note_facts(self, facts: MailFacts) -> None:
        self._facts = facts

    def note_entry(self, entry: CalendarEntry) -> None:
        self._entry = entry

    def _check_true(self, booking_id: str, version: int, facts: BookingMail) -> None:
        known = self._ledger.states[self._since].bookings[booking_id][1]
        if known.version > version:
            raise PromiseBroken(f"version {version} was told after {known.version} was stored")
        if self._ledger.version(booking_id, version).time != facts.time:
            raise PromiseBroken(f"version {version} is told with another time: {facts.time}")


class Words:
    """Templates that keep the facts only."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def render(self, facts: MailFacts, locale: str) -> RenderedMail:
        self._worker.note_facts(facts)
        return RenderedMail(locale, "", "")


class Entries:
    """Calendar files that keep the entry only."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def render(self, entry: CalendarEntry) -> bytes:
        self._worker.note_entry(entry)
        return b""
