"""What became of each mail, and the link where no mail gets through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduling.domain.messages import Subject
from scheduling.domain.refusals import ExternalMemberGone, LinkExpired
from scheduling.use_cases.links import link_address

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.messages import Posted
    from scheduling.domain.sessions import SignedIn


@dataclass(frozen=True, slots=True)
class AvailabilityLink:
    """What staff hand over themselves."""

    url: str
    expires_at: datetime


def deliveries_of_external_member(
    by: SignedIn,
    external_member_id: str,
    *,
    external_members: ports.ExternalMembers,
    outbox: ports.Outbox,
) -> Sequence[Posted]:
    """Return the latest mails about an external member, a deleted one too, the newest first.

    Raises:
        ExternalMemberNotFound: There never was one.
    """
    organization_id = by.organization.organization_id
    external_members.get(organization_id, external_member_id)
    return outbox.of_subject(organization_id, Subject.EXTERNAL_MEMBER, external_member_id)


def deliveries_of_booking(
    by: SignedIn, booking_id: str, *, bookings: ports.Bookings, outbox: ports.Outbox
) -> Sequence[Posted]:
    """Return the latest mails about a booking, the newest first.

    Raises:
        BookingNotFound: There is none.
    """
    organization_id = by.organization.organization_id
    bookings.get(organization_id, booking_id)
    return outbox.of_subject(organization_id, Subject.BOOKING, booking_id)


def availability_link(
    by: SignedIn,
    external_member_id: str,
    *,
    base_url: str,
    now: datetime,
    external_members: ports.ExternalMembers,
    links: ports.Links,
    link_keys: ports.LinkKeys,
) -> AvailabilityLink:
    """Return the link in an external member's latest request, for staff to pass on.

    Raises:
        ExternalMemberNotFound, ExternalMemberGone: There is none.
        LinkExpired: They have to be asked again first.
    """
    member = external_members.get(by.organization.organization_id, external_member_id)
    if member.deleted_at is not None:
        raise ExternalMemberGone
    link = links.get(member.request.link_id)
    if now >= link.expires_at:
        raise LinkExpired
    return AvailabilityLink(link_address(base_url, link, link_keys), link.expires_at)
