"""Threat T42: mails of a category end by a press, and never by looking."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scheduling.domain.message_tags import address_hash
from scheduling.domain.rate_limits import TOKEN_MISSES_PER_NETWORK_ADDRESS
from scheduling.domain.reputation import MailCategory, SuppressionReason
from scheduling.domain.unsubscribing import UNSUBSCRIBE_LIFE, Subscription, token_for
from tests.support.builders import ORGANIZATION
from tests.support.in_memory import KEY
from tests.unit.pages.test_page_safety import TOKEN_PAGE_HEADERS

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

ORG = ORGANIZATION.organization_id
MIA = Subscription(ORG, address_hash("mia@guest.example"), MailCategory.REMINDERS)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def address(site: Site) -> str:
    return site.unsubscribe_page


def suppressed(site: Site) -> SuppressionReason | None:
    return site.adapters.reputation.standing(ORG, MIA.address_hash, MIA.category).suppressed


def test_t42_looking_changes_nothing_however_often(browser: Browser, site: Site, address: str):
    writes = site.store.writes

    for look in (browser.get, browser.head) * 3:
        answer = look(f"{address}?List-Unsubscribe=One-Click")
        assert (answer.status, answer.headers) == (200, TOKEN_PAGE_HEADERS)

    assert site.store.writes == writes
    assert suppressed(site) is None


def test_a_press_on_the_page_ends_reminders(browser: Browser, site: Site, address: str):
    asked = browser.get(address)
    assert f'action="{address}"' in asked.body
    assert "mia@" not in asked.body

    done = browser.post(address, {}, origin="null", sec_fetch_site="same-origin")

    assert (done.status, done.headers) == (200, TOKEN_PAGE_HEADERS)
    assert "No more reminders" in done.body
    assert suppressed(site) is SuppressionReason.UNSUBSCRIBED


@pytest.mark.parametrize(
    "headers", [{}, {"origin": "https://mail.example", "sec_fetch_site": "cross-site"}]
)
def test_a_mail_program_presses_for_somebody_from_wherever_it_runs(
    browser: Browser, site: Site, address: str, headers: dict[str, str]
):
    assert browser.post(address, ONE_CLICK, **headers).status == 200
    assert browser.post(address, ONE_CLICK, **headers).status == 200

    assert suppressed(site) is SuppressionReason.UNSUBSCRIBED


def test_a_forged_or_outworn_link_ends_nothing(browser: Browser, site: Site, address: str):
    other = token_for(replace(MIA, organization_id="o" * 26), KEY, now=site.now)
    forged = f"{other.rpartition('.')[0]}.{address.rpartition('.')[2]}"
    outworn = token_for(MIA, KEY, now=site.now - UNSUBSCRIBE_LIFE)

    for token, status in ((forged, 404), ("u1", 404), (outworn, 410)):
        for answer in (
            browser.get(f"/unsubscribe/{token}"),
            browser.post(f"/unsubscribe/{token}", ONE_CLICK),
        ):
            assert (answer.status, answer.headers) == (
                status,
                TOKEN_PAGE_HEADERS | {"Vary": "Accept-Language"},
            )

    assert suppressed(site) is None


def test_t42_guessing_links_comes_to_an_end(browser: Browser, site: Site, address: str):
    guess = f"{address.rpartition('.')[0]}.{'A' * 43}"
    most = TOKEN_MISSES_PER_NETWORK_ADDRESS.most
    statuses = [browser.post(guess, ONE_CLICK).status for _ in range(most + 1)]

    assert statuses == [404] * most + [429]
    assert browser.get(guess).status == 429
