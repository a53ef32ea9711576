"""The page behind "unsubscribe" in a mail program, and the one press that it stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.pages.rendering import TOKEN_PAGE_HEADERS, page
from handlers.wiring import adapters
from scheduling.use_cases.suppressions import read_unsubscribe_link, unsubscribe

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response


def ask_page(token: str) -> Response[str]:
    """Ask whoever followed the link. Mail scanners come here too: it only reads."""
    subscription = read_unsubscribe_link(
        token, now=adapters().now(), link_keys=adapters().link_keys
    )
    return _page(subscription.organization_id, token=token, is_done=False)


def done_page(token: str) -> Response[str]:
    """End these mails, and say so: a mail program that pressed for somebody follows no redirect.

    Source: RFC 8058 section 3.1.
    """
    subscription = unsubscribe(
        token,
        now=adapters().now(),
        link_keys=adapters().link_keys,
        reputation=adapters().reputation,
    )
    return _page(subscription.organization_id, token=token, is_done=True)


def _page(organization_id: str, *, token: str, is_done: bool) -> Response[str]:
    organization = adapters().organizations.get(organization_id)
    return page(
        "unsubscribe.html",
        locale=organization.locale,
        headers=TOKEN_PAGE_HEADERS,
        organization=organization,
        token=token,
        is_done=is_done,
    )
