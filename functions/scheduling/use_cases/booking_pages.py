"""Looking at booking pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduling.ports import ListPage

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.people import ExternalMember, Organization
    from scheduling.domain.sessions import SignedIn


@dataclass(frozen=True, slots=True)
class BookingPageView:
    page: BookingPage
    organization: Organization
    is_active: bool
    """Whether any of the host's times is still to come."""


def view_booking_page(
    slug: str,
    *,
    now: datetime,
    organizations: ports.Organizations,
    booking_pages: ports.BookingPages,
    external_members: ports.ExternalMembers,
) -> BookingPageView:
    """Raises BookingPageNotFound."""
    page = booking_pages.get(slug)
    host = external_members.get(page.organization_id, page.external_member_id)
    organization = organizations.get(page.organization_id)
    return BookingPageView(page, organization, is_active(host, now=now))


def list_booking_pages(
    by: SignedIn,
    *,
    cursor: str | None,
    limit: int,
    now: datetime,
    booking_pages: ports.BookingPages,
    external_members: ports.ExternalMembers,
) -> ListPage[BookingPageView]:
    """Return the organization's booking pages, the newest first."""
    hosts = external_members.list(by.organization.organization_id, cursor=cursor, limit=limit)
    pages = booking_pages.get_all([host.booking_page_slug for host in hosts.items])
    return ListPage(
        tuple(
            BookingPageView(page, by.organization, is_active(host, now=now))
            for host, page in zip(hosts.items, pages, strict=True)
        ),
        hosts.next_cursor,
    )


def is_active(host: ExternalMember, *, now: datetime) -> bool:
    """Tell whether guests can book: a fact about the host's times, never a switch."""
    return bool(host.availability.windows_after(now))
