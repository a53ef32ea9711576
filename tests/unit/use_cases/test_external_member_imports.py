"""Inviting many external members at once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.identifiers import derived_id
from scheduling.domain.messages import MessageKind
from scheduling.domain.people import Role
from scheduling.domain.rate_limits import AVAILABILITY_REQUESTS_PER_ADDRESS
from scheduling.domain.refusals import BusyTryAgain, FeatureDisabled, FieldProblem
from scheduling.use_cases.external_member_imports import (
    ImportRow,
    RowOutcome,
    import_external_members,
)
from scheduling.use_cases.external_members import BookingsToCome, delete_external_member
from tests.support.builders import AIKO, EARLY, ORGANIZATION, STAFF
from tests.support.road import do, invite

BEN = replace(AIKO, member_id=derived_id("ben"), email="ben@hanami.example", role=Role.MEMBER)
CREATED, UPDATED, UNCHANGED, ERROR = RowOutcome


def a_row(number, **cells):
    usual = {
        "name": f"Somebody {number}",
        "email": f"somebody{number}@example.org",
        "person_in_charge": AIKO.email,
        "title": "",
        "location": "",
        "duration": timedelta(minutes=30),
    }
    return ImportRow(number, **(usual | cells))


def run(parley, rows, *, by=STAFF, is_dry_run=False, has_time=lambda: True, **more):
    return do(
        parley,
        import_external_members,
        by,
        rows,
        is_dry_run=is_dry_run,
        has_time=has_time,
        **more,
    )


def outcomes(done):
    return [result.outcome for result in done.results]


def requests(parley):
    """Return the mails that ask somebody for their times."""
    return [
        message
        for message in parley.store.messages
        if message.kind is MessageKind.AVAILABILITY_REQUEST
    ]


def problems(done):
    return [
        [(problem.field, problem.code) for problem in result.problems] for result in done.results
    ]


def test_each_row_invites_somebody_and_the_same_file_again_changes_nothing(parley):
    rows = [a_row(1, title="Mentoring", duration=timedelta(minutes=45)), a_row(2)]

    first = run(parley, rows)
    writes = parley.store.writes
    again = run(parley, rows)

    assert outcomes(first) == [CREATED, CREATED]
    assert outcomes(again) == [UNCHANGED, UNCHANGED]
    assert parley.store.writes == writes
    members = list(parley.store.external_members.values())
    assert [member.external_member_id for member in members] == [
        result.external_member_id for result in first.results
    ]
    page = parley.booking_pages.get(members[0].booking_page_slug)
    assert (page.title, page.rules.duration) == ("Mentoring", timedelta(minutes=45))
    assert len(requests(parley)) == 2


def test_who_was_invited_before_gets_the_name_and_the_person_in_charge_of_the_row(parley):
    parley.store.members[BEN.organization_id, BEN.member_id] = BEN
    member = invite(parley)

    done = run(parley, [a_row(1, name="Kenji Ito", email=member.email, person_in_charge=BEN.email)])

    [stored] = parley.store.external_members.values()
    assert outcomes(done) == [UPDATED]
    assert (stored.name, stored.person_in_charge_id) == ("Kenji Ito", BEN.member_id)


def test_a_dry_run_says_what_would_happen_and_stores_nothing(parley):
    member = invite(parley)
    writes = parley.store.writes
    rows = [
        a_row(1),
        a_row(2, name="Kenji Ito", email=member.email),
        a_row(3, email="x"),
    ]

    assert outcomes(run(parley, rows, is_dry_run=True)) == [CREATED, UPDATED, ERROR]
    assert parley.store.writes == writes


def test_a12_of_500_rows_with_20_bad_ones_480_are_done_and_20_are_named(parley):
    rows = [
        a_row(number, email="nobody") if number % 25 == 0 else a_row(number)
        for number in range(1, 501)
    ]

    first, again = run(parley, rows), run(parley, rows)

    assert outcomes(first).count(CREATED) == 480
    assert [result.number for result in first.results if result.outcome is ERROR] == list(
        range(25, 501, 25)
    )
    assert outcomes(again).count(UNCHANGED) == 480


def test_an_import_that_was_cut_off_goes_on_where_it_stopped(parley):
    rows = [a_row(number) for number in range(1, 6)]
    time_left = iter([True, True, True, False])

    first = run(parley, rows, has_time=lambda: next(time_left))
    rest = run(parley, rows, first_row=first.next_row)

    assert (outcomes(first), first.next_row) == ([CREATED] * 3, 4)
    assert (outcomes(rest), rest.next_row) == ([CREATED] * 2, None)
    assert len(requests(parley)) == 5


def test_a12_an_import_that_was_killed_is_done_again_and_doubles_nothing(parley):
    rows = [a_row(number) for number in range(1, 6)]
    run(parley, rows[:3])

    done = run(parley, rows)

    assert outcomes(done) == [UNCHANGED] * 3 + [CREATED] * 2
    assert len(requests(parley)) == 5


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"name": ""}, ("name", "missing")),
        ({"email": ""}, ("email", "missing")),
        ({"email": "a@"}, ("email", "invalid_email")),
        ({"person_in_charge": ""}, ("person_in_charge", "missing")),
        ({"person_in_charge": "nobody@hanami.example"}, ("person_in_charge", "not_a_member")),
        ({"person_in_charge": "Aiko"}, ("person_in_charge", "not_a_member")),
        ({"title": "x" * 101}, ("title", "too_long")),
        ({"location": "a\0b"}, ("location", "odd_characters")),
        ({"duration": timedelta(minutes=7)}, ("duration_minutes", "off_grid")),
        ({"problems": (FieldProblem("", "too_many_cells", ""),)}, ("", "too_many_cells")),
    ],
)
@pytest.mark.parametrize("is_dry_run", [True, False])
def test_a_bad_row_is_named_and_stops_no_other(parley, cells, problem, is_dry_run):
    done = run(parley, [a_row(1, **cells), a_row(2)], is_dry_run=is_dry_run)

    assert outcomes(done) == [ERROR, CREATED]
    assert problems(done) == [[problem], []]


def test_an_address_that_stands_there_twice_is_named_in_both_rows(parley):
    done = run(parley, [a_row(1), a_row(2, email=" SOMEBODY1@example.org")])

    assert problems(done) == [[("email", "repeated")]] * 2
    assert parley.store.external_members == {}


def test_neither_former_members_nor_those_of_other_organizations_can_be_in_charge(parley):
    for member in (
        replace(BEN, removed_at=EARLY),
        replace(BEN, member_id="eve", email="eve@other.example", organization_id="another"),
    ):
        parley.store.members[member.organization_id, member.member_id] = member
        done = run(parley, [a_row(1, person_in_charge=member.email)])
        assert problems(done) == [[("person_in_charge", "not_a_member")]]


def test_a_row_that_is_in_somebodys_way_is_named_and_the_others_go_on(parley):
    class BusyOnce:
        """External members of whom the first cannot be stored right now."""

        def __init__(self, external_members):
            self.external_members = external_members
            self.adds = 0

        def __getattr__(self, name):
            return getattr(self.external_members, name)

        def add(self, *given):
            self.adds += 1
            if self.adds == 1:
                raise BusyTryAgain
            self.external_members.add(*given)

    done = run(parley, [a_row(1), a_row(2)], external_members=BusyOnce(parley.external_members))

    assert problems(done) == [[("", "busy_try_again")], []]


def test_a8_importing_is_off_as_well(parley):
    off = replace(STAFF, organization=replace(ORGANIZATION, features=frozenset()))

    with pytest.raises(FeatureDisabled):
        run(parley, [a_row(1)], by=off)


def test_t10_whose_address_was_asked_too_often_is_an_error_in_their_row(parley):
    asked = a_row(1)
    for _ in range(AVAILABILITY_REQUESTS_PER_ADDRESS.most):
        [invited] = run(parley, [asked]).results
        do(
            parley,
            delete_external_member,
            STAFF,
            invited.external_member_id,
            bookings_to_come=BookingsToCome.KEEP,
        )

    done = run(parley, [asked, a_row(2)])

    assert outcomes(done) == [ERROR, CREATED]
    assert problems(done)[0] == [("", "too_many_requests")]
