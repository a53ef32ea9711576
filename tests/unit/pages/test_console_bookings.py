"""Bookings in the console: finding, deciding, moving, and booking for a guest."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from scheduling.domain.booking import BookingState
from scheduling.domain.lists import ListPage
from scheduling.domain.refusals import BusyTryAgain
from tests.support.builders import AIKO, a_booking, a_guest, at, between
from tests.unit.pages.test_injection import CORPUS, structure

if TYPE_CHECKING:
    from scheduling.domain.booking import Booking
    from tests.unit.pages.site import Browser, Site

FREE = "2026-12-01T20:00:00Z"
TAKEN = "2026-12-01T14:00:00Z"
WORKSHOP_START = "2026-12-02T05:00:00Z"


def now(site: Site, booking: Booking) -> Booking:
    """Return the booking as it is stored."""
    return site.store.bookings[booking.organization_id, booking.booking_id]


def for_a_guest(**fields: str) -> dict[str, str]:
    return {
        "page": "workshop",
        "start": WORKSHOP_START,
        "duration_minutes": "30",
        "form_id": "form",
        "name": "Jo Guest",
        "email": "jo@guest.example",
        "time_zone": "Europe/Berlin",
        "answers.topic": "A poster",
        "answers.terms": "Yes",
    } | fields


def test_bookings_tell_guest_and_state(staff: Browser):
    page = staff.get("/console/bookings").body

    assert "mia@guest.example" in page
    for state in ("Confirmed", "Cancelled", "Waiting for approval", "Declined"):
        assert state in page
    assert "6 bookings" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=pending", {"Ben Okoro"}),
        ("q=MIA%40guest", {"Mia Weber"}),
        (f"person={AIKO.member_id}", {"Mia Weber", "Ana Silva", "Eva Lind", "Ben Okoro"}),
        (f"host={AIKO.member_id}", {"Ben Okoro"}),
        ("to=2026-12-01", {"Mia Weber"}),
        ("from=2026-12-02&to=2026-12-02&q=portfolio", {"Ana Silva", "Eva Lind"}),
        ("state=nonsense&q=nobody", set()),
    ],
)
def test_bookings_are_found_by_what_stands_in_the_address(
    staff: Browser, query: str, found: set[str]
):
    page = staff.get(f"/console/bookings?{query}").body

    guests = {"Mia Weber", "Ana Silva", "Eva Lind", "Ben Okoro"}
    assert {guest for guest in guests if guest in page} == found
    assert ("No booking fits" in page) == (not found)


def test_the_latest_can_stand_first(staff: Browser):
    page = staff.get("/console/bookings?order=latest").body

    assert page.index("Ben Okoro") < page.index("Mia Weber")


def test_what_was_is_found_by_its_day(staff: Browser, site: Site):
    site.wait_until(site.now + timedelta(days=5))

    assert "Nothing is booked yet" in staff.get("/console/bookings").body
    assert "Mia Weber" in staff.get("/console/bookings?to=2026-12-06&order=latest").body


def test_a_day_that_is_none_is_named_and_passed_over(staff: Browser):
    page = staff.get("/console/bookings?from=tomorrow").body

    assert 'id="from-problem"' in page
    assert 'value="tomorrow"' in page
    assert "Mia Weber" in page


def test_the_next_part_keeps_the_filters_and_nothing_is_counted(
    staff: Browser, site: Site, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("handlers.pages.console_bookings.ROWS", 2)

    page = staff.get("/console/bookings?q=portfolio").body
    following = page.partition('href="?q=portfolio&amp;cursor=')[2].partition('"')[0]
    rest = staff.get(f"/console/bookings?q=portfolio&cursor={following}").body

    assert 'class="small muted count"' not in page + rest
    assert "Eva Lind" not in page
    assert "Eva Lind" in rest


def test_a_part_without_finds_offers_to_keep_looking(
    staff: Browser, site: Site, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        site.adapters.bookings, "list", lambda *_, **__: ListPage((), next_cursor="more")
    )

    page = staff.get("/console/bookings?q=rare").body

    assert 'href="?q=rare&amp;cursor=more"' in page
    assert "Keep looking" in page
    assert "No booking fits" not in page


def test_fifty_bookings_are_at_most_60_kilobytes(staff: Browser, site: Site):
    for number in range(60):
        start = at("00:00") + timedelta(days=number + 1)
        time = replace(between("00:00", "00:30"), start=start, end=start + timedelta(minutes=30))
        booking = a_booking(site.kenji, time, a_guest(f"Guest{number} Long Name"))
        site.store.bookings[booking.organization_id, booking.booking_id] = booking

    page = staff.get("/console/bookings").body

    assert page.count('<tr role="row">') == 51
    assert len(page.encode()) <= 60_000


def test_the_table_has_what_the_list_shows(staff: Browser):
    page = staff.get("/console/bookings?q=mia").body
    answer = staff.get("/console/bookings.csv?q=mia")

    assert 'href="/console/bookings.csv?q=mia"' in page
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="bookings.csv"'
    assert "mia@guest.example" in answer.body
    assert "ana@guest.example" not in answer.body


def test_a_booking_shows_everything_about_it(staff: Browser, site: Site):
    page = staff.get(site.console_page_of(site.asked)).body

    for words in (
        "Wed 2 December 2026, 10:00–10:30 (Tokyo, GMT+9)",
        "(Berlin, GMT+1)",
        "ben@guest.example",
        "tom@guest.example",
        "What is it about?",
        "A poster",
        "Asked for",
        "and its time is free again.",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("booking", "shown", "hidden"),
    [
        ("asked", {"/approval", "/decline", "/move"}, {"/cancellation", "/no-show"}),
        ("booking", {"/cancellation", "/move"}, {"/approval", "/decline", "/no-show"}),
        ("declined", set(), {"/approval", "/decline", "/move", "/cancellation", "/no-show"}),
    ],
)
def test_what_can_be_done_depends_on_the_state(
    staff: Browser, site: Site, booking: str, shown: set[str], hidden: set[str]
):
    address = site.console_page_of(getattr(site, booking))

    page = staff.get(address).body

    assert {action for action in shown | hidden if f'"{address}{action}"' in page} == shown
    assert "/console/bookings/new?page=" in page


def test_a_moved_booking_tells_when_it_was_before(staff: Browser, site: Site):
    page = staff.get(site.console_page_of(site.moved)).body

    assert "before, it was Wed 2 December 2026, 06:00–06:30 (Tokyo, GMT+9)" in page


def test_a_cancelled_booking_tells_who_and_why(staff: Browser, site: Site):
    page = staff.get(site.console_page_of(site.cancelled)).body

    assert "Cancelled by the guest" in page
    assert "“A train strike”" in page


@pytest.mark.parametrize(
    ("booking", "action", "state"),
    [
        ("asked", "approval", BookingState.CONFIRMED),
        ("asked", "decline", BookingState.DECLINED),
        ("booking", "cancellation", BookingState.CANCELLED),
    ],
)
def test_staff_decides(staff: Browser, site: Site, booking: str, action: str, state: BookingState):
    before = getattr(site, booking)

    answer = staff.post(f"{site.console_page_of(before)}/{action}", {"reason": "So it is"})

    page = staff.get(answer.location).body
    assert now(site, before).state is state
    assert 'class="notice good"' in page
    assert ("“So it is”" in page) == (action != "approval")


def test_a_guest_who_did_not_come_is_noted_after_the_start_only(staff: Browser, site: Site):
    form = f"{site.console_page_of(site.booking)}/no-show"

    early = staff.post(form, {})
    site.wait_until(site.booking.time.start)
    page = staff.get(site.console_page_of(site.booking)).body
    answer = staff.post(form, {})

    assert early.status == 409
    assert "This meeting has not begun yet." in early.body
    assert f'action="{form}"' in page
    assert answer.status == 303
    assert now(site, site.booking).state is BookingState.NO_SHOW


@pytest.mark.parametrize(
    ("booking", "action", "words"),
    [
        ("declined", "approval", "This request has been decided about already."),
        ("declined", "cancellation", "This meeting does not take place. You can book again."),
        ("booking", "decline", "This request has been decided about already."),
        ("asked", "no-show", "Nobody has decided about this request yet."),
    ],
)
def test_a_refusal_stands_over_the_booking_as_it_is(
    staff: Browser, site: Site, booking: str, action: str, words: str
):
    before = getattr(site, booking)

    answer = staff.post(f"{site.console_page_of(before)}/{action}", {})

    assert answer.status == 409
    assert words in answer.body
    assert before.title in answer.body
    assert now(site, before) == before


def test_a_reason_that_is_too_long_comes_back(staff: Browser, site: Site):
    form = f"{site.console_page_of(site.booking)}/cancellation"

    answer = staff.post(form, {"reason": "x" * 501})

    assert answer.status == 422
    assert 'href="#cancellation-reason"' in answer.body
    assert "x" * 501 in answer.body
    assert "<details open>" in answer.body


def test_a_meeting_is_moved_to_a_time_of_its_page(staff: Browser, site: Site):
    address = f"{site.console_page_of(site.booking)}/move"

    times = staff.get(f"{address}?date=2026-12-02").body
    question = staff.get(f"{address}?start={FREE}").body
    answer = staff.post(address, {"start": FREE})

    assert f"{address}?start=2026-12-01T20%3A00%3A00Z" in times
    assert "Wed 2 December 2026, 05:00–05:30 (Tokyo, GMT+9)" in question
    assert now(site, site.booking).time.start == at("20:00")
    assert "Moved. Everybody concerned is told" in staff.get(answer.location).body


def test_the_booking_is_not_in_its_own_way(staff: Browser, site: Site):
    page = staff.get(f"{site.console_page_of(site.booking)}/move?date=2026-12-01").body

    assert "start=2026-12-01T14%3A00%3A00Z" in page


def test_moving_to_a_time_that_is_taken_offers_others(staff: Browser, site: Site):
    address = f"{site.console_page_of(site.booking)}/move"

    answer = staff.post(address, {"start": "2026-12-01T21:30:00Z"})

    assert answer.status == 409
    assert "That time was just taken." in answer.body
    assert f'name="start" value="{FREE}"' in answer.body
    assert now(site, site.booking) == site.booking


def test_what_is_over_cannot_be_moved(staff: Browser, site: Site):
    site.wait_until(site.booking.time.end)
    address = f"{site.console_page_of(site.booking)}/move"

    for answer in (staff.get(address), staff.post(address, {"start": FREE})):
        assert answer.status == 409
        assert "You can book again." in answer.body


def test_a_page_that_is_switched_off_offers_nothing_to_move_to(staff: Browser, site: Site):
    slug = site.booking.booking_page_slug
    site.store.booking_pages[slug] = replace(site.store.booking_pages[slug], is_on=False)

    answer = staff.get(f"{site.console_page_of(site.booking)}/move")

    assert answer.status == 409
    assert "This page is not open yet." in answer.body


def test_moving_to_nowhere_shows_the_times_again(staff: Browser, site: Site):
    address = f"{site.console_page_of(site.booking)}/move"

    assert staff.post(address, {"start": "later"}).location == address


def test_only_open_pages_are_offered_to_book_on(staff: Browser, site: Site):
    page = staff.get("/console/bookings/new").body

    assert "?page=workshop" in page
    assert "?page=switched-off" not in page
    assert f"?page={site.lena.booking_page_slug}" not in page


def test_a_page_that_closed_meanwhile_is_said(staff: Browser):
    answer = staff.get("/console/bookings/new?page=switched-off")

    assert answer.status == 409
    assert "Please choose another page." in answer.body


def test_staff_books_for_a_guest_without_approval(staff: Browser, site: Site):
    times = staff.get("/console/bookings/new?page=workshop&duration_minutes=60").body

    answer = staff.post("/console/bookings/new", for_a_guest(duration_minutes="60"))

    [booking] = [each for each in site.store.bookings.values() if each.guest.name == "Jo Guest"]
    assert "duration_minutes=60&amp;start=" in times
    assert booking.state is BookingState.CONFIRMED
    assert booking.time.length == timedelta(minutes=60)
    assert booking.guest.time_zone == "Europe/Berlin"
    assert answer.location == f"/console/bookings/{booking.booking_id}?news=booked"


def test_the_same_form_books_once(staff: Browser, site: Site):
    first, second = (staff.post("/console/bookings/new", for_a_guest()) for _ in range(2))

    assert first.location == second.location


def test_other_guests_are_typed_as_people_type_addresses(staff: Browser, site: Site):
    form = for_a_guest(other_guests="tom@x.example, ann@x.example; ida@x.example")

    staff.post("/console/bookings/new", form)

    [booking] = [each for each in site.store.bookings.values() if each.guest.name == "Jo Guest"]
    assert booking.other_guests == ("tom@x.example", "ann@x.example", "ida@x.example")


def test_a_form_sent_before_with_other_words_is_named(staff: Browser):
    staff.post("/console/bookings/new", for_a_guest())

    answer = staff.post("/console/bookings/new", for_a_guest(name="Another"))

    assert answer.status == 409
    assert "This request was sent before with other contents." in answer.body
    assert 'value="Another"' in answer.body


def test_mistakes_in_a_guests_form_are_named_and_kept(staff: Browser):
    form = for_a_guest(name="", email="jo", other_guests="tom@x.example\nann", note="As agreed")

    answer = staff.post("/console/bookings/new", form | {"answers.topic": ""})

    assert answer.status == 422
    for field in ("name", "email", "other_guests", "answers-topic"):
        assert f'href="#{field}"' in answer.body
    assert "tom@x.example\nann" in answer.body
    assert "As agreed" in answer.body


def test_a_lost_race_offers_what_is_near(staff: Browser, site: Site):
    slug = site.kenji.booking_page_slug

    answer = staff.post("/console/bookings/new", for_a_guest(page=slug, start=TAKEN))

    assert answer.status == 409
    assert "These are the nearest free ones. What you typed is kept." in answer.body
    assert 'name="start" value="2026-12-01T15:00:00Z"' in answer.body
    assert 'value="jo@guest.example"' in answer.body


def test_a_crowd_is_asked_to_come_back(staff: Browser, site: Site, monkeypatch: pytest.MonkeyPatch):
    def crowded(*_: object, **__: object) -> None:
        raise BusyTryAgain

    monkeypatch.setattr(site.adapters.bookings, "add", crowded)

    answer = staff.post("/console/bookings/new", for_a_guest())

    assert answer.status == 503
    assert answer.headers["Retry-After"] == "2"
    assert "Book this time" in answer.body


def test_what_does_not_exist_is_not_found(staff: Browser):
    for address in ("/nobody", "/nobody/move", "/new?page=nowhere"):
        assert staff.get(f"/console/bookings{address}").status == 404
    for action in ("approval", "decline", "cancellation", "no-show"):
        assert staff.post(f"/console/bookings/nobody/{action}", {}).status == 404


def test_typed_words_come_back_as_text(staff: Browser, site: Site):
    def pages(words: str) -> list[object]:
        long = words.ljust(600, "x")
        guest = dict.fromkeys(("name", "email", "note", "other_guests", "answers.topic"), long)
        cancellation = f"{site.console_page_of(site.booking)}/cancellation"
        return [
            structure(answer.body)
            for answer in (
                staff.post("/console/bookings/new", for_a_guest(**guest)),
                staff.post(cancellation, {"reason": long}),
            )
        ]

    wanted = pages("harmless")
    for words in CORPUS:
        assert pages(words) == wanted, words
