"""Behind a guest's link: the booking in each of its states, and moving it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from scheduling.domain.booking import BookingState
from scheduling.domain.messages import Recipient
from scheduling.domain.refusals import BookingChanged, BusyTryAgain
from tests.support.builders import a_guest, an_entry, at

if TYPE_CHECKING:
    from scheduling.domain.booking import Booking
    from tests.unit.pages.site import Answer, Browser, Site

FREE = "2026-12-01T20:00:00Z"
NOT_OFFERED = "2026-12-01T19:00:00Z"


def stored(site: Site, booking: Booking) -> Booking:
    return site.adapters.bookings.get(booking.organization_id, booking.booking_id)


def store(site: Site, booking: Booking) -> None:
    site.store.bookings[booking.organization_id, booking.booking_id] = booking


def move(browser: Browser, site: Site, start: str = FREE, booking: Booking | None = None) -> Answer:
    token = site.token_of(booking or site.booking)
    return browser.post("/booking/move", {"token": token, "start": start, "time_zone": "UTC"})


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("booking", ["You are booked", "Confirmed", "Move to another time", "Google Calendar"]),
        (
            "asked",
            [
                "You have asked for this time",
                "Aiko Mori decides by Tue 1 December 2026, 22:00",
                "Withdraw this request",
                "A poster",
                "t•••@guest.example",
            ],
        ),
        ("moved", ["You are booked", "moved from <s>Tue 1 December 2026, 22:00–22:30"]),
        ("cancelled", ["This meeting is cancelled", "You cancelled it.", "A train strike"]),
        ("declined", ["Your request was declined", "We are away", "Book another time"]),
        ("expired", ["Your request has ended", "Nobody decided", "Book another time"]),
    ],
)
def test_a_booking_is_shown_in_its_present_state(
    browser: Browser, site: Site, name: str, words: list[str]
):
    page = browser.get(site.link_of(getattr(site, name))).body

    assert [each for each in words if each not in page] == []


@pytest.mark.parametrize("name", ["cancelled", "declined", "expired"])
def test_what_does_not_take_place_can_only_be_booked_again(browser: Browser, site: Site, name: str):
    booking = getattr(site, name)

    page = browser.get(site.link_of(booking)).body

    assert f'href="/book/{booking.booking_page_slug}">Book another time' in page
    assert "/times" not in page
    assert "/booking/cancellation" not in page


def test_a_meeting_that_the_team_cancelled_says_so(browser: Browser, site: Site):
    store(site, site.booking.cancelled(Recipient.HOST, "Ill", now=site.now))

    assert "Hanami Studio cancelled it." in browser.get(site.link_of(site.booking)).body


def test_a_request_whose_time_is_up_has_ended_whether_or_not_it_was_marked(
    browser: Browser, site: Site
):
    site.adapters.clock += timedelta(hours=12)

    assert "Your request has ended" in browser.get(site.link_of(site.asked)).body


@pytest.mark.parametrize(
    ("clock", "title"), [("14:10", "This meeting has begun"), ("15:00", "This meeting is over")]
)
def test_a_meeting_that_began_can_be_booked_again(
    browser: Browser, site: Site, clock: str, title: str
):
    site.adapters.clock = at(clock)

    page = browser.get(site.link_of(site.booking)).body

    assert title in page
    assert "Book again" in page
    assert "/times" not in page


def test_guests_do_not_read_that_they_were_missed(browser: Browser, site: Site):
    store(site, replace(site.booking, state=BookingState.NO_SHOW))
    site.adapters.clock = at("15:00")

    page = browser.get(site.link_of(site.booking)).body

    assert "This meeting is over" in page
    assert "Did not come" not in page


def test_cancelling_what_somebody_else_just_changed_shows_how_it_is_now(
    browser: Browser, site: Site, monkeypatch
):
    def changed(*_: object, **__: object) -> None:
        raise BookingChanged

    monkeypatch.setattr(site.adapters.bookings, "change", changed)
    form = {"token": site.token_of(site.booking), "reason": "Ill"}

    answer = browser.post("/booking/cancellation", form)

    assert answer.status == 409
    assert "This booking was changed a moment ago." in answer.body
    assert ">\nIll</textarea>" in answer.body


def test_the_present_time_stands_among_those_to_move_to(browser: Browser, site: Site):
    page = browser.get(f"{site.link_of(site.booking)}/times").body

    assert "Now: Tue 1 December 2026, 15:00–15:30 (Berlin, GMT+1)" in page
    assert 'aria-current="time">15:00 (now)</span>' in page
    assert f"{site.link_of(site.booking)}/times?start=2026-12-01T20%3A00%3A00Z" in page


def test_moving_is_confirmed_with_old_and_new_in_view(browser: Browser, site: Site):
    page = browser.get(f"{site.link_of(site.booking)}/times?start={FREE}")

    assert "<s>Tue 1 December 2026, 15:00–15:30 (Berlin, GMT+1)</s>" in page.body
    assert "Tue 1 December 2026, 21:00–21:30 (Berlin, GMT+1)" in page.body
    assert f'name="start" value="{FREE}">Move to this time' in page.body
    assert stored(site, site.booking) == site.booking


def test_a_moved_meeting_has_the_same_link(browser: Browser, site: Site):
    answer = move(browser, site)

    page = browser.get(answer.location)
    assert answer.location == site.link_of(site.booking)
    assert stored(site, site.booking).time.start == at("20:00")
    assert "Tue 1 December 2026, 21:00–21:30" in page.body
    assert "moved from" in page.body


def test_times_to_move_to_follow_the_zone_that_is_chosen(browser: Browser, site: Site):
    page = browser.get(f"{site.link_of(site.booking)}/times?time_zone=Asia/Tokyo").body

    assert "Tue 1 December 2026, 23:00–23:30 (Tokyo, GMT+9)" in page
    assert "times?time_zone=Asia%2FTokyo&amp;start=2026-12-01T14%3A30%3A00Z" in page


def test_a_time_that_was_just_taken_offers_what_is_near(browser: Browser, site: Site):
    site._book("20:00", "20:30", a_guest("Nia Faster"))

    answer = move(browser, site)

    assert answer.status == 409
    assert "That time was just taken." in answer.body
    assert answer.body.count('name="start"') == 3
    assert move(browser, site, "2026-12-01T20:30:00Z").status == 303


def test_a_time_that_is_not_offered_leads_to_those_that_are(browser: Browser, site: Site):
    page = browser.get(f"{site.link_of(site.booking)}/times?start={NOT_OFFERED}")

    assert page.status == 200
    assert "That time is no longer free" in page.body
    assert move(browser, site, NOT_OFFERED).status == 409


def test_what_is_no_time_leads_back_to_the_times(browser: Browser, site: Site):
    assert move(browser, site, "soon").location == f"{site.link_of(site.booking)}/times"


@pytest.mark.parametrize("name", ["cancelled", "declined", "expired"])
def test_what_does_not_take_place_is_not_moved(browser: Browser, site: Site, name: str):
    booking = getattr(site, name)

    for answer in (
        browser.get(f"{site.link_of(booking)}/times"),
        move(browser, site, booking=booking),
    ):
        assert answer.status == 409
        assert "Book another time" in answer.body


def test_a_meeting_that_began_is_not_moved(browser: Browser, site: Site):
    site.adapters.clock = at("14:10")

    for answer in (
        browser.get(f"{site.link_of(site.booking)}/times"),
        move(browser, site),
    ):
        assert answer.status == 409
        assert "Book again" in answer.body


@pytest.mark.parametrize("is_gone", [True, False])
def test_without_times_to_move_to_the_meeting_stays(browser: Browser, site: Site, *, is_gone: bool):
    if is_gone:
        site.adapters.external_members.remove(replace(site.kenji, deleted_at=site.now), an_entry())
    else:
        site.adapters.booking_pages.replace(replace(site.kenji_page, is_on=False, version=2))

    for answer in (
        browser.get(f"{site.link_of(site.booking)}/times"),
        move(browser, site),
    ):
        assert answer.status == (410 if is_gone else 409)
        assert "There are no times to move to" in answer.body
        assert "Tue 1 December 2026, 15:00–15:30" in answer.body


def test_two_moves_at_once_end_in_one_and_the_other_sees_it(
    browser: Browser, site: Site, monkeypatch
):
    def changed(*_: object, **__: object) -> None:
        raise BookingChanged

    monkeypatch.setattr(site.adapters.bookings, "change", changed)

    answer = move(browser, site)

    assert answer.status == 409
    assert "This booking was changed a moment ago." in answer.body
    assert "You are booked" in answer.body


def test_a_crowd_is_asked_to_try_the_move_again(browser: Browser, site: Site, monkeypatch):
    def crowded(*_: object, **__: object) -> None:
        raise BusyTryAgain

    monkeypatch.setattr(site.adapters.bookings, "change", crowded)

    answer = move(browser, site)

    assert answer.status == 503
    assert answer.headers["Retry-After"] == "2"
    assert "Move to this time" in answer.body
