"""The schedule that sends what is due: all of it, as far as the time goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from handlers import wiring
from handlers.schedules.retry_mails import AT_ONCE, RESERVE_MILLISECONDS, MailsFailed, handler
from scheduling.domain.messages import Delivery, DeliveryState
from tests.support.builders import (
    AIKO,
    ORGANIZATION,
    a_link,
    a_page,
    an_entry,
    an_external_member,
)
from tests.support.in_memory import InMemoryAdapters, InMemoryMailer
from tests.support.mail_room import mail_room

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scheduling.domain.mails import OutgoingMail
    from scheduling.domain.messages import Message

MORE_THAN_AT_ONCE = AT_ONCE + 10


@dataclass
class Context:
    """A run that has time for so many mails."""

    mails: int = 1_000
    function_name: str = "retry-mails"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn"
    aws_request_id: str = "request"

    def get_remaining_time_in_millis(self) -> int:
        self.mails -= 1
        return RESERVE_MILLISECONDS if self.mails >= 0 else RESERVE_MILLISECONDS - 1


@dataclass
class Mailer(InMemoryMailer):
    """Breaks down over some addresses."""

    sent: list[OutgoingMail] = field(default_factory=list)
    broken: bool = False
    poison: frozenset[str] = frozenset()

    def send(self, mail: OutgoingMail) -> str:
        if mail.recipient.email in self.poison:
            raise RuntimeError(mail.recipient.email)
        return super().send(mail)


@pytest.fixture
def mailer() -> Mailer:
    return Mailer()


@pytest.fixture
def parley(monkeypatch: pytest.MonkeyPatch, mailer: Mailer) -> Iterator[InMemoryAdapters]:
    """Adapters with more mails to send than are looked up at a time."""
    found = InMemoryAdapters()
    found.organizations.add(ORGANIZATION, AIKO, an_entry())
    for number in range(MORE_THAN_AT_ONCE):
        member = an_external_member(email=f"{number}@example.org")
        found.external_members.add(
            member, a_page(member), a_link(member), [member.request_mail], an_entry()
        )
    room = mail_room(found)
    whole = SimpleNamespace(
        **{name: getattr(room, name) for name in room.__slots__},
        now=found.now,
    )
    whole.mailer = mailer
    monkeypatch.setattr(wiring, "Adapters", lambda: whole)
    wiring.adapters.cache_clear()
    yield found
    wiring.adapters.cache_clear()


def waiting(parley: InMemoryAdapters) -> list[Message]:
    return parley.outbox.due(now=parley.now(), limit=1_000)


def test_all_that_is_due_is_sent_in_one_run_each_mail_once(
    parley: InMemoryAdapters, mailer: Mailer
):
    assert handler({}, Context()) == {"sent": MORE_THAN_AT_ONCE}

    assert len({mail.recipient.email for mail in mailer.sent}) == MORE_THAN_AT_ONCE
    assert waiting(parley) == []


def test_what_there_is_no_time_for_waits_for_the_next_run(parley: InMemoryAdapters):
    assert handler({}, Context(mails=AT_ONCE + 1)) == {"sent": AT_ONCE + 1}
    assert len(waiting(parley)) == MORE_THAN_AT_ONCE - AT_ONCE - 1

    assert handler({}, Context()) == {"sent": MORE_THAN_AT_ONCE - AT_ONCE - 1}


def test_what_fails_is_tried_once_in_a_run(parley: InMemoryAdapters, mailer: Mailer):
    mailer.broken = True

    assert handler({}, Context()) == {"send_failed": MORE_THAN_AT_ONCE}


def test_what_another_worker_has_is_left_to_it(parley: InMemoryAdapters):
    first, *_ = waiting(parley)
    parley.outbox.claim(first, now=parley.now())

    assert handler({}, Context()) == {"sent": MORE_THAN_AT_ONCE - 1}


def test_a_run_in_which_something_unforeseen_happened_fails_after_all_others(
    parley: InMemoryAdapters, mailer: Mailer
):
    mailer.poison = frozenset({"3@example.org"})

    with pytest.raises(MailsFailed):
        handler({}, Context())

    assert len(mailer.sent) == MORE_THAN_AT_ONCE - 1
    states = [delivery.state for delivery in parley.store.messages.values()]
    assert states.count(DeliveryState.SENDING) == 1


def test_a_message_that_the_index_shows_a_moment_longer_is_not_waited_for(
    parley: InMemoryAdapters, monkeypatch: pytest.MonkeyPatch
):
    shown = waiting(parley)[:3]
    monkeypatch.setattr(parley.outbox, "due", lambda **_: shown)

    assert handler({}, Context()) == {"sent": 3}


def test_what_is_due_for_the_longest_is_sent_first(parley: InMemoryAdapters, mailer: Mailer):
    late = waiting(parley)[-1]
    for message in waiting(parley):
        parley.store.messages[message] = Delivery(DeliveryState.SEND_FAILED, 1, parley.now())
    long_ago = parley.now().replace(hour=1)
    parley.store.messages[late] = Delivery(DeliveryState.SEND_FAILED, 1, long_ago)

    handler({}, Context(mails=1))

    [mail] = mailer.sent
    assert mail.recipient.email == f"{MORE_THAN_AT_ONCE - 1}@example.org"
