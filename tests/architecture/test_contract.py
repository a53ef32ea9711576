"""The contract names tests that there are, and each of its lines has one of its own."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT / "docs/contract.md"
ROW = re.compile(r"^\| ([A-Z]\d+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
TEST = re.compile(r"\[(test_\w+)\]\(\.\./(tests/[\w/]+\.py)\)")
LATER = "with integrations"

ROWS = {row: tests for row, _, tests in ROW.findall(CONTRACT.read_text())}


def numbered(letter: str, *spans: tuple[int, int]) -> set[str]:
    return {f"{letter}{number}" for first, last in spans for number in range(first, last + 1)}


PROMISED = (
    numbered("A", (1, 30))
    | numbered("B", (6, 10), (15, 16), (20, 22))
    | numbered("C", (1, 30), (32, 33), (35, 41))
    | numbered("E", (1, 2), (6, 9))
    | numbered("T", (1, 45))
    | numbered("S", (1, 16), (18, 18))
)


def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def proves(test: str, row: str) -> bool:
    """Tell whether a test has a row's id at the beginning of its name; T8 may be written t08."""
    letter, number = row[0].lower(), int(row[1:])
    return re.match(rf"test_(?:[a-z]\d+_)*{letter}0?{number}_", test) is not None


def test_every_promise_has_a_line_and_no_other():
    assert set(ROWS) == PROMISED


@pytest.mark.parametrize("row", ROWS)
def test_a_line_names_tests_that_exist_and_carry_its_id(row):
    named = TEST.findall(ROWS[row])

    assert named or ROWS[row] == LATER
    assert [test for test, path in named if test not in functions_of(path)] == []
    assert [test for test, _ in named if not proves(test, row)] == []
