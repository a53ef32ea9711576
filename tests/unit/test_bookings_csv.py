"""What guests type stays text in the table that staff opens in a spreadsheet (S16, T25)."""

import csv
import io
from dataclasses import replace
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from handlers.bookings_csv import csv_of
from scheduling.domain.booking import Answer
from tests.support.builders import a_booking, a_guest, an_external_member, between
from tests.unit.pages.test_injection import CORPUS

FORMULAS = [
    f"{start}{rest}"
    for start, rest in product(
        ["=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＋", "－", "＠"],  # noqa: RUF001
        ['HYPERLINK("https://evil.example")', "cmd|'/C calc'!A1", "1+1", "SUM(A1:A9)", "A1"],
    )
]
BREAKS = ['"', '""', ",", '",', "\r\n", '"\r\n=1', ";", "\x00", "\ufeff"]


def table_with(words):
    """Return the rows of a table in which `words` stand wherever somebody can type."""
    booking = a_booking(an_external_member(), between("14:00", "14:30"), a_guest())
    typed = replace(
        booking,
        title=words,
        location=words,
        guest=replace(booking.guest, name=words, email=words, note=words),
        other_guests=(words, words),
        answers=(Answer(words, words),),
        reason=words,
    )
    text = csv_of([typed, booking], ZoneInfo("Asia/Tokyo"))
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.mark.parametrize("words", FORMULAS)
def test_s16_no_cell_is_a_formula(words):
    for row in table_with(words):
        assert not [cell for cell in row if cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))]  # noqa: RUF001


def test_s16_whatever_is_typed_the_table_has_its_rows_and_columns():
    for words in [*CORPUS, *FORMULAS, *BREAKS]:
        header, typed, harmless = table_with(words)

        assert len(typed) == len(harmless) == len(header), words
