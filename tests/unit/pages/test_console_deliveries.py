"""What the console says of mails that did not do what they were for, and what staff can do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scheduling.domain.audit import Activity
from scheduling.domain.feedback import Bounced, BounceKind, Complained, Delivered
from scheduling.domain.message_tags import address_hash
from scheduling.domain.messages import Delivery, DeliveryState
from scheduling.domain.people import Role
from scheduling.domain.reputation import PauseReason, SuppressionReason
from tests.support.builders import AIKO, EARLY, ORGANIZATION

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

SENT = Delivery(DeliveryState.SENT, 1, sent_at=EARLY)
FOR_GOOD = Bounced(EARLY, BounceKind.PERMANENT, "General", "550 <b>no such user</b>")
FOR_NOW = Bounced(EARLY, BounceKind.TRANSIENT, "MailboxFull", "452 mailbox full")


@pytest.mark.parametrize(
    ("delivery", "badge", "words"),
    [
        (SENT.noting(FOR_GOOD), "Mail came back", "Correct the address"),
        (SENT.noting(FOR_NOW), "Mail came back", "Ask again later"),
        (SENT.noting(Complained(EARLY)), "Marked as spam", "They marked a mail as spam"),
        (
            Delivery(DeliveryState.SUPPRESSED, 1, last_error="bounced"),
            "Not sent to this address",
            "Correct the address",
        ),
        (
            Delivery(DeliveryState.SUPPRESSED, 1, last_error="complained"),
            "Not sent to this address",
            "They marked a mail as spam",
        ),
        (Delivery(DeliveryState.PAUSED), "Waiting, mails are paused", "may send again"),
    ],
)
def test_a_mail_that_nobody_has_read_is_told_with_what_to_do(
    staff: Browser, site: Site, delivery: Delivery, badge: str, words: str
):
    site.store.messages[site.lena.request_mail] = delivery

    page = staff.get(site.page_of(site.lena)).body

    assert badge in page
    assert words in page
    assert badge in staff.get("/console/external-members").body


def test_what_a_mail_server_answered_is_told_as_text(staff: Browser, site: Site):
    site.store.messages[site.lena.request_mail] = SENT.noting(FOR_GOOD)

    page = staff.get(site.page_of(site.lena)).body

    assert "550 &lt;b&gt;no such user&lt;/b&gt;" in page


def test_a_mail_that_arrived_needs_no_look(staff: Browser, site: Site):
    site.store.messages[site.lena.request_mail] = SENT.noting(Delivered(EARLY))

    assert "Asked, mail delivered" in staff.get(site.page_of(site.lena)).body
    assert "Lena Fischer" not in staff.get("/console").body


def suppress(site: Site, reason: SuppressionReason) -> None:
    key = ORGANIZATION.organization_id, address_hash(site.lena.email), ""
    site.store.suppressions[key] = reason
    site.store.messages[site.lena.request_mail] = SENT.noting(FOR_GOOD)


def test_staff_say_that_a_mailbox_works_again_and_ask_again(staff: Browser, site: Site):
    suppress(site, SuppressionReason.BOUNCED)
    them = site.page_of(site.lena)
    assert f'href="{them}/suppression"' in staff.get(them).body
    writes = site.store.writes

    question = staff.get(f"{them}/suppression").body
    assert site.store.writes == writes
    answer = staff.post(f"{them}/suppression", {})

    assert "lena@example.org" in question
    assert "Mails go there again" in staff.get(answer.location).body
    assert staff.post(f"{them}/availability-requests", {}).status == 303


def test_a_mark_as_spam_is_not_taken_back_by_staff(staff: Browser, site: Site):
    suppress(site, SuppressionReason.COMPLAINED)

    assert staff.post(f"{site.page_of(site.lena)}/suppression", {}).status == 409


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (PauseReason.BOUNCES, "Too many mails came back"),
        (PauseReason.COMPLAINTS, "Too many people marked a mail as spam"),
    ],
)
def test_t41_an_admin_sees_why_mails_wait_and_lets_them_go_on(
    staff: Browser, site: Site, reason: PauseReason, words: str
):
    assert "Mails wait" not in staff.get("/console").body
    site.store.pauses[ORGANIZATION.organization_id] = EARLY, reason
    site.store.messages[site.lena.request_mail] = Delivery(DeliveryState.PAUSED)
    assert 'href="/console/settings/sending"' in staff.get("/console").body
    page = staff.get("/console/settings/sending").body

    answer = staff.post("/console/settings/sending", {})

    assert words in page
    after = staff.get(answer.location).body
    assert "Mails go out again" in after
    assert "Let the mails go on?" not in after
    assert site.store.entries[-1].activity is Activity.SENDING_RESUMED
    assert site.store.messages[site.lena.request_mail].state is DeliveryState.QUEUED


def test_t41_only_admins_let_mails_go_on(staff: Browser, site: Site):
    site.store.members[AIKO.organization_id, AIKO.member_id] = replace(AIKO, role=Role.MEMBER)
    site.store.pauses[ORGANIZATION.organization_id] = EARLY, PauseReason.BOUNCES

    page = staff.get("/console/settings/sending").body

    assert "Admins can let them go on" in page
    assert "Yes, send" not in page
    assert staff.post("/console/settings/sending", {}).status == 403
    assert ORGANIZATION.organization_id in site.store.pauses
