from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.audit import Activity
from scheduling.domain.directory import Directory
from scheduling.domain.identifiers import derived_id
from scheduling.domain.member_imports import LEASE, ImportRow, ImportState, RowOutcome
from scheduling.domain.people import Role
from scheduling.domain.refusals import (
    BusyTryAgain,
    IdempotencyKeyReused,
    ImportNotFound,
    InvalidInput,
    NotAllowed,
)
from scheduling.use_cases.member_imports import (
    import_members,
    import_part,
    start_import,
    view_import,
)
from tests.support.builders import AIKO, EARLY, ORGANIZATION, STAFF
from tests.support.in_memory import InMemoryInvitations, InMemoryMembers
from tests.support.road import do

ORG = ORGANIZATION.organization_id
BEN = replace(
    AIKO,
    member_id=derived_id("ben"),
    name="Ben Ode",
    email="ben@hanami.example",
    role=Role.MEMBER,
)
PLACE = {"department": "design", "designation": "LEAD", "manager": AIKO.email}
"""As a row says it: names in any case, and an address."""

CREATED, UPDATED, UNCHANGED, ERROR = RowOutcome


@pytest.fixture
def team(parley):
    """Aiko, who is the admin and has just proved it, and Ben; there is a directory."""
    parley.clock = EARLY
    parley.store.members[ORG, BEN.member_id] = BEN
    parley.store.directories[ORG] = Directory(ORG, 1, {"d": "Design"}, {"l": "Lead"})
    return parley


def row(email, number=2, **cells):
    return ImportRow(number, {"email": email, **cells})


def new(email, number=2, **cells):
    return row(email, number, **(PLACE | cells))


def take_in(team, *rows, by=STAFF, is_dry_run=False, key=""):
    return do(team, import_members, by, rows, is_dry_run=is_dry_run, key=key)


def work_off(team, found, **others):
    """Do what the worker does, until nothing is left or something has to wait."""
    claimed = team.member_imports.claim(found, now=team.clock)
    while claimed and claimed.state is ImportState.RUNNING:
        after = do(team, import_part, claimed, **others)
        if after is None or after.done == claimed.done:
            break
        claimed = after
    return results(team, found)


def results(team, found):
    _, rows = do(team, view_import, STAFF, found.import_id)
    return [each.outcome for each in rows]


def run(team, *rows):
    return work_off(team, take_in(team, *rows))


def problem(team, found):
    _, [only] = do(team, view_import, STAFF, found.import_id)
    return only.outcome, only.column, only.code


def invited(team):
    return sorted(invitation.email for invitation in team.store.invitations.values())


def test_b8_each_row_comes_to_one_of_four_things(team):
    outcomes = run(
        team,
        new("ana@hanami.example", 2),
        row("BEN@hanami.example", 3, name="Ben Okoro", department="Design"),
        row(AIKO.email, 4, name=AIKO.name, role="Admin"),
        row("nonsense", 5),
    )

    assert outcomes == [CREATED, UPDATED, UNCHANGED, ERROR]
    assert invited(team) == ["ana@hanami.example"]
    ben = team.store.members[ORG, BEN.member_id]
    assert (ben.name, ben.department_id, ben.manager_id) == ("Ben Okoro", "d", "")


def test_b8_who_is_invited_gets_what_their_row_says(team):
    run(team, new("ana@hanami.example"))

    [invitation] = team.store.invitations.values()
    placement = invitation.placement
    assert (placement.department_id, placement.designation_id) == ("d", "l")
    assert (placement.manager_id, placement.role) == (AIKO.member_id, Role.MEMBER)


def test_b8_the_same_file_again_changes_nothing(team):
    rows = [new("ana@hanami.example", 2), row(BEN.email, 3, name="Ben Okoro")]
    assert run(team, *rows) == [CREATED, UPDATED]

    assert run(team, *rows) == [UNCHANGED, UNCHANGED]
    assert len(team.store.invitations) == 1


