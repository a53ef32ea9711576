"""The page on which guests book, beyond the plain case: holds, lengths, questions, its states."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from scheduling.domain.booking import BookingState
from scheduling.domain.booking_page import BookingRules
from scheduling.domain.hours import DateSpan
from scheduling.domain.refusals import BusyTryAgain
from tests.support.builders import an_entry, at
from tests.unit.pages.site import Browser
from tests.unit.pages.test_public_pages import booking_form

if TYPE_CHECKING:
    from tests.unit.pages.site import Answer, Site

START = "2026-12-01T20:00:00Z"
WORKSHOP = "/book/workshop"
ANSWERED = {
    "start": "2026-12-02T05:00:00Z",
    "answers.topic": "A poster",
    "answers.terms": "Yes",
}


def keep(browser: Browser, site: Site, start: str = START, form_id: str = "page") -> Answer:
    form = {"start": start, "time_zone": "Europe/Berlin", "form_id": form_id}
    return browser.post(f"{site.booking_page}/holds", form)


def the_booking(site: Site, guest: str = "Jo Guest"):
    [found] = [each for each in site.store.bookings.values() if each.guest.name == guest]
    return found


def test_a_chosen_time_is_kept_while_the_form_is_filled_in(browser: Browser, site: Site):
    answer = keep(browser, site)
    form = browser.get(answer.location)

    [hold] = site.store.holds.values()
    assert answer.status == 303
    assert answer.cookies["__Host-hold"] == (
        f"__Host-hold={hold.hold_id}; Path=/; Max-Age=300; HttpOnly; Secure; SameSite=Lax"
    )
    assert "Kept for you until 10:05" in form.body
    assert 'data-hold="300"' in form.body
    assert f'name="hold_id" value="{hold.hold_id}"' in form.body
    assert "Tue 1 December 2026, 21:00–21:30 (Berlin, GMT+1)" in form.body


def test_a_kept_time_is_seen_by_its_own_browser_only(browser: Browser, site: Site):
    keep(browser, site)

    times = f"{site.booking_page}?time_zone=UTC"
    assert f'value="{START}"' in browser.get(times).body
    assert f'value="{START}"' not in Browser().get(times).body


def test_a_browser_without_cookies_books_what_was_kept_for_it(site: Site):
    form_page = Browser().get(keep(Browser(), site).location)
    [hold] = site.store.holds

    answer = Browser().post(site.booking_page, booking_form(hold_id=hold))

    assert "Kept for you until" in form_page.body
    assert answer.status == 303
    assert the_booking(site).booking_id == hold


def test_another_choice_lets_the_first_one_go(browser: Browser, site: Site):
    keep(browser, site)
    keep(browser, site, "2026-12-01T20:30:00Z")

    assert [hold.claim.time.start for hold in site.store.holds.values()] == [at("20:30")]


def test_pressing_twice_keeps_once(site: Site):
    first, second = keep(Browser(), site), keep(Browser(), site)

    assert first.location == second.location
    assert len(site.store.holds) == 1


def test_a_booking_ends_the_hold_and_its_cookie(browser: Browser, site: Site):
    keep(browser, site)
    [hold] = site.store.holds

    answer = browser.post(site.booking_page, booking_form(hold_id=hold))

    assert answer.cookies["__Host-hold"].startswith("__Host-hold=; Path=/; Max-Age=0")
    assert site.store.holds == {}
    assert f'value="{START}"' not in browser.get(f"{site.booking_page}?time_zone=UTC").body


def test_somebody_elses_time_leads_to_the_free_ones(browser: Browser, site: Site):
    keep(Browser(), site, form_id="another page")

    answer = keep(browser, site)

    assert "__Host-hold" not in answer.cookies
    assert "That time is no longer free" in browser.get(answer.location).body


def test_too_many_holds_from_one_network_hold_nobody_up(browser: Browser, site: Site):
    site.adapters.rate_limits.factor = 0

    form_page = browser.get(keep(browser, site).location)
    answer = browser.post(site.booking_page, booking_form())

    assert site.store.holds == {}
    assert "Kept for you" not in form_page.body
    assert answer.status == 303


def test_a_crowd_holds_nobody_up(browser: Browser, site: Site, monkeypatch):
    def crowded(*_: object, **__: object) -> None:
        raise BusyTryAgain

    monkeypatch.setattr(site.adapters.bookings, "hold", crowded)

    assert "Book this time" in browser.get(keep(browser, site).location).body


def test_a_time_that_is_no_longer_kept_can_still_be_booked(browser: Browser, site: Site):
    address = keep(browser, site).location
    [hold] = site.store.holds
    site.adapters.clock += timedelta(minutes=5)

    form_page = browser.get(address)
    answer = browser.post(site.booking_page, booking_form(hold_id=hold))

    assert "This time is no longer kept for you" in form_page.body
    assert answer.status == 303


def test_an_invented_hold_is_ignored(browser: Browser, site: Site):
    answer = browser.post(site.booking_page, booking_form(hold_id="B#1"))

    assert answer.status == 303
    assert the_booking(site).booking_id != "B#1"


def test_a_choice_that_is_no_time_leads_back(browser: Browser, site: Site):
    assert keep(browser, site, "soon").location == site.booking_page


def test_lengths_are_chosen_by_links_that_keep_the_rest(browser: Browser):
    page = browser.get(f"{WORKSHOP}?time_zone=UTC&duration=60&date=2026-12-02").body

    assert "duration=30&amp;date" not in page
    assert '<a href="/book/workshop?time_zone=UTC&amp;duration=30">30 minutes</a>' in page
    assert 'aria-current="true"' in page
    assert "/book/workshop?time_zone=UTC&amp;duration=60&amp;date=2026-12-03" in page


def test_a_longer_meeting_is_kept_and_booked_at_its_length(browser: Browser, site: Site):
    chosen = ANSWERED | {"time_zone": "UTC", "duration": "60"}
    form_page = browser.get(browser.post(f"{WORKSHOP}/holds", chosen).location)
    [hold] = site.store.holds

    browser.post(WORKSHOP, booking_form(**chosen, hold_id=hold))

    assert "Wed 2 December 2026, 05:00–06:00" in form_page.body
    assert the_booking(site).time.length == timedelta(hours=1)


def test_a_length_that_is_not_offered_is_the_usual_one(browser: Browser):
    page = browser.get(f"{WORKSHOP}?duration=45")

    assert page.status == 200
    assert 'name="duration" value="30"' in page.body


@pytest.mark.parametrize(
    ("needed", "words"),
    [
        (None, "with Aiko Mori and Kenji Tanaka"),
        (1, "with one of Aiko Mori or Kenji Tanaka"),
        (2, "with Aiko Mori and Kenji Tanaka"),
    ],
)
def test_hosts_are_named(browser: Browser, site: Site, needed: int | None, words: str):
    site.store.booking_pages["workshop"] = replace(site.workshop, needed_hosts=needed)

    assert words in browser.get(WORKSHOP).body


def test_a_page_with_its_zone_locked_shows_no_other(browser: Browser):
    page = browser.get("/book/locked?time_zone=Europe/Berlin")

    assert "Times are shown for Tokyo, GMT+9." in page.body
    assert "<select" not in page.body
    assert 'value="2026-12-02T00:00:00Z">09:00</button>' in page.body


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("{page}?month=2027-01", "Nothing free in this month"),
        ("{page}?month=2031-01", "Times this far ahead are not offered"),
        ("{page}?date=2026-12-24", "Nothing free on this day"),
        ("/book/switched-off", "This page is switched off"),
    ],
)
def test_a_page_without_times_says_why(browser: Browser, site: Site, address: str, words: str):
    assert words in browser.get(address.format(page=site.booking_page)).body


def test_a_page_whose_times_are_all_taken_says_so(browser: Browser, site: Site):
    rules = BookingRules(dates=DateSpan(at("00:00").date(), at("00:00").date()))
    page = replace(site.kenji_page, rules=replace(rules, minimum_notice=timedelta(days=1)))
    site.store.booking_pages[page.slug] = page

    assert "All times are taken right now" in browser.get(site.booking_page).body


def test_a_page_whose_host_was_deleted_is_gone(browser: Browser, site: Site):
    site.adapters.external_members.remove(replace(site.kenji, deleted_at=site.now), an_entry())

    for answer in (
        browser.get(site.booking_page),
        keep(browser, site),
        browser.post(site.booking_page, booking_form()),
    ):
        assert answer.status == 410
        assert "This booking page no longer exists" in answer.body


def test_an_invitation_that_ended_says_so(browser: Browser, site: Site):
    site.adapters.external_members.remove(replace(site.lena, deleted_at=site.now), an_entry())

    answer = browser.get(site.link_of(site.lena))

    assert answer.status == 410
    assert "This invitation has ended" in answer.body


def test_a_page_that_closed_meanwhile_keeps_what_was_typed(browser: Browser, site: Site):
    answer = browser.post("/book/switched-off", booking_form())

    assert answer.status == 409
    assert "takes no bookings any more" in answer.body
    assert ">\nHello</textarea>" in answer.body


def test_where_approval_is_needed_a_time_is_asked_for(browser: Browser, site: Site):
    form_page = browser.get(f"{WORKSHOP}?start=2026-12-02T05:00:00Z")
    answer = browser.post(WORKSHOP, booking_form(**ANSWERED))
    page = browser.get(answer.location.removeprefix("https://parley.example"))

    assert "Ask for this time</button>" in form_page.body
    assert "Hanami Studio decides within 2 days" in form_page.body
    assert the_booking(site).state is BookingState.PENDING
    assert "You have asked for this time" in page.body


def test_answers_and_other_guests_are_booked(browser: Browser, site: Site):
    others = "tom@guest.example, ina@guest.example\nULI@guest.example;;"

    browser.post(WORKSHOP, booking_form(**ANSWERED, other_guests=others))

    booked = the_booking(site)
    assert booked.other_guests == ("tom@guest.example", "ina@guest.example", "uli@guest.example")
    assert [(answer.label, answer.text) for answer in booked.answers] == [
        ("What is it about?", "A poster"),
        ("We may take pictures", "Yes"),
    ]


def test_each_question_that_needs_a_look_is_named_and_every_answer_kept(browser: Browser):
    typed = {
        "start": ANSWERED["start"],
        "answers.more": "A lot\nof words",
        "answers.level": "Middle",
        "other_guests": "tom@guest.example, ina@",
        "answers.terms": "",
    }

    answer = browser.post(WORKSHOP, booking_form(**typed))

    assert answer.status == 422
    for name in ("answers-topic", "answers-terms", "other_guests"):
        assert f'<a href="#{name}">' in answer.body
        assert f'id="{name}-problem"' in answer.body
    assert ">\nA lot\nof words</textarea>" in answer.body
    assert "<option selected>Middle</option>" in answer.body
    assert ">\ntom@guest.example, ina@</textarea>" in answer.body
    assert "Please look at: ina@<" in answer.body
    assert "<details open>" in answer.body


def test_of_too_many_other_guests_those_beyond_are_named(browser: Browser):
    others = " ".join(f"{number}@guest.example" for number in range(7))

    answer = browser.post(WORKSHOP, booking_form(**ANSWERED, other_guests=others))

    assert "Please look at: 5@guest.example, 6@guest.example<" in answer.body


def test_a_ticked_box_stays_ticked(browser: Browser):
    form = booking_form(**ANSWERED, email="jo@")

    assert 'value="Yes" checked' in browser.post(WORKSHOP, form).body


def test_a_page_is_in_its_own_language(browser: Browser, site: Site):
    site.store.booking_pages["workshop"] = replace(site.workshop, locale="ja")

    assert '<html lang="ja">' in browser.get(WORKSHOP).body
    assert '<html lang="ja">' in browser.get(site.link_of(site.asked)).body
