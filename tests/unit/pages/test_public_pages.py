from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from handlers.pages import entry
from scheduling.domain.booking import BookingState
from scheduling.domain.time_range import TimeRange
from tests.support.builders import at
from tests.unit.pages.site import SIGN_IN, Browser, Site
from tests.unit.pages.test_page_safety import BY_BROWSER, TOKEN_PAGE_HEADERS

TWO_DAYS = timedelta(days=2)


def rows(*lines: tuple[str, str, str]) -> list[tuple[str, str]]:
    names = ("date", "start", "end")
    return [field for line in lines for field in zip(names, line, strict=True)]


def availability_form(site: Site, *lines: tuple[str, str, str], **fields: str):
    given = {
        "token": site.token_of(site.lena),
        "version": "0",
        "time_zone": "Asia/Tokyo",
        "action": "save",
    }
    return [*(given | fields).items(), *rows(*lines)]


def booking_form(**fields: str) -> dict[str, str]:
    return {
        "form_id": "one form",
        "start": "2026-12-01T20:00:00Z",
        "time_zone": "Europe/Berlin",
        "name": "Jo Guest",
        "email": "jo@guest.example",
        "note": "Hello",
    } | fields


def test_home_is_the_console(browser: Browser):
    assert browser.get("/").location == "/console"


def test_asking_to_sign_in_shows_the_code_and_binds_the_browser(browser: Browser):
    answer = browser.post("/sign-in", {"email": "Aiko@Hanami.example"})

    assert answer.status == 200
    assert 'class="code"' in answer.body
    assert answer.cookies["__Host-sign-in"].endswith(
        "; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax"
    )


def test_known_and_unknown_addresses_get_the_same_page(browser: Browser):
    known = browser.post("/sign-in", {"email": "aiko@hanami.example"})
    unknown = browser.post("/sign-in", {"email": "nobo@hanami.example"})

    assert known.status == unknown.status
    assert len(known.body) == len(unknown.body)


def test_a_wrong_address_is_named_at_its_field_and_kept(browser: Browser):
    answer = browser.post("/sign-in", {"email": "aiko@"})

    assert answer.status == 422
    assert 'href="#email"' in answer.body
    assert 'aria-describedby="email-problem" aria-invalid="true"' in answer.body
    assert 'value="aiko@"' in answer.body


def test_t16_signing_in_where_it_was_asked_for_needs_no_code(browser: Browser, site: Site):
    browser.cookies["__Host-sign-in"] = SIGN_IN.browser_secret

    page = browser.get(f"/l/{site.sign_in_token}")
    answer = browser.post("/sign-in/finish", {"token": site.sign_in_token})

    assert 'name="code"' not in page.body
    assert answer.status == 303
    assert answer.location == "/console"
    assert browser.get("/console").status == 200


def test_t7_signing_in_elsewhere_needs_the_code(browser: Browser, site: Site):
    page = browser.get(f"/l/{site.sign_in_token}")
    wrong = browser.post("/sign-in/finish", {"token": site.sign_in_token, "code": "ABCD-0000"})
    right = browser.post("/sign-in/finish", {"token": site.sign_in_token, "code": "abcd-1234"})

    assert "a•••@hanami.example" in page.body
    assert 'name="code"' in page.body
    assert wrong.status == 403
    assert 'value="ABCD-0000"' in wrong.body
    assert right.location == "/console"


def test_a_sign_in_link_works_once(browser: Browser, site: Site):
    form = {"token": site.sign_in_token, "code": "ABCD1234"}
    browser.post("/sign-in/finish", form)

    assert browser.post("/sign-in/finish", form).status == 410


def test_signing_out_ends_the_session(staff: Browser):
    staff.post("/sign-out", {})

    assert staff.get("/console").location == "/sign-in"


def test_saved_times_stand_in_the_fields(browser: Browser, site: Site):
    page = browser.get(site.link_of(site.kenji))

    for value in ("2026-12-01", "23:00", "2026-12-02", "00:00", "01:00", "05:00", "07:00"):
        assert f'value="{value}"' in page.body


def test_what_is_booked_is_shown_as_taken(browser: Browser, site: Site):
    page = browser.get(site.link_of(site.kenji))

    assert (
        f'data-taken="{int(at("14:00").timestamp())}/{int(at("14:30").timestamp())} ' in page.body
    )
    assert "Tue 1 December 2026, 23:00–23:30 (Tokyo, GMT+9)" in page.body


