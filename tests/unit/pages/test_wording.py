from __future__ import annotations

from dataclasses import replace

import pytest

from handlers.pages.wording import (
    booking_badge,
    guest_badge,
    request_badge,
    standing_badge,
)
from scheduling.domain.booking import BookingState
from scheduling.domain.messages import Delivery, DeliveryState, Recipient
from scheduling.domain.standing import Standing
from tests.support.builders import EARLY, a_booking, an_external_member, at, between

WINDOW = between("10:00", "12:00")


@pytest.mark.parametrize("state", DeliveryState)
def test_every_state_of_a_mail_has_words(state: DeliveryState):
    assert request_badge(Delivery(state)).text


@pytest.mark.parametrize("standing", Standing)
def test_every_standing_has_words(standing: Standing):
    assert standing_badge(standing).text


@pytest.mark.parametrize(
    ("now", "text"),
    [("09:59", "Confirmed"), ("10:00", "Happening now"), ("12:00", "Over")],
)
def test_a_booking_is_confirmed_then_happening_then_over(now: str, text: str):
    assert booking_badge(a_booking(an_external_member(WINDOW), WINDOW), at(now)).text == text


def test_a_cancelled_booking_stays_cancelled():
    booking = a_booking(an_external_member(WINDOW), WINDOW)
    cancelled = replace(booking.cancelled(Recipient.GUEST, "", now=EARLY))

    assert booking_badge(cancelled, at("12:00")).text == "Cancelled"


@pytest.mark.parametrize(
    ("state", "now", "text"),
    [
        (BookingState.PENDING, "09:59", "Waiting for approval"),
        (BookingState.PENDING, "10:00", "Request expired"),
        (BookingState.EXPIRED, "09:00", "Request expired"),
        (BookingState.DECLINED, "09:00", "Declined"),
        (BookingState.NO_SHOW, "12:00", "Did not come"),
    ],
)
def test_a_booking_says_how_it_ended(state: BookingState, now: str, text: str):
    expires_at = at("10:00") if state is BookingState.PENDING else None
    booking = a_booking(an_external_member(WINDOW), WINDOW)

    assert booking_badge(replace(booking, state=state, expires_at=expires_at), at(now)).text == text


def test_guests_are_not_told_that_they_were_missed():
    booking = replace(a_booking(an_external_member(WINDOW), WINDOW), state=BookingState.NO_SHOW)

    assert guest_badge(booking, at("12:00")).text == "Over"
