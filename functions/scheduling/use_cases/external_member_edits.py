"""Changing who an external member is: name, address, person in charge."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, Entry, entry_by
from scheduling.domain.checks import Checks
from scheduling.domain.people import ExternalMember, Feature
from scheduling.domain.refusals import (
    ExternalMemberChanged,
    ExternalMemberGone,
    MemberNotFound,
    marked,
)
from scheduling.use_cases.organization_features import require_feature

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.sessions import SignedIn


def edit_external_member(
    by: SignedIn,
    external_member_id: str,
    *,
    version: int,
    name: str | None = None,
    email: str | None = None,
    person_in_charge_id: str | None = None,
    now: datetime,
    members: ports.Members,
    external_members: ports.ExternalMembers,
    booking_pages: ports.BookingPages,
) -> ExternalMember:
    """Change what is said; what is None stays. Their own booking page follows.

    A new address ends the link of the latest request at once: whoever reads the
    old mailbox is no longer asked. They have to be asked again.

    Args:
        version: The one that was read before editing.

    Raises:
        FeatureDisabled: An admin has to switch it on first.
        ExternalMemberNotFound: There is none.
        ExternalMemberGone: They were deleted.
        ExternalMemberChanged: Somebody else changed them, or their page, since `version` was read.
        InvalidInput: Names each field that cannot be accepted.
        EmailAlreadyInvited: Another external member has the new address.
    """
    require_feature(by, Feature.EXTERNAL_MEMBERS)
    before = external_members.get(by.organization.organization_id, external_member_id)
    if before.deleted_at is not None:
        raise ExternalMemberGone
    if before.version != version:
        raise ExternalMemberChanged
    checks = Checks()
    after = replace(
        before,
        name=before.name if name is None else checks.name("name", name),
        email=before.email if email is None else checks.email("email", email),
        person_in_charge_id=(
            before.person_in_charge_id if person_in_charge_id is None else person_in_charge_id
        ),
    )
    if after.person_in_charge_id != before.person_in_charge_id:
        check_person_in_charge(
            checks, before.organization_id, after.person_in_charge_id, members=members
        )
    checks.done()
    if after == before:
        return before
    after = replace(after, version=version + 1)
    if after.email != before.email:
        after = replace(after, void_request=before.request.number)
    page = booking_pages.get(before.booking_page_slug)
    external_members.edit(
        before, after, _following(page, before, after), _entry(by, before, after, now)
    )
    return after


def check_person_in_charge(
    checks: Checks, organization_id: str, member_id: str, *, members: ports.Members
) -> None:
    """Refuse whoever is no active member of the organization."""
    try:
        is_active = members.get(organization_id, member_id).is_active
    except MemberNotFound:
        is_active = False
    if not is_active:
        message = marked("Please choose a member of the team.")
        checks.refuse("person_in_charge_id", "not_a_member" if member_id else "missing", message)


def _following(
    page: BookingPage, before: ExternalMember, after: ExternalMember
) -> BookingPage | None:
    """Return the page as it is now; None where what it says about them is not of their making."""
    new = replace(
        page,
        title=after.name if page.title == before.name else page.title,
        person_in_charge_id=(
            after.person_in_charge_id
            if page.person_in_charge_id == before.person_in_charge_id
            else page.person_in_charge_id
        ),
    )
    return None if new == page else replace(new, version=page.version + 1)


def _entry(by: SignedIn, before: ExternalMember, after: ExternalMember, now: datetime) -> Entry:
    changed = [
        field
        for field in ("name", "email", "person_in_charge_id")
        if getattr(before, field) != getattr(after, field)
    ]
    facts = {"changed": " ".join(changed)}
    if "person_in_charge_id" in changed:
        facts |= {
            "person_in_charge_id": after.person_in_charge_id,
            "former_person_in_charge_id": before.person_in_charge_id,
        }
    return entry_by(
        by,
        Activity.EXTERNAL_MEMBER_EDITED,
        now=now,
        subject_id=before.external_member_id,
        **facts,
    )
