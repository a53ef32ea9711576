"""Booking pages as guests and the team see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduling.domain.booking_page import MOST_HOSTS
from scheduling.domain.lists import ListPage
from scheduling.use_cases.slots import Offer, offer_of

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.hosts import Host
    from scheduling.domain.people import Organization
    from scheduling.domain.sessions import SignedIn


@dataclass(frozen=True, slots=True)
class BookingPageView:
    """A booking page, and what is to be known to show it."""

    page: BookingPage
    organization: Organization
    hosts: tuple[Host, ...]
    """Those who can still be booked."""
    is_active: bool
    """Whether guests can book: it is switched on, and enough hosts have times to come."""
    is_unverified: bool
    """As `Offer.is_unverified` tells."""
    stale_hosts: tuple[Host, ...]
    """Those whose times nobody has confirmed for long."""

    @property
    def host_names(self) -> tuple[str, ...]:
        return tuple(host.name for host in self.hosts)


def view_booking_page(
    slug: str,
    *,
    now: datetime,
    organizations: ports.Organizations,
    booking_pages: ports.BookingPages,
    hosts: ports.Hosts,
) -> BookingPageView:
    """Raises BookingPageNotFound, BookingPageGone."""
    page = booking_pages.get(slug)
    offer = offer_of(page, page.rules.duration, hosts=hosts)
    return _view(offer, organizations.get(page.organization_id), now=now)


def list_booking_pages(
    by: SignedIn,
    *,
    host_id: str | None = None,
    cursor: str | None,
    limit: int,
    now: datetime,
    booking_pages: ports.BookingPages,
    hosts: ports.Hosts,
) -> ListPage[BookingPageView]:
    """Return the organization's booking pages, or those of one host, the newest first."""
    organization_id = by.organization.organization_id
    found = booking_pages.list(organization_id, host_id=host_id, cursor=cursor, limit=limit)
    keys = list(dict.fromkeys(key for page in found.items for key in page.hosts))
    known = {
        host.key: host
        for start in range(0, len(keys), MOST_HOSTS)
        for host in hosts.get_all(organization_id, keys[start : start + MOST_HOSTS])
    }
    offers = [
        Offer(
            page,
            tuple(known[key] for key in page.hosts if not known[key].is_gone),
            page.rules.duration,
        )
        for page in found.items
    ]
    views = (_view(offer, by.organization, now=now) for offer in offers)
    return ListPage(tuple(views), found.next_cursor)


def _view(offer: Offer, organization: Organization, *, now: datetime) -> BookingPageView:
    return BookingPageView(
        offer.page,
        organization,
        offer.hosts,
        is_active=offer.is_active(now),
        is_unverified=offer.is_unverified(now),
        stale_hosts=offer.stale_hosts(now),
    )
