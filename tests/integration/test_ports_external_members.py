"""Promises about changing external members, kept by every adapter."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from scheduling.adapters.dynamodb.access import DynamoDbLinks
from scheduling.adapters.dynamodb.audit_log import DynamoDbAuditLog
from scheduling.adapters.dynamodb.booking_pages import DynamoDbBookingPages
from scheduling.adapters.dynamodb.external_members import DynamoDbExternalMembers
from scheduling.domain.audit import Activity
from scheduling.domain.availability import FRESH_FOR, Availability
from scheduling.domain.identifiers import new_id
from scheduling.domain.refusals import (
    EmailAlreadyInvited,
    ExternalMemberChanged,
    ExternalMemberGone,
    IdempotencyKeyReused,
)
from scheduling.domain.standing import look_from
from scheduling.domain.time_range import TimeRange
from scheduling.ports import EntryFilter
from tests.support.builders import (
    EARLY,
    ORGANIZATION,
    a_link,
    a_page,
    a_request,
    an_entry,
    an_external_member,
    between,
)
from tests.support.in_memory import InMemoryAdapters

ORG = ORGANIZATION.organization_id


@pytest.fixture(params=["in memory", "dynamodb"])
def ports(request):
    if request.param == "in memory":
        return InMemoryAdapters()
    tables = request.getfixturevalue("tables")
    return SimpleNamespace(
        external_members=DynamoDbExternalMembers(*tables),
        booking_pages=DynamoDbBookingPages(tables[0]),
        links=DynamoDbLinks(*tables),
        audit_log=DynamoDbAuditLog(tables[0]),
    )


def invited(ports, email="kenji@example.org"):
    member = an_external_member(email=email)
    add(ports, member)
    return member


def add(ports, member):
    ports.external_members.add(
        member, a_page(member), a_link(member), [member.request_mail], an_entry()
    )


def an_edit():
    return an_entry(Activity.EXTERNAL_MEMBER_EDITED, entry_id=new_id())


def edited(member, **changes):
    return replace(member, version=member.version + 1, **changes)


def entries(ports):
    """Return what was written down about edits."""
    which = EntryFilter(activity=Activity.EXTERNAL_MEMBER_EDITED)
    return ports.audit_log.list(ORG, which, cursor=None, limit=9).items


def test_an_edited_external_member_is_stored_with_page_and_entry(ports):
    member = invited(ports)
    page = replace(a_page(member), person_in_charge_id="ben", version=2)
    after = edited(member, name="Kenji Ito", person_in_charge_id="ben")

    ports.external_members.edit(member, after, page, entry := an_edit())

    assert ports.external_members.get(ORG, member.external_member_id) == after
    assert ports.booking_pages.get(page.slug) == page
    assert entries(ports) == (entry,)
    assert ports.links.get(member.request.link_id).revoked_at is None


def test_a_new_address_frees_the_former_one_and_ends_the_link(ports):
    member = invited(ports)
    after = edited(member, email="kenji@elsewhere.example", void_request=1)

    ports.external_members.edit(member, after, None, entry := an_edit())

    assert ports.external_members.get(ORG, member.external_member_id) == after
    assert ports.links.get(member.request.link_id).revoked_at == entry.at
    invited(ports, email=member.email)
    with pytest.raises(EmailAlreadyInvited):
        invited(ports, email=after.email)


def test_an_address_that_is_taken_changes_nothing(ports):
    member, other = invited(ports), invited(ports, email="lena@example.org")

    with pytest.raises(EmailAlreadyInvited):
        ports.external_members.edit(member, edited(member, email=other.email), None, an_edit())

    assert ports.external_members.get(ORG, member.external_member_id) == member
    assert ports.links.get(member.request.link_id).revoked_at is None
    assert entries(ports) == ()


def test_of_two_edits_the_later_one_is_refused_with_its_entry(ports):
    member = invited(ports)
    ports.external_members.edit(member, edited(member, name="Kenji Ito"), None, an_edit())

    with pytest.raises(ExternalMemberChanged):
        ports.external_members.edit(member, edited(member, name="Kenji Sato"), None, an_edit())

    assert ports.external_members.get(ORG, member.external_member_id).name == "Kenji Ito"
    assert len(entries(ports)) == 1


def test_an_edit_that_does_not_know_the_latest_page_is_refused(ports):
    member = invited(ports)
    page = replace(a_page(member), title="Mentoring", version=2)
    ports.booking_pages.replace(page, an_entry())

    with pytest.raises(ExternalMemberChanged):
        ports.external_members.edit(member, edited(member, name="Kenji Ito"), page, an_edit())

    assert ports.external_members.get(ORG, member.external_member_id) == member


def test_whoever_was_asked_again_or_deleted_meanwhile_is_not_edited(ports):
    member = invited(ports)
    gone = replace(member, deleted_at=member.created_at)
    ports.external_members.remove(gone, an_entry())

    with pytest.raises(ExternalMemberChanged):
        ports.external_members.edit(member, edited(member, name="Kenji Ito"), None, an_edit())


def test_who_has_an_address_is_found_until_they_are_deleted(ports):
    member = invited(ports)

    assert ports.external_members.with_email(ORG, member.email) == member
    assert ports.external_members.with_email(ORG, "nobody@example.org") is None
    assert ports.external_members.with_email(new_id(), member.email) is None

    gone = replace(member, deleted_at=member.created_at)
    ports.external_members.remove(gone, an_entry())
    assert ports.external_members.with_email(ORG, member.email) is None


def test_an_identity_is_invited_once(ports):
    member = invited(ports)
    other = replace(member, email="lena@example.org")

    with pytest.raises(IdempotencyKeyReused):
        ports.external_members.add(other, a_page(other), a_link(other), [], an_entry())


def answered(ports, *windows, email):
    """Return somebody who entered times."""
    after = with_times(invited(ports, email), *windows)
    ports.external_members.replace_availability(after, [], an_entry(), now=EARLY)
    return after


def with_times(member, *windows):
    availability = Availability(1, "Asia/Tokyo", windows, saved_at=EARLY, windows_version=1)
    request = replace(member.request, fulfilled_at=EARLY)
    return replace(member, availability=availability, request=request)


def to_look_at(ports, now, *, limit):
    found = ports.external_members.to_look_at(ORG, now=now, limit=limit)
    return [member.email for member in found]


def test_whose_times_are_over_hides_nobody_who_has_to_be_looked_at(ports):
    soon = between("10:00", "11:00")
    after_a_month = TimeRange(soon.start + FRESH_FOR, soon.end + FRESH_FOR)
    answered(ports, soon, email="soon@example.org")
    answered(ports, after_a_month, email="later@example.org")
    asked_at = after_a_month.start
    late = replace(an_external_member(email="late@example.org"), request=a_request(asked_at))
    add(ports, late)
    deadline = late.request.terms.deadline

    assert to_look_at(ports, after_a_month.start, limit=9) == ["later@example.org"]
    assert to_look_at(ports, deadline, limit=1) == [late.email]


def test_nobody_looks_at_times_that_are_over_before_they_are_doubted(ports):
    member = answered(ports, between("10:00", "11:00"), email="soon@example.org")

    assert look_from(member) is None
    assert to_look_at(ports, EARLY + 2 * FRESH_FOR, limit=9) == []


def test_which_version_times_came_with_outlasts_that_they_are_confirmed(ports):
    member = answered(ports, between("10:00", "11:00"), email="kenji@example.org")
    confirmed = replace(member.availability, version=2, confirmed_at=EARLY)
    after = replace(member, availability=confirmed)

    ports.external_members.replace_availability(after, [], an_entry(), now=EARLY)

    assert ports.external_members.get(ORG, member.external_member_id) == after


def test_who_was_deleted_a_moment_ago_saves_nothing_and_is_not_looked_at(ports):
    member = invited(ports)
    after = with_times(member, TimeRange(EARLY, EARLY + 2 * FRESH_FOR))
    ports.external_members.remove(replace(member, deleted_at=EARLY), an_entry())

    with pytest.raises(ExternalMemberGone):
        ports.external_members.replace_availability(after, [], an_entry(), now=EARLY)

    assert to_look_at(ports, EARLY + FRESH_FOR, limit=9) == []
