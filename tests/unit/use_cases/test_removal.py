from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.audit import Activity
from scheduling.domain.booking import BookingState
from scheduling.domain.connections import Provider
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.identifiers import derived_id
from scheduling.domain.people import MemberFilter, Role
from scheduling.domain.refusals import (
    InvalidInput,
    LastAdmin,
    MemberNotFound,
    NotAllowed,
    NotHandedOver,
    ProofRequired,
)
from scheduling.use_cases.removal import belongings_of, remove_member
from tests.support.builders import AIKO, DAY, ORGANIZATION, STAFF, an_entry, at
from tests.support.connecting import a_connection
from tests.support.in_memory import InMemoryExternalMembers
from tests.support.road import book, do, invite, make_page

ORG = ORGANIZATION.organization_id
BEN = replace(
    AIKO,
    member_id=derived_id("ben"),
    name="Ben Ode",
    email="ben@hanami.example",
    role=Role.MEMBER,
    time_zone="UTC",
)
CARO = replace(BEN, member_id=derived_id("caro"), name="Caro Díaz", email="caro@hanami.example")
NOW_PROVEN = replace(STAFF, proven_at=DAY)
AS_BEN = replace(NOW_PROVEN, member=BEN)


class TimesOut(InMemoryExternalMembers):
    def edit(self, *_):
        raise TimeoutError


@pytest.fixture
def team(parley):
    """Aiko, who is the admin and has just proved it, Ben and Caro, who work from nine to five."""
    parley.clock = DAY
    for member in (BEN, CARO):
        parley.store.members[ORG, member.member_id] = member
    return parley


@pytest.fixture
def page(team):
    """A page of Ben's."""
    return make_page(
        team, HostKey(HostKind.MEMBER, BEN.member_id), person_in_charge_id=BEN.member_id
    )


def remove(team, member=BEN, by=NOW_PROVEN, **said):
    return do(team, remove_member, by, member.member_id, **said)


def what_is_left(team):
    return do(team, belongings_of, NOW_PROVEN, BEN.member_id)


def test_b21_who_has_nothing_is_removed_at_once(team):
    removed = remove(team)

    assert removed.removed_at == DAY
    assert removed.session_epoch == BEN.session_epoch + 1
    assert team.store.members[ORG, BEN.member_id] == removed
    assert team.store.entries[-1].activity is Activity.MEMBER_REMOVED
    listed = team.members.list(ORG, MemberFilter(is_active=False), cursor=None, limit=9)
    assert list(listed.items) == [removed]


def test_b21_what_a_former_member_has_connected_is_disconnected(team):
    mine = a_connection()
    bens = [a_connection(provider, member_id=BEN.member_id) for provider in Provider]
    for connection in (mine, *bens):
        team.connections.put(connection, an_entry())

    remove(team)

    assert team.connections.get(mine.key) == mine
    assert [team.connections.get(each.key).ended_at for each in bens] == [DAY, DAY]
    assert [entry.activity for entry in team.store.entries[-3:]] == [
        Activity.CONNECTION_REMOVED,
        Activity.CONNECTION_REMOVED,
        Activity.MEMBER_REMOVED,
    ]


def test_b21_whoever_stays_keeps_what_they_have_connected(team, page):
    connection = a_connection(member_id=BEN.member_id)
    team.connections.put(connection, an_entry())

    with pytest.raises(NotHandedOver):
        remove(team)

    assert team.connections.get(connection.key) == connection


def test_b21_the_address_of_a_former_member_stays_taken(team):
    removed = remove(team)

    assert list(team.members.with_email(BEN.email)) == [removed]


def test_b21_nobody_is_removed_silently(team, page):
    booking = book(team, page.slug, at("10:00")).booking
    kenji = invite(team, person_in_charge_id=BEN.member_id)

    with pytest.raises(NotHandedOver) as raised:
        remove(team)

    assert raised.value.booking_ids == (booking.booking_id,)
    assert set(raised.value.booking_page_slugs) == {page.slug, kenji.booking_page_slug}
    assert raised.value.external_member_ids == (kenji.external_member_id,)
    assert team.store.members[ORG, BEN.member_id] == BEN


def test_b21_another_member_takes_everything_over(team, page):
    booking = book(team, page.slug, at("10:00")).booking
    kenji = invite(team, person_in_charge_id=BEN.member_id)

    remove(team, hand_over_to=CARO.member_id)

    assert team.bookings.get(ORG, booking.booking_id).host_ids == (CARO.member_id,)
    assert team.booking_pages.get(page.slug).person_in_charge_id == CARO.member_id
    in_charge = team.external_members.get(ORG, kenji.external_member_id).person_in_charge_id
    assert in_charge == CARO.member_id
    assert {entry.activity for entry in team.store.entries} >= {
        Activity.BOOKING_HANDED_OVER,
        Activity.BOOKING_PAGE_HANDED_OVER,
        Activity.EXTERNAL_MEMBER_HANDED_OVER,
    }
    assert what_is_left(team).bookings == ()


