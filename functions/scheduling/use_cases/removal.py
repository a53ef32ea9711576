"""Removing a member: what is theirs finds somebody else first, or ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, actor_of, entry_by
from scheduling.domain.booking import BookingState
from scheduling.domain.lists import every
from scheduling.domain.messages import Recipient
from scheduling.domain.people import MemberFilter, Role
from scheduling.domain.policy import Act, require
from scheduling.domain.refusals import (
    BookingChanged,
    BookingClosed,
    BusyTryAgain,
    ExternalMemberChanged,
    FieldProblem,
    InvalidInput,
    LastAdmin,
    MemberNotFound,
    NotHandedOver,
    marked,
)
from scheduling.ports import BookingFilter, ExternalMemberFilter
from scheduling.use_cases.bookings import HandOver, every_booking, hand_over
from scheduling.use_cases.changes import cancel
from scheduling.use_cases.connecting import remove_all_connections

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.booking import Booking
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.people import ExternalMember, Member
    from scheduling.domain.sessions import SignedIn
    from scheduling.provider_ports import Connections

_PART = 100


@dataclass(frozen=True, slots=True)
class Belongings:
    """What a member is host of, or in charge of."""

    bookings: tuple[Booking, ...]
    """To come, soonest first."""
    booking_pages: tuple[BookingPage, ...]
    external_members: tuple[ExternalMember, ...]


def belongings_of(
    by: SignedIn,
    member_id: str,
    *,
    now: datetime,
    booking_pages: ports.BookingPages,
    bookings: ports.Bookings,
    external_members: ports.ExternalMembers,
) -> Belongings:
    """Return what somebody else has to take over before a member can go.

    Raises:
        NotAllowed: Only admins may.
    """
    require(by, Act.HAND_OVER, now=now)
    organization_id = by.organization.organization_id
    pages = every(lambda cursor: booking_pages.list(organization_id, cursor=cursor, limit=_PART))
    return Belongings(
        tuple(
            booking
            for booking in _to_come(organization_id, now, bookings)
            if member_id in (*booking.host_ids, booking.person_in_charge_id)
        ),
        tuple(
            page
            for page in pages
            if member_id in (page.person_in_charge_id, *(host.host_id for host in page.hosts))
        ),
        tuple(_in_charge_of(organization_id, member_id, now, external_members)),
    )


def hand_over_everything(
    by: SignedIn,
    member_id: str,
    to_member_id: str,
    *,
    also_as_host: bool = True,
    now: datetime,
    members: ports.Members,
    booking_pages: ports.BookingPages,
    bookings: ports.Bookings,
    external_members: ports.ExternalMembers,
) -> HandOver:
    """Give another member what is a member's: pages, meetings, and the external members.

    What is handed over stays so; doing it again goes on with the rest.

    Args:
        also_as_host: Whether the other takes their place on pages as a host, too.

    Raises:
        NotAllowed: Only admins may, except of what is their own.
        MemberNotFound: One of them is no member of the organization, or the other was removed.
    """
    done = hand_over(
        by,
        member_id,
        to_member_id,
        also_as_host=also_as_host,
        now=now,
        members=members,
        booking_pages=booking_pages,
        bookings=bookings,
    )
    organization_id = by.organization.organization_id
    # All are found before the first is changed: the list is read while it would change.
    for external in list(_in_charge_of(organization_id, member_id, now, external_members)):
        after = replace(external, person_in_charge_id=to_member_id, version=external.version + 1)
        entry = entry_by(
            by,
            Activity.EXTERNAL_MEMBER_HANDED_OVER,
            now=now,
            subject_id=external.external_member_id,
            from_member_id=member_id,
            to_member_id=to_member_id,
        )
        try:
            external_members.edit(external, after, None, entry)
        except ExternalMemberChanged:
            # Somebody edits them right now; doing this once more finds them again.
            continue
    return done


def remove_member(
    by: SignedIn,
    member_id: str,
    *,
    hand_over_to: str = "",
    cancels_bookings: bool = False,
    now: datetime,
    members: ports.Members,
    booking_pages: ports.BookingPages,
    bookings: ports.Bookings,
    external_members: ports.ExternalMembers,
    connections: Connections,
) -> Member:
    """Remove a member, once nothing is theirs any more; their sessions end, their address is kept.

    What they have connected at providers is disconnected.

    What takes over or ends does so before, and stays so: where this is
    interrupted, or something is left that the other cannot take, doing it
    again goes on with the rest.

    Args:
        hand_over_to: Who takes over what is theirs. Where their bookings are cancelled, who is in
            charge of the rest from now on: whoever removes them unless said otherwise, and nobody
            where those remove themselves.
        cancels_bookings: Whether the bookings that they are a host of are cancelled.

    Raises:
        NotAllowed: Only admins may.
        ProofRequired: They have to prove once more who they are.
        MemberNotFound: There is none, or they were removed before.
        LastAdmin: Nobody else is an admin.
        InvalidInput: Nobody active can be handed over to under this id.
        NotHandedOver: Nobody has said what becomes of what is theirs, or this much is left of it.
        MemberChanged: Somebody changed them a moment ago.
        ConnectionChanged: Something changed what they have connected a moment ago.
        BusyTryAgain: Somebody changes one of their bookings right now.
    """
    require(by, Act.REMOVE_MEMBER, of=member_id, now=now)
    member = members.get(by.organization.organization_id, member_id)
    if not member.is_active:
        raise MemberNotFound
    check_not_last_admin(member, members)
    if cancels_bookings and not hand_over_to and by.member.member_id != member_id:
        hand_over_to = by.member.member_id
    if hand_over_to:
        _check_successor(member, hand_over_to, members)
        if cancels_bookings:
            _cancel_hosted(by, member, now=now, bookings=bookings)
        is_complete = False
        while not is_complete:
            done = hand_over_everything(
                by,
                member_id,
                hand_over_to,
                also_as_host=not cancels_bookings,
                now=now,
                members=members,
                booking_pages=booking_pages,
                bookings=bookings,
                external_members=external_members,
            )
            is_complete = done.is_complete
    left = belongings_of(
        by,
        member_id,
        now=now,
        booking_pages=booking_pages,
        bookings=bookings,
        external_members=external_members,
    )
    _check_nothing_left(left, member_id, hosting_ends=cancels_bookings)
    if cancels_bookings:
        _cancel_hosted(by, member, now=now, bookings=bookings)
    remove_all_connections(by, member_id, now=now, connections=connections)
    removed = replace(
        member,
        removed_at=now,
        session_epoch=member.session_epoch + 1,
        version=member.version + 1,
    )
    entry = entry_by(by, Activity.MEMBER_REMOVED, now=now, subject_id=member_id)
    members.replace(removed, entry)
    # From now on they can connect nothing; a moment ago they could.
    remove_all_connections(by, member_id, now=now, connections=connections)
    return removed


def check_not_last_admin(member: Member, members: ports.Members) -> None:
    """Refuse before anything is handed over; whoever is faster is stopped by the store."""
    if not member.is_admin:
        return
    which = MemberFilter(role=Role.ADMIN)
    admins = every(
        lambda cursor: members.list(member.organization_id, which, cursor=cursor, limit=_PART)
    )
    if all(admin.member_id == member.member_id for admin in admins):
        raise LastAdmin


def _check_successor(member: Member, successor_id: str, members: ports.Members) -> None:
    found = members.get_all(member.organization_id, [successor_id])
    if successor_id == member.member_id or not any(each.is_active for each in found):
        message = marked("Please choose another member of the team.")
        raise InvalidInput([FieldProblem("hand_over_to", "not_a_member", message)])


def _check_nothing_left(left: Belongings, member_id: str, *, hosting_ends: bool) -> None:
    """Raises NotHandedOver.

    Args:
        hosting_ends: Whether bookings that they are a host of are cancelled, and pages that they
            are only a host of are left without them.
    """
    bookings = [
        booking
        for booking in left.bookings
        if member_id not in booking.host_ids or not hosting_ends
    ]
    pages = [
        page
        for page in left.booking_pages
        if page.person_in_charge_id == member_id or not hosting_ends
    ]
    if bookings or pages or left.external_members:
        raise NotHandedOver(
            [booking.booking_id for booking in bookings],
            [page.slug for page in pages],
            [external.external_member_id for external in left.external_members],
        )


def _cancel_hosted(
    by: SignedIn, member: Member, *, now: datetime, bookings: ports.Bookings
) -> None:
    """Raises BusyTryAgain where one is being changed by somebody else."""
    meetings = [
        booking
        for booking in _to_come(member.organization_id, now, bookings)
        if member.member_id in booking.host_ids
    ]
    for meeting in meetings:
        try:
            cancel(meeting, Recipient.MEMBER, "", actor=actor_of(by), now=now, bookings=bookings)
        except BookingClosed:
            # It ended by itself: a request whose time is up.
            continue
        except BookingChanged as changed:
            raise BusyTryAgain from changed


def _to_come(organization_id: str, now: datetime, bookings: ports.Bookings) -> Iterator[Booking]:
    which = BookingFilter(after=now, states=(BookingState.PENDING, BookingState.CONFIRMED))
    found = every_booking(organization_id, which, bookings=bookings)
    return (booking for booking in found if booking.is_changeable(now))


def _in_charge_of(
    organization_id: str, member_id: str, now: datetime, external_members: ports.ExternalMembers
) -> Iterator[ExternalMember]:
    which = ExternalMemberFilter(person_in_charge_id=member_id)
    return every(
        lambda cursor: external_members.list(
            organization_id, which, now=now, cursor=cursor, limit=_PART
        )
    )
