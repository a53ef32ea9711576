from dataclasses import replace

import pytest

from scheduling.domain.audit import Activity
from scheduling.domain.directory import MOST_NAMES, Directory, DirectoryPart, Listed
from scheduling.domain.identifiers import new_id
from scheduling.domain.people import Role
from scheduling.domain.refusals import (
    IdempotencyKeyReused,
    InvalidInput,
    NotAllowed,
    NotInDirectory,
)
from scheduling.use_cases.directory import (
    add_to_directory,
    listed_under,
    remove_from_directory,
    rename_in_directory,
    view_directory,
)
from tests.support.builders import AIKO, ORGANIZATION, STAFF, an_entry
from tests.support.road import do

DEPARTMENTS = DirectoryPart.DEPARTMENTS
BEN = replace(STAFF, member=replace(AIKO, role=Role.MEMBER))

every_part = pytest.mark.parametrize("part", DirectoryPart)


def add(parley, name, part=DEPARTMENTS, by=STAFF, key=""):
    return do(parley, add_to_directory, by, part, name, key=key)


def names(parley, part=DEPARTMENTS):
    directory = do(parley, view_directory, BEN)
    return [listed.name for listed in directory.listed(part)]


def refused(problem):
    [found] = problem.value.problems
    return found.field, found.code


@every_part
def test_an_admin_adds_renames_and_removes(parley, part):
    sales, design = add(parley, "Sales", part), add(parley, " design ", part)

    do(parley, rename_in_directory, STAFF, part, design.listed_id, "Brand design")
    both = names(parley, part)
    do(parley, remove_from_directory, STAFF, part, sales.listed_id)

    assert both == ["Brand design", "Sales"]
    assert names(parley, part) == ["Brand design"]


def test_e9_each_change_is_written_down_without_a_name(parley):
    listed = add(parley, "Sales")
    do(parley, rename_in_directory, STAFF, DEPARTMENTS, listed.listed_id, "Trade")
    do(parley, remove_from_directory, STAFF, DEPARTMENTS, listed.listed_id)

    entries = parley.store.entries[-3:]
    assert {(entry.activity, entry.subject_id) for entry in entries} == {
        (Activity.DIRECTORY_EDITED, listed.listed_id)
    }
    assert [dict(entry.facts) for entry in entries] == [
        {"part": "departments", "change": change} for change in ("added", "renamed", "removed")
    ]


def test_the_name_it_has_already_is_no_change(parley):
    listed = add(parley, "Sales")
    writes = parley.store.writes

    do(parley, rename_in_directory, STAFF, DEPARTMENTS, listed.listed_id, "Sales")

    assert parley.store.writes == writes


def test_only_the_case_of_a_name_may_change(parley):
    listed = add(parley, "sales")

    do(parley, rename_in_directory, STAFF, DEPARTMENTS, listed.listed_id, "Sales")

    assert names(parley) == ["Sales"]


@pytest.mark.parametrize(
    ("name", "code"),
    [("", "missing"), ("x" * 101, "too_long"), ("a\x00b", "odd_characters"), ("sALES", "taken")],
)
def test_a_name_that_cannot_be_accepted_is_refused(parley, name, code):
    add(parley, "Sales")
    legal = add(parley, "Legal")

    for use_case, given, more in (
        (add_to_directory, (), {"key": ""}),
        (rename_in_directory, (legal.listed_id,), {}),
    ):
        with pytest.raises(InvalidInput) as problem:
            do(parley, use_case, STAFF, DEPARTMENTS, *given, name, **more)
        assert refused(problem) == ("name", code)
    assert names(parley) == ["Legal", "Sales"]


def test_a_department_and_a_designation_may_have_one_name(parley):
    add(parley, "Design", DirectoryPart.DEPARTMENTS)
    add(parley, "Design", DirectoryPart.DESIGNATIONS)

    assert names(parley, DirectoryPart.DESIGNATIONS) == ["Design"]


def test_there_are_at_most_200_of_each(parley):
    directory = Directory(
        ORGANIZATION.organization_id,
        version=1,
        departments={new_id(): f"Department {number}" for number in range(MOST_NAMES - 1)},
    )
    parley.directories.replace(directory, an_entry())
    last = add(parley, "The last")

    with pytest.raises(InvalidInput) as problem:
        add(parley, "One more")

    assert refused(problem) == ("name", "too_many")
    do(parley, rename_in_directory, STAFF, DEPARTMENTS, last.listed_id, "Still the last")


def test_the_same_key_adds_once(parley):
    first = add(parley, "Sales", key="k")
    again = add(parley, "sales", key="k")

    assert again == first
    assert names(parley) == ["Sales"]
    with pytest.raises(IdempotencyKeyReused):
        add(parley, "Legal", key="k")


def test_what_is_not_there_is_neither_renamed_nor_removed(parley):
    designation = add(parley, "Designer", DirectoryPart.DESIGNATIONS)

    with pytest.raises(NotInDirectory):
        do(parley, rename_in_directory, STAFF, DEPARTMENTS, designation.listed_id, "x")
    with pytest.raises(NotInDirectory):
        do(parley, remove_from_directory, STAFF, DEPARTMENTS, designation.listed_id)


def test_a_name_is_found_or_added(parley):
    sales = add(parley, "Sales")

    found = do(parley, listed_under, STAFF, DEPARTMENTS, " SALES ")
    added = do(parley, listed_under, STAFF, DEPARTMENTS, "Legal")

    assert found == sales
    assert names(parley) == ["Legal", "Sales"]
    assert added == Listed(added.listed_id, "Legal")


def test_members_see_the_directory_and_change_nothing(parley):
    listed = add(parley, "Sales")

    for use_case, given, more in (
        (add_to_directory, ("Legal",), {"key": ""}),
        (rename_in_directory, (listed.listed_id, "Legal"), {}),
        (remove_from_directory, (listed.listed_id,), {}),
    ):
        with pytest.raises(NotAllowed):
            do(parley, use_case, BEN, DEPARTMENTS, *given, **more)
    assert names(parley) == ["Sales"]
