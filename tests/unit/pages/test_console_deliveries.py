"""What the console says of a mail that did not do what it was for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scheduling.domain.feedback import Bounced, BounceKind, Complained, Delivered
from scheduling.domain.messages import Delivery, DeliveryState
from tests.support.builders import EARLY

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
