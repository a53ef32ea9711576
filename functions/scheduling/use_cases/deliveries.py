"""What became of each mail, and the link where no mail gets through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, entry_by
from scheduling.domain.messages import Subject
from scheduling.domain.people import Feature
from scheduling.domain.refusals import ExternalMemberGone
from scheduling.use_cases.availability_requests import with_new_link
from scheduling.use_cases.links import link_address
from scheduling.use_cases.organization_features import require_feature

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
        FeatureDisabled: An admin has to switch it on first.
        ExternalMemberNotFound: There never was one.
    """
    require_feature(by, Feature.EXTERNAL_MEMBERS)
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


def copy_availability_link(
    by: SignedIn,
    external_member_id: str,
    *,
    base_url: str,
    now: datetime,
    external_members: ports.ExternalMembers,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    audit_log: ports.AuditLog,
) -> AvailabilityLink:
    """Return the link to somebody's availability page for staff to pass on, and write that down.

    It is the one that their latest request carries. Where that has ended, a new one takes its
    place: no mail is sent, and the request stays what it is.

    Raises:
        FeatureDisabled: An admin has to switch it on first.
        ExternalMemberNotFound: There is none, or somebody else asked them just now.
        ExternalMemberGone: They were deleted.
    """
    require_feature(by, Feature.EXTERNAL_MEMBERS)
    member = external_members.get(by.organization.organization_id, external_member_id)
    if member.deleted_at is not None:
        raise ExternalMemberGone
    entry = entry_by(by, Activity.AVAILABILITY_LINK_COPIED, now=now, subject_id=external_member_id)
    link = links.get(member.request.link_id)
    if link.works(now):
        audit_log.add(entry)
    else:
        ended = link
        member, link = with_new_link(member, ended, now=now)
        external_members.ask_again(member, link, (), entry, replaces=ended.link_id)
    return AvailabilityLink(link_address(base_url, link, link_keys), link.expires_at)
