"""What is told about a mail comes late, twice and in any order, and comes to the same."""

from datetime import timedelta
from itertools import permutations

import pytest

from scheduling.domain.feedback import (
    Bounced,
    BounceKind,
    Complained,
    Delayed,
    Delivered,
    diagnosis_of,
)
from scheduling.domain.messages import Delivery, DeliveryState
from tests.support.builders import EARLY

SENDING = Delivery(DeliveryState.SENDING, 1, next_attempt_at=EARLY + timedelta(minutes=2))
DELAYED, DELIVERED, COMPLAINED = Delayed(EARLY), Delivered(EARLY), Complained(EARLY)
FOR_NOW = Bounced(EARLY, BounceKind.TRANSIENT, "MailboxFull")
FOR_GOOD = Bounced(EARLY, BounceKind.PERMANENT, "General")
REJECTED = Bounced(EARLY, BounceKind.REJECTED, diagnosis="Bad content")


def told(*feedback):
    delivery = SENDING
    for each in feedback:
        delivery = delivery.noting(each)
    return delivery


@pytest.mark.parametrize(
    ("feedback", "state"),
    [
        ((DELIVERED,), DeliveryState.DELIVERED),
        ((FOR_NOW,), DeliveryState.BOUNCED),
        ((FOR_NOW, DELIVERED), DeliveryState.DELIVERED),
        ((DELIVERED, FOR_GOOD), DeliveryState.BOUNCED),
        ((FOR_NOW, FOR_GOOD), DeliveryState.BOUNCED),
        ((DELAYED, DELIVERED), DeliveryState.DELIVERED),
        ((REJECTED,), DeliveryState.BOUNCED),
        ((DELIVERED, COMPLAINED), DeliveryState.COMPLAINED),
        ((FOR_GOOD, COMPLAINED, DELIVERED), DeliveryState.COMPLAINED),
    ],
)
def test_a_mail_ends_in_the_same_state_in_whatever_order_it_is_told(feedback, state):
    for order in permutations(feedback * 2):
        assert told(*order).state is state


def test_a_delay_alone_changes_no_state():
    assert told(DELAYED).state is DeliveryState.SENDING


def test_whatever_is_told_about_a_mail_it_is_not_sent_again():
    assert all(
        told(each).next_attempt_at is None for each in (DELAYED, DELIVERED, FOR_NOW, COMPLAINED)
    )


def test_a_bounce_for_good_is_the_one_that_is_kept():
    assert told(FOR_NOW, FOR_GOOD).bounce == told(FOR_GOOD, FOR_NOW).bounce == FOR_GOOD


def test_the_first_moment_counts():
    later = Delivered(EARLY + timedelta(hours=1))

    assert told(DELIVERED, later).delivered_at == EARLY


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ("smtp; 550 5.1.1 user unknown", "smtp; 550 5.1.1 user unknown"),
        ("550 <mia@guest.example>: no\r\n such user", "550 <•••>: no such user"),
        ("mia.weber+x@guest.example,jo@b.example", "•••,•••"),
        ("x" * 300, "x" * 200),
    ],
)
def test_a_diagnosis_is_short_and_names_nobody(answer, kept):
    assert diagnosis_of(answer) == kept