@pytest.mark.parametrize(
    ("wrong", "column", "code"),
    [
        (row(""), "email", "missing"),
        (row("a@b"), "email", "invalid_email"),
        (row("ana@x.example"), "department", "missing"),
        (new("ana@x.example", department="Sales"), "department", "not_in_directory"),
        (new("ana@x.example", designation="Chief"), "designation", "not_in_directory"),
        (new("ana@x.example", manager="eve@x.example"), "manager", "not_a_member"),
        (new("ana@x.example", manager="Aiko"), "manager", "not_a_member"),
        (new("ana@x.example", role="boss"), "role", "unknown_role"),
        (row(BEN.email, name="x" * 101), "name", "too_long"),
        (row(BEN.email, manager=BEN.email), "manager", "own_manager"),
        (row(AIKO.email, role="member"), "", "last_admin"),
        (ImportRow(2, {}, None, "name", "too_long", "Too long."), "name", "too_long"),
    ],
)
def test_b8_a_bad_row_names_its_column_and_reason(team, wrong, column, code):
    found = take_in(team, wrong)
    work_off(team, found)

    assert problem(team, found) == (ERROR, column, code)


@pytest.mark.parametrize(
    "tried",
    [
        (new("ana@x.example"), CREATED),
        (row(BEN.email, name="Ben Okoro"), UPDATED),
        (row(BEN.email, name=BEN.name), UNCHANGED),
        (new("ana@x.example", department="Sales"), ERROR),
        (row(BEN.email, name="x" * 101), ERROR),
    ],
)
def test_b8_a_dry_run_tells_what_would_be_and_does_none_of_it(team, tried):
    wanted, outcome = tried

    found = take_in(team, wanted, is_dry_run=True)

    assert found.state is ImportState.CHECKED
    assert results(team, found) == [outcome]
    assert team.store.writes == 1
    assert team.store.invitations == {}
    assert team.member_imports.due(now=EARLY, limit=9) == []


def test_what_was_tried_out_is_done_once_somebody_says_so(team):
    found = take_in(team, new("ana@x.example", 2), row("nonsense", 3), is_dry_run=True)

    started = do(team, start_import, STAFF, found.import_id)
    again = do(team, start_import, STAFF, found.import_id)

    assert started == again
    assert work_off(team, started) == [CREATED, ERROR]
    assert Activity.MEMBERS_IMPORTED in {entry.activity for entry in team.store.entries}


def test_a_department_made_since_the_dry_run_is_found(team):
    found = take_in(team, new("ana@x.example", department="Sales"), is_dry_run=True)
    team.store.directories[ORG] = Directory(ORG, 2, {"s": "Sales"}, {"l": "Lead"})

    started = do(team, start_import, STAFF, found.import_id)

    assert work_off(team, started) == [CREATED]


def test_the_second_of_two_rows_with_one_address_is_refused(team):
    found = take_in(team, new("ana@x.example", 2), new("ANA@x.example", 3, role="admin"))

    assert work_off(team, found) == [CREATED, ERROR]
    _, rows = do(team, view_import, STAFF, found.import_id)
    assert (rows[1].column, rows[1].code) == ("email", "repeated")


def test_a_former_member_is_invited_again(team):
    team.store.members[ORG, BEN.member_id] = replace(BEN, removed_at=EARLY)

    assert run(team, new(BEN.email)) == [CREATED]


def crowd(count):
    return [new(f"m{number}@hanami.example", number + 2) for number in range(count)]


def test_b8_of_500_rows_with_20_bad_ones_480_are_done_and_again_all_are_unchanged(team):
    team.rate_limits.factor = 10
    rows = crowd(500)
    for bad in range(0, 500, 25):
        rows[bad] = replace(rows[bad], cells=rows[bad].cells | {"department": "Nowhere"})
    found = take_in(team, *rows)

    outcomes = work_off(team, found)

    assert (outcomes.count(CREATED), outcomes.count(ERROR)) == (480, 20)
    _, done = do(team, view_import, STAFF, found.import_id)
    bad_rows = [each for each in done if each.outcome is ERROR]
    assert [each.number for each in bad_rows] == [bad + 2 for bad in range(0, 500, 25)]
    assert {each.column for each in bad_rows} == {"department"}
    again = run(team, *rows)
    assert (again.count(UNCHANGED), again.count(ERROR)) == (480, 20)
    assert len(invited(team)) == 480


class DiesAfter(InMemoryInvitations):
    """Its process is killed when one more is to be invited."""

    left = 40

    def add(self, *given):
        if not self.left:
            raise SystemExit
        self.left -= 1
        super().add(*given)


