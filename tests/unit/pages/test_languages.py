"""Which language a page is in, and how it reads in Japanese."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handlers.pages.languages import preferred_language
from scheduling.domain.booking import REMOVED_FROM_CALENDAR
from scheduling.domain.messages import Recipient
from tests.support.browser import LARGEST_PAGE
from tests.unit.pages.test_guest_pages import store
from tests.unit.pages.test_public_pages import booking_form

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

SNAPSHOT = Path(__file__).parents[2] / "snapshots" / "pages" / "booking-form-ja.txt"
JAPANESE = "ja-JP,ja;q=0.9,en-US;q=0.8,en;q=0.7"


@pytest.fixture
def japanese(site: Site) -> Site:
    """The site of an organization that speaks Japanese."""
    for key, organization in site.store.organizations.items():
        site.store.organizations[key] = replace(organization, locale="ja")
    return site


def language(page: str) -> str:
    return re.findall(r'<html lang="(.*?)">', page)[0]


def lines(page: str) -> str:
    """Return what a page says, one element in a line."""
    words = unescape(re.sub(r"<[^>]*>", "\n", page))
    return "\n".join(line.strip() for line in words.splitlines() if line.strip()) + "\n"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "en"),
        ("*", "en"),
        ("ja", "ja"),
        ("JA-jp", "ja"),
        (JAPANESE, "ja"),
        ("en-GB,en;q=0.9,ja;q=0.8", "en"),
        ("en;q=0.3, ja ; q=0.8", "ja"),
        ("de-DE,de;q=0.9,ja;q=0.5,en;q=0.4", "ja"),
        ("de,fr;q=0.5", "en"),
        ("ja;q=0", "en"),
        ("ja;q=0,en;q=0.1", "en"),
        ("ja;q=high", "en"),
        ("ja;q=high,,;,en;q=0.1", "en"),
        ("javanese", "en"),
    ],
)
def test_the_language_liked_best_is_taken(header: str, expected: str):
    assert preferred_language(header) == expected


@pytest.mark.parametrize("address", ["/sign-in", "/nowhere", "/l/s1.1.x", "/book/nowhere"])
def test_a_page_of_no_organization_is_in_the_language_of_the_browser(
    browser: Browser, address: str
):
    asked = browser.get(address, accept_language=JAPANESE)
    otherwise = browser.get(address)

    assert (language(asked.body), language(otherwise.body)) == ("ja", "en")
    assert asked.headers["Vary"] == otherwise.headers["Vary"] == "Accept-Language"


def test_signing_in_stays_in_the_language_of_the_browser(browser: Browser, site: Site):
    asked = browser.post("/sign-in", {"email": "aiko@hanami.example"}, accept_language=JAPANESE)
    odd = browser.post("/sign-in", {"email": "aiko@"}, accept_language=JAPANESE)
    followed = browser.get(f"/l/{site.sign_in_token}", accept_language=JAPANESE)

    assert "メールをご確認ください" in asked.body
    assert "メールアドレスを入力してください。例: name@example.org" in odd.body
    assert "ようこそ" in followed.body


@pytest.mark.parametrize("address", ["/sign-in", "/sign-in/finish", "/sign-out", "/availability"])
def test_a_refusal_is_in_the_language_of_the_browser(browser: Browser, address: str):
    refused = browser.post(address, {}, origin="https://evil.example", accept_language=JAPANESE)

    assert refused.status == 403
    assert "別のサイトから送信されたため、何も変更していません。" in refused.body
    assert refused.headers["Vary"] == "Accept-Language"


def test_a_page_of_an_organization_is_in_its_language_whatever_the_browser_asks_for(
    staff: Browser, site: Site
):
    for address in (site.booking_page, site.link_of(site.booking), "/console"):
        page = staff.get(address, accept_language=JAPANESE)

        assert language(page.body) == "en"
        assert "Vary" not in page.headers


def test_whoever_booked_already_is_told_so_in_the_language_of_the_page(
    browser: Browser, japanese: Site
):
    form = booking_form(form_id="form-of-jo")
    browser.post(japanese.booking_page, form)

    again = browser.post(japanese.booking_page, {**form, "email": "another@guest.example"})

    assert again.status == 409
    assert "このフォームではすでに予約済みです" in again.body


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (REMOVED_FROM_CALENDAR, ">ホストのカレンダーからミーティングが削除されました。<"),
        ("The room burnt down.", "The room burnt down.」<"),
    ],
)
def test_why_a_meeting_was_cancelled_is_translated_where_the_words_are_ours(
    staff: Browser, japanese: Site, reason: str, told: str
):
    booking = japanese.booking
    store(japanese, booking.cancelled(Recipient.HOST, reason, now=japanese.now))

    for address in (japanese.link_of(booking), japanese.console_page_of(booking)):
        assert told in staff.get(address, accept_language=JAPANESE).body, address


def test_every_page_can_be_in_japanese_and_stays_small(staff: Browser, japanese: Site):
    for name, address in japanese.addresses().items():
        page = staff.get(address, accept_language=JAPANESE).body

        assert language(page) == "ja", name
        assert len(page.encode()) <= LARGEST_PAGE, name


def test_the_booking_form_in_japanese_reads_as_it_was_approved(browser: Browser, japanese: Site):
    """`PARLEY_APPROVE_SNAPSHOTS=1` approves it."""
    shown = lines(browser.get(japanese.addresses()["booking form with questions"]).body)

    if os.environ.get("PARLEY_APPROVE_SNAPSHOTS"):
        SNAPSHOT.write_text(shown)

    assert shown == SNAPSHOT.read_text()