def test_b21_who_is_handed_over_to_and_not_free_leaves_the_member_until_it_is_decided(team, page):
    of_caro = make_page(team, HostKey(HostKind.MEMBER, CARO.member_id))
    book(team, of_caro.slug, at("10:00"))
    booking = book(team, page.slug, at("10:00"), name="Noor Ali").booking

    with pytest.raises(NotHandedOver) as raised:
        remove(team, hand_over_to=CARO.member_id)

    assert raised.value.booking_ids == (booking.booking_id,)
    assert team.store.members[ORG, BEN.member_id].is_active
    remove(team, hand_over_to=CARO.member_id, cancels_bookings=True)
    assert team.bookings.get(ORG, booking.booking_id).state is BookingState.CANCELLED
    assert not team.store.members[ORG, BEN.member_id].is_active


def test_b21_bookings_are_cancelled_and_whoever_removes_is_in_charge_of_the_rest(team, page):
    booking = book(team, page.slug, at("10:00")).booking
    kenji = invite(team, person_in_charge_id=BEN.member_id)

    remove(team, cancels_bookings=True)

    assert team.bookings.get(ORG, booking.booking_id).state is BookingState.CANCELLED
    left = team.booking_pages.get(page.slug)
    assert left.person_in_charge_id == AIKO.member_id
    assert left.hosts == page.hosts
    [host] = team.hosts.get_all(ORG, left.hosts)
    assert host.is_gone
    in_charge = team.external_members.get(ORG, kenji.external_member_id).person_in_charge_id
    assert in_charge == AIKO.member_id


def test_removing_goes_on_where_it_was_interrupted(team, page):
    booking = book(team, page.slug, at("10:00")).booking
    invite(team, person_in_charge_id=BEN.member_id)
    with pytest.raises(TimeoutError):
        remove(team, hand_over_to=CARO.member_id, external_members=TimesOut(team.store))
    handed_over = team.bookings.get(ORG, booking.booking_id)

    remove(team, hand_over_to=CARO.member_id)

    assert team.bookings.get(ORG, booking.booking_id) == handed_over
    assert not team.store.members[ORG, BEN.member_id].is_active


@pytest.mark.parametrize("successor", [BEN.member_id, "nobody"])
def test_only_another_active_member_takes_over(team, successor):
    with pytest.raises(InvalidInput) as raised:
        remove(team, hand_over_to=successor)

    assert [problem.field for problem in raised.value.problems] == ["hand_over_to"]


def test_t15_the_last_admin_is_not_removed_and_nothing_is_handed_over(team):
    page = make_page(team, HostKey(HostKind.MEMBER, AIKO.member_id))

    with pytest.raises(LastAdmin):
        remove(team, AIKO, hand_over_to=CARO.member_id)

    assert team.booking_pages.get(page.slug) == page


def test_an_admin_removes_themselves_when_there_is_another(team):
    team.store.members[ORG, CARO.member_id] = replace(CARO, role=Role.ADMIN)

    assert not remove(team, AIKO).is_active


def test_an_admin_who_removes_themselves_has_their_bookings_cancelled(team):
    team.store.members[ORG, CARO.member_id] = replace(CARO, role=Role.ADMIN)
    page = make_page(
        team, HostKey(HostKind.MEMBER, AIKO.member_id), person_in_charge_id=CARO.member_id
    )
    booking = book(team, page.slug, at("01:00")).booking

    assert not remove(team, AIKO, cancels_bookings=True).is_active
    assert team.bookings.get(ORG, booking.booking_id).state is BookingState.CANCELLED


def test_nothing_is_cancelled_where_an_admin_leaves_what_nobody_takes_over(team):
    team.store.members[ORG, CARO.member_id] = replace(CARO, role=Role.ADMIN)
    page = make_page(team, HostKey(HostKind.MEMBER, AIKO.member_id))
    booking = book(team, page.slug, at("01:00")).booking

    with pytest.raises(NotHandedOver) as raised:
        remove(team, AIKO, cancels_bookings=True)

    assert (raised.value.booking_ids, raised.value.booking_page_slugs) == ((), (page.slug,))
    assert team.bookings.get(ORG, booking.booking_id) == booking


def test_who_was_removed_is_not_removed_again(team):
    remove(team)

    with pytest.raises(MemberNotFound):
        remove(team)


def test_only_admins_remove_and_only_after_a_fresh_proof(team):
    with pytest.raises(NotAllowed):
        remove(team, CARO, by=AS_BEN)
    with pytest.raises(ProofRequired):
        remove(team, by=replace(STAFF, proven_at=DAY - timedelta(minutes=11)))