def test_times_are_saved_by_link_alone(browser: Browser, site: Site):
    form = availability_form(site, ("2026-12-03", "09:00", "12:00"), ("", "", ""))

    answer = browser.post("/availability", form)

    saved = site.adapters.external_members.get(
        site.lena.organization_id, site.lena.external_member_id
    ).availability
    assert answer.status == 303
    assert answer.location == f"{site.link_of(site.lena)}?saved=1"
    assert saved.windows == (TimeRange(at("00:00") + TWO_DAYS, at("03:00") + TWO_DAYS),)
    assert "Saved. Thank you!" in browser.get(answer.location).body
    assert browser.cookies == {}


def test_each_mistake_is_named_at_its_field_and_what_was_typed_is_kept(
    browser: Browser, site: Site
):
    form = availability_form(
        site, ("2026-12-03", "12:00", "09:00"), ("", "", ""), ("2020-01-01", "09:00", "10:00")
    )

    answer = browser.post("/availability", form)

    assert answer.status == 422
    assert 'href="#rows-0-end">Time 1</a>: The end has to be after the start.' in answer.body
    assert 'href="#rows-2-start">Time 3</a>: This time is already over.' in answer.body
    assert 'id="rows-0-end" name="end" value="09:00"' in answer.body
    assert 'aria-describedby="rows-0-end-problem" aria-invalid="true"' in answer.body
    assert 'value="2020-01-01"' in answer.body


def test_an_unknown_zone_is_named_and_the_times_are_kept(browser: Browser, site: Site):
    form = availability_form(site, ("2026-12-03", "09:00", "12:00"), time_zone="Mars/Olympus")

    answer = browser.post("/availability", form)

    assert answer.status == 422
    assert 'href="#time_zone"' in answer.body
    assert 'value="2026-12-03"' in answer.body


def test_line_buttons_give_the_form_back_and_save_nothing(browser: Browser, site: Site):
    writes = site.store.writes
    form = availability_form(site, ("2026-12-03", "09:00", "12:00"), action="copy-0")

    answer = browser.post("/availability", form)

    assert answer.status == 200
    assert 'value="2026-12-04"' in answer.body
    assert site.store.writes == writes


def test_of_two_tabs_the_second_sees_what_is_saved_and_can_save_again(browser: Browser, site: Site):
    browser.post("/availability", availability_form(site, ("2026-12-03", "09:00", "12:00")))
    second = availability_form(site, ("2026-12-04", "09:00", "12:00"))

    answer = browser.post("/availability", second)

    assert answer.status == 409
    assert "Thu 3 December 2026, 09:00–12:00" in answer.body
    assert 'value="2026-12-04"' in answer.body
    assert 'name="version" value="1"' in answer.body


def test_a_page_without_times_says_that_it_is_not_open(browser: Browser, site: Site):
    page = f"/book/{site.lena.booking_page_slug}"

    assert "not open yet" in browser.get(page).body
    assert browser.post(page, booking_form()).status == 409


def test_the_first_free_day_is_open_in_the_guests_zone(browser: Browser, site: Site):
    page = browser.get(f"{site.booking_page}?time_zone=Asia/Tokyo")

    assert '<h2 id="day">Tue 1 December 2026</h2>' in page.body
    assert 'value="2026-12-01T14:30:00Z">23:30</button>' in page.body
    assert "2026-12-01T14:00:00Z" not in page.body


def test_the_choice_stays_visible_over_the_form(browser: Browser, site: Site):
    page = browser.get(f"{site.booking_page}?start=2026-12-01T20:00:00Z&time_zone=Europe/Berlin")

    assert "Tue 1 December 2026, 21:00–21:30 (Berlin, GMT+1)" in page.body


def test_a_booking_leads_to_the_guests_own_page(browser: Browser, site: Site):
    answer = browser.post(site.booking_page, booking_form())

    page = browser.get(answer.location.removeprefix("https://parley.example"))

    assert answer.status == 303
    assert "You are booked" in page.body
    assert "j•••@guest.example" in page.body
    assert "jo@guest.example" not in page.body


def test_the_same_form_sent_twice_books_once(browser: Browser, site: Site):
    first = browser.post(site.booking_page, booking_form())
    second = browser.post(site.booking_page, booking_form())

    assert first.location == second.location


def test_a_form_that_booked_does_not_book_other_contents(browser: Browser, site: Site):
    browser.post(site.booking_page, booking_form())

    answer = browser.post(site.booking_page, booking_form(name="Somebody Else"))

    assert answer.status == 409
    assert "booked with this form already" in answer.body


def test_a_booking_form_with_mistakes_comes_back_as_it_was(browser: Browser, site: Site):
    answer = browser.post(site.booking_page, booking_form(name="", email="jo"))

    assert answer.status == 422
    assert 'href="#name"' in answer.body
    assert 'value="jo"' in answer.body
    assert ">\nHello</textarea>" in answer.body
    assert 'name="form_id" value="one form"' in answer.body


