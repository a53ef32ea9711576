"""Inviting people without an account, and seeing how far they are."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from scheduling.domain.availability import Availability
from scheduling.domain.booking_page import BookingPage, BookingRules
from scheduling.domain.checks import Checks
from scheduling.domain.identifiers import new_id
from scheduling.domain.links import AVAILABILITY_LIFE, Link, LinkPurpose, new_link_id
from scheduling.domain.people import ExternalMember
from scheduling.domain.refusals import MemberNotFound, marked
from scheduling.ports import ListPage

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.messages import Delivery
    from scheduling.domain.people import Member
    from scheduling.domain.sessions import SignedIn

SHORTEST_MEETING = timedelta(minutes=5)
LONGEST_MEETING = timedelta(hours=12)
LONGEST_BUFFER = timedelta(hours=12)
LONGEST_NOTICE = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class ExternalMemberOverview:
    """An external member as the team sees them."""

    member: ExternalMember
    person_in_charge: Member
    delivery: Delivery
    """Of the latest request."""


def invite_external_member(
    by: SignedIn,
    *,
    name: str,
    email: str,
    person_in_charge_id: str,
    title: str,
    location: str,
    rules: BookingRules,
    now: datetime,
    members: ports.Members,
    external_members: ports.ExternalMembers,
) -> ExternalMember:
    """Invite somebody to enter their times; their booking page opens once they did.

    The request is mailed after this is stored, so a mail that fails loses nobody.

    Raises:
        InvalidInput: Names each field that cannot be accepted.
        EmailAlreadyInvited: The organization has invited this address.
    """
    organization_id = by.organization.organization_id
    checks = Checks()
    name = checks.name("name", name)
    email = checks.email("email", email)
    title = checks.optional_name("title", title)
    location = checks.optional_name("location", location)
    _check_rules(checks, rules)
    try:
        members.get(organization_id, person_in_charge_id)
    except MemberNotFound:
        message = marked("Please choose a member of the team.")
        checks.refuse(
            "person_in_charge_id", "not_a_member" if person_in_charge_id else "missing", message
        )
    checks.done()

    external_member_id = new_id()
    link = _availability_link(organization_id, external_member_id, generation=1, now=now)
    member = ExternalMember(
        external_member_id=external_member_id,
        organization_id=organization_id,
        name=name,
        email=email,
        person_in_charge_id=person_in_charge_id,
        booking_page_slug=_slug_for(name),
        request_number=1,
        request_link_id=link.link_id,
        requested_at=now,
        created_at=now,
        availability=Availability(version=0, time_zone=by.organization.time_zone, windows=()),
    )
    page = BookingPage(
        slug=member.booking_page_slug,
        organization_id=organization_id,
        external_member_id=external_member_id,
        host_name=name,
        person_in_charge_id=person_in_charge_id,
        title=title or name,
        location=location,
        time_zone=by.organization.time_zone,
        rules=rules,
    )
    external_members.add(member, page, link, member.request)
    return member


def ask_again(
    by: SignedIn,
    external_member_id: str,
    *,
    now: datetime,
    external_members: ports.ExternalMembers,
) -> ExternalMember:
    """Mail a new request to the stored address; the link of the old one ends.

    Raises:
        ExternalMemberNotFound: There is none, or they were asked again just now.
    """
    before = external_members.get(by.organization.organization_id, external_member_id)
    number = before.request_number + 1
    link = _availability_link(
        before.organization_id, external_member_id, generation=number, now=now
    )
    member = replace(before, request_number=number, request_link_id=link.link_id, requested_at=now)
    external_members.ask_again(member, link, member.request, replaces=before.request_link_id)
    return member


def list_external_members(
    by: SignedIn,
    *,
    cursor: str | None,
    limit: int,
    members: ports.Members,
    external_members: ports.ExternalMembers,
    outbox: ports.Outbox,
) -> ListPage[ExternalMemberOverview]:
    """Return the organization's external members, the newest first."""
    organization_id = by.organization.organization_id
    page = external_members.list(organization_id, cursor=cursor, limit=limit)
    deliveries = outbox.get_all([member.request for member in page.items])
    in_charge = {
        member_id: members.get(organization_id, member_id)
        for member_id in {member.person_in_charge_id for member in page.items}
    }
    return ListPage(
        tuple(
            ExternalMemberOverview(member, in_charge[member.person_in_charge_id], delivery)
            for member, delivery in zip(page.items, deliveries, strict=True)
        ),
        page.next_cursor,
    )


def external_member_overview(
    by: SignedIn,
    external_member_id: str,
    *,
    members: ports.Members,
    external_members: ports.ExternalMembers,
    outbox: ports.Outbox,
) -> ExternalMemberOverview:
    """Raises ExternalMemberNotFound."""
    member = external_members.get(by.organization.organization_id, external_member_id)
    return ExternalMemberOverview(
        member,
        members.get(member.organization_id, member.person_in_charge_id),
        outbox.get(member.request),
    )


def _check_rules(checks: Checks, rules: BookingRules) -> None:
    checks.length("duration_minutes", rules.duration, least=SHORTEST_MEETING, most=LONGEST_MEETING)
    if rules.interval is not None:
        checks.length(
            "interval_minutes", rules.interval, least=SHORTEST_MEETING, most=LONGEST_MEETING
        )
    for field, buffer in (
        ("buffer_before_minutes", rules.buffer_before),
        ("buffer_after_minutes", rules.buffer_after),
    ):
        if buffer:
            checks.length(field, buffer, least=SHORTEST_MEETING, most=LONGEST_BUFFER)
    if not timedelta(0) <= rules.minimum_notice <= LONGEST_NOTICE:
        message = marked("Please choose at most 60 days.")
        checks.refuse("minimum_notice_minutes", "out_of_range", message)


def _availability_link(
    organization_id: str, external_member_id: str, *, generation: int, now: datetime
) -> Link:
    return Link(
        link_id=new_link_id(),
        purpose=LinkPurpose.AVAILABILITY,
        organization_id=organization_id,
        subject_id=external_member_id,
        created_at=now,
        expires_at=now + AVAILABILITY_LIFE,
        generation=generation,
    )


def _slug_for(name: str) -> str:
    """Return an address that can be read out and not be guessed: `hana-sato-k7d2xm4q`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    ending = "".join(secrets.choice(alphabet) for _ in range(8))
    return f"{words}-{ending}" if words else ending