def test_b8_an_import_killed_half_way_is_gone_on_with_and_nothing_is_doubled(team):
    team.rate_limits.factor = 10
    found = take_in(team, *crowd(60))
    with pytest.raises(SystemExit):
        work_off(team, found, invitations=DiesAfter(team.store))
    assert len(invited(team)) == 40
    assert results(team, found).count(None) == 35

    assert team.member_imports.due(now=team.clock, limit=9) == []
    team.clock += LEASE
    [due] = team.member_imports.due(now=team.clock, limit=9)

    assert work_off(team, due) == [CREATED] * 60
    assert len(invited(team)) == len(set(invited(team))) == 60
    assert len(team.store.messages) == 60


def test_a_worker_who_was_given_up_records_nothing(team):
    found = take_in(team, *crowd(3))
    slow = team.member_imports.claim(found, now=team.clock)
    team.clock += LEASE
    assert work_off(team, found) == [CREATED] * 3

    assert do(team, import_part, slow) is None
    assert results(team, found) == [CREATED] * 3


def test_more_than_a_days_invitations_go_on_the_next_day(team):
    found = take_in(team, *crowd(210))

    outcomes = work_off(team, found)

    assert (outcomes.count(CREATED), outcomes.count(None)) == (200, 10)
    team.clock += timedelta(hours=12)
    assert team.member_imports.due(now=team.clock, limit=9) == []
    team.clock = EARLY + timedelta(days=1)
    [due] = team.member_imports.due(now=team.clock, limit=9)
    assert work_off(team, due) == [CREATED] * 210


class Busy(InMemoryMembers):
    def replace(self, *_):
        raise BusyTryAgain


def test_a_row_about_which_nothing_can_be_decided_is_tried_again_soon(team):
    found = take_in(team, new("ana@x.example", 2), row(BEN.email, 3, name="Ben Okoro"))

    assert work_off(team, found, members=Busy(team.store)) == [CREATED, None]
    team.clock += timedelta(minutes=1)
    [due] = team.member_imports.due(now=team.clock, limit=9)
    assert work_off(team, due) == [CREATED, UPDATED]


def test_who_is_no_admin_any_more_imports_nobody(team):
    caro = replace(BEN, member_id=derived_id("caro"), email="c@x.example", role=Role.ADMIN)
    team.store.members[ORG, caro.member_id] = caro
    found = take_in(team, new("ana@x.example"), by=replace(STAFF, member=caro))
    team.store.members[ORG, caro.member_id] = replace(caro, removed_at=EARLY)

    work_off(team, found)

    assert problem(team, found) == (ERROR, "", "not_allowed")


def test_a_role_is_changed_only_by_who_started_soon_after_a_proof(team):
    team.clock += timedelta(minutes=11)
    found = take_in(team, row(BEN.email, role="admin"))

    work_off(team, found)

    assert problem(team, found) == (ERROR, "", "proof_required")


def test_a_proof_does_not_grow_old_while_rows_wait_for_a_worker(team):
    tried_out = take_in(team, row(BEN.email, role="admin"), is_dry_run=True)
    team.clock += timedelta(minutes=30)
    by = replace(STAFF, proven_at=team.clock - timedelta(minutes=9))
    started = do(team, start_import, by, tried_out.import_id)
    team.clock += timedelta(minutes=2)

    assert work_off(team, started) == [UPDATED]


def test_the_same_file_under_the_same_key_is_taken_in_once(team):
    first = take_in(team, new("ana@x.example"), key="a")

    assert take_in(team, new("ana@x.example"), key="a") == first
    with pytest.raises(IdempotencyKeyReused):
        take_in(team, new("eva@x.example"), key="a")


def test_a_file_without_rows_is_refused(team):
    with pytest.raises(InvalidInput):
        take_in(team)


def test_only_admins_import(team):
    as_ben = replace(STAFF, member=BEN)
    found = take_in(team, new("ana@x.example"), is_dry_run=True)

    with pytest.raises(NotAllowed):
        take_in(team, new("ana@x.example"), by=as_ben)
    with pytest.raises(NotAllowed):
        do(team, view_import, as_ben, found.import_id)
    with pytest.raises(NotAllowed):
        do(team, start_import, as_ben, found.import_id)


def test_another_organization_has_no_such_import(team):
    found = take_in(team, new("ana@x.example"), is_dry_run=True)
    other = replace(STAFF, organization=replace(ORGANIZATION, organization_id=derived_id("other")))

    with pytest.raises(ImportNotFound):
        do(team, view_import, other, found.import_id)
