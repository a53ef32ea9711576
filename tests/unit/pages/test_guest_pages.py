"""Behind a guest's link: the booking in each of its states, and moving it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from scheduling.domain.booking import BookingState
from scheduling.domain.links import token_for
from scheduling.domain.messages import Recipient
from scheduling.domain.refusals import BookingChanged, BusyTryAgain
from tests.support.builders import a_guest, an_entry, at
from tests.support.in_memory import KEY
from tests.support.mail_room import mail_room, swept
from tests.unit.pages.site import Browser

if TYPE_CHECKING:
    from scheduling.domain.booking import Booking
    from tests.unit.pages.site import Answer, Site

FREE = "2026-12-01T20:00:00Z"
NOT_OFFERED = "2026-12-01T19:00:00Z"


@pytest.fixture
def browser(site: Site) -> Browser:
    """The browser in which everything was booked."""
    return site.known_browser()


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
        site.adapters.booking_pages.replace(
            replace(site.kenji_page, is_on=False, version=2), an_entry()
        )

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


def a_day_later(site: Site) -> None:
    """Let the links in the mails about all bookings be old."""
    for link_id, link in site.store.links.items():
        old = replace(link, created_at=site.now - timedelta(hours=24, seconds=1))
        site.store.links[link_id] = old


def mailed_link(site: Site) -> str:
    return token_for(list(site.store.links.values())[-1], KEY)


def test_t12_an_unknown_browser_sees_no_name_no_address_and_no_words_of_the_guest(site: Site):
    theirs = {
        "asked": ["Ben Okoro", "A poster"],
        "cancelled": ["Ana Silva", "A train strike"],
        "declined": ["Ben Okoro"],
    }

    for name, words in theirs.items():
        booking = getattr(site, name)
        known = site.known_browser().get(site.link_of(booking)).body
        unknown = Browser().get(site.link_of(booking)).body
        assert [each for each in words if each not in known] == []
        assert [each for each in words if each in unknown] == []
        assert booking.guest.email not in known + unknown
    assert "We are away" in Browser().get(site.link_of(site.declined)).body


def test_t12_an_old_link_changes_nothing_in_an_unknown_browser(site: Site):
    a_day_later(site)
    unknown, before = Browser(), dict(site.store.bookings)

    page = unknown.get(site.link_of(site.booking)).body
    moved = move(unknown, site)
    cancelled = unknown.post("/booking/cancellation", {"token": site.token_of(site.booking)})

    assert "Mail me a new link" in page
    assert "/times" not in page
    assert (moved.status, cancelled.status) == (403, 403)
    assert "Mail me a new link" in moved.body
    assert (moved.cookies, cancelled.cookies) == ({}, {})
    assert site.store.bookings == before


def test_t12_an_old_link_goes_on_working_in_the_browser_that_booked(site: Site):
    guest = Browser()
    form = {"start": FREE, "name": "Jo Park", "email": "jo@guest.example", "time_zone": "UTC"}
    booked = guest.post(site.booking_page, form)
    a_day_later(site)

    page = guest.get(booked.location.removeprefix(site.adapters.base_url))
    token = booked.location.rpartition("/l/")[2]

    assert "Jo Park" in page.body
    assert guest.post("/booking/cancellation", {"token": token}).status == 303


def test_t12_a_new_link_is_mailed_to_the_stored_address_and_then_the_first_one_works_too(
    site: Site,
):
    a_day_later(site)
    guest, first = Browser(), site.link_of(site.booking)

    asked = guest.post(
        "/booking/link", {"token": site.token_of(site.booking), "email": "x@y.example"}
    )
    told = guest.get(asked.location)
    [mail] = swept(site.adapters, mail_room(site.adapters))
    fresh = mailed_link(site)
    looked = guest.get(f"/l/{fresh}")
    moved = guest.post("/booking/move", {"token": fresh, "start": FREE, "time_zone": "UTC"})

    assert "We mailed you a new link" in told.body
    assert mail.recipient.email == site.booking.guest.email
    assert fresh in mail.rendered.text
    assert (looked.cookies, moved.status) == ({}, 303)
    assert "Move to another time" in guest.get(first).body
    assert guest.post("/booking/cancellation", {"token": first[3:]}).status == 303
    assert Browser().post("/booking/cancellation", {"token": first[3:]}).status == 403


def test_t12_a_mark_of_another_booking_or_of_nobody_makes_no_browser_known(site: Site):
    a_day_later(site)
    marks = site.known_browser().cookies
    name = f"__Host-guest-{site.booking.booking_id}"
    others = [mark for key, mark in marks.items() if key != name]
    damaged = [marks[name][:-2] + "AA", marks[name].replace("b1.1.", "b1.2."), "é", "x" * 9000]

    for mark in [*others, *damaged]:
        assert move(Browser({name: mark}), site).status == 403


def test_a_new_link_is_mailed_three_times_an_hour(site: Site):
    form = {"token": site.token_of(site.booking)}

    statuses = [Browser().post("/booking/link", form).status for _ in range(4)]

    assert statuses == [303, 303, 303, 429]


def test_no_new_link_is_mailed_for_a_meeting_that_does_not_take_place(site: Site):
    messages = len(site.store.messages)

    answer = Browser().post("/booking/link", {"token": site.token_of(site.cancelled)})

    assert answer.status == 409
    assert "This meeting is cancelled" in answer.body
    assert len(site.store.messages) == messages


def test_a_new_link_works_for_a_day_and_is_not_sent_when_that_is_over(site: Site):
    guest = Browser()
    guest.post("/booking/link", {"token": site.token_of(site.moved)})
    fresh = mailed_link(site)
    site.wait_until(site.now + timedelta(hours=24))

    mails = swept(site.adapters, mail_room(site.adapters))

    assert site.moved.guest.email not in {mail.recipient.email for mail in mails}
    assert guest.get(f"/l/{fresh}").status == 410
