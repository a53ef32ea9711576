"""The log is complete, worded, and added to only."""

import ast
from pathlib import Path

import pytest

from handlers.pages.activity_words import ACTIVITIES
from scheduling.domain.audit import SUBJECT_KINDS, Activity

SCHEDULING = Path(__file__).parents[2] / "functions" / "scheduling"
KEYS = SCHEDULING / "adapters" / "dynamodb" / "keys.py"
LOG = SCHEDULING / "adapters" / "dynamodb" / "audit_log.py"
CHANGING = {"to_put", "to_update", "update", "to_delete", "delete_item", "put_item", "update_item"}


def attributes(path: Path, owner: str) -> set[str]:
    """Return what a file takes from a name, such as `SIGNED_IN` from `Activity`."""
    return {
        node.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == owner
    }


WRITTEN = {
    name for path in SCHEDULING.glob("use_cases/*.py") for name in attributes(path, "Activity")
}


@pytest.mark.parametrize("activity", Activity)
def test_each_activity_is_written_by_a_use_case(activity):
    assert activity.name in WRITTEN


def test_each_activity_has_words_and_tells_what_it_is_done_to():
    assert set(ACTIVITIES) == set(Activity)
    assert set(SUBJECT_KINDS) == set(Activity)


def test_no_code_changes_or_removes_an_entry():
    """Only the log's adapter can name the key of an entry, and all it does is to put new ones."""
    knowing = {
        path
        for path in SCHEDULING.rglob("*.py")
        if path != KEYS and {"entry", "entries"} & attributes(path, "keys")
    }
    called = {
        node.func.attr
        for node in ast.walk(ast.parse(LOG.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }

    assert KEYS.read_text().count("#AU") == 2, "in the table of keys, and where it is built"
    assert knowing == {LOG}
    assert called & CHANGING == set()
    assert {"put_new", "to_put_new"} <= called