def test_a_lost_race_offers_what_is_near_and_keeps_what_was_typed(browser: Browser, site: Site):
    browser.post(site.booking_page, booking_form(form_id="faster", email="fast@guest.example"))

    lost = browser.post(site.booking_page, booking_form())
    rescued = browser.post(site.booking_page, booking_form(start="2026-12-01T20:30:00Z"))

    assert lost.status == 409
    assert "That time was just taken." in lost.body
    assert lost.body.count('name="start"') == 3
    assert 'value="Jo Guest"' in lost.body
    assert rescued.status == 303


def test_a_time_that_was_taken_meanwhile_leads_to_the_free_ones(browser: Browser, site: Site):
    page = browser.get(f"{site.booking_page}?start=2026-12-01T14:00:00Z")

    assert "That time is no longer free" in page.body


def test_nonsense_in_the_address_shows_the_page_as_usual(browser: Browser, site: Site):
    for query in ("month=x", "date=9999-12-31", "start=soon", "time_zone=../x", "start=2026-12-01"):
        assert browser.get(f"{site.booking_page}?{query}").status == 200
    assert browser.post(site.booking_page, booking_form(start="x")).location == site.booking_page


def test_a_guest_cancels_after_a_look(browser: Browser, site: Site):
    token = site.token_of(site.booking)

    answer = browser.post("/booking/cancellation", {"token": token, "reason": "Ill, sorry"})

    stored = site.adapters.bookings.get(site.booking.organization_id, site.booking.booking_id)
    page = browser.get(answer.location)
    assert stored.state is BookingState.CANCELLED
    assert "This meeting is cancelled" in page.body
    assert "Book another time" in page.body
    assert "Ill, sorry" in page.body


def test_words_that_are_too_long_come_back_with_the_booking_unchanged(browser: Browser, site: Site):
    token = site.token_of(site.booking)

    answer = browser.post("/booking/cancellation", {"token": token, "reason": "x" * 501})

    assert answer.status == 422
    assert "x" * 501 in answer.body
    assert "<details open>" in answer.body


def test_a_meeting_that_began_cannot_be_cancelled(browser: Browser, site: Site):
    site.adapters.clock = at("14:10")

    page = browser.get(site.link_of(site.booking))
    answer = browser.post("/booking/cancellation", {"token": site.token_of(site.booking)})

    assert "/booking/cancellation" not in page.body
    assert answer.status == 409


def test_links_that_ended_say_what_to_do_next(browser: Browser, site: Site):
    old = site.link_of(site.kenji)
    link = site.store.links[site.kenji.request.link_id]
    cases = {}
    for name, change in {
        "ended": {"expires_at": site.now},
        "newer link": {"replaced_at": site.now},
        "has been used": {"used_at": site.now},
    }.items():
        site.store.links[link.link_id] = replace(link, **change)
        cases[name] = browser.get(old)

    assert [answer.status for answer in cases.values()] == [410, 410, 410]
    assert all(name in answer.body for name, answer in cases.items())
    assert browser.get(f"{old[:-1]}-").status == 404


def test_a_body_that_is_no_form_is_refused(browser: Browser):
    many = [("date", "")] * 2000

    assert browser.post("/availability", many).status == 400


def test_a_defect_of_ours_is_said_and_logged(browser: Browser, site: Site, monkeypatch):
    logged = []
    monkeypatch.setattr(entry.logger, "error", lambda *words, **facts: logged.append(words))
    monkeypatch.setattr(site.adapters, "booking_pages", None)

    answer = browser.get(site.booking_page)

    assert answer.status == 500
    assert "it is our fault" in answer.body
    assert logged == [("page failed",)]


def test_a_defect_on_a_page_with_a_token_is_kept_nowhere_either(
    browser: Browser, site: Site, monkeypatch
):
    address = f"/l/{site.token_of(site.lena)}"
    monkeypatch.setattr(site.adapters, "external_members", None)

    answer = browser.get(address)

    assert (answer.status, answer.headers) == (500, TOKEN_PAGE_HEADERS | BY_BROWSER)


def test_nobody_reads_their_own_name_as_what_they_are_asked_for(browser: Browser, site: Site):
    page = site.store.booking_pages[site.kenji_page.slug]
    site.store.booking_pages[page.slug] = replace(page, title=site.kenji.name)

    body = browser.get(site.link_of(site.kenji)).body

    assert "Aiko Mori of Hanami Studio asks when you have time." in body
