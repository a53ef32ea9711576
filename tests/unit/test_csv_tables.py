"""What people type stays text in every table that a spreadsheet opens (S16, T25)."""

import csv
import io

from handlers.csv_tables import csv_table
from tests.unit.pages.test_injection import CORPUS
from tests.unit.test_bookings_csv import BREAKS, FORMULAS


def test_s16_t25_no_payload_is_a_formula_or_moves_a_cell_in_any_table():
    typed = [*CORPUS, *FORMULAS, *BREAKS]

    text = csv_table(["Name", "E-mail"], ([words, "mia@guest.example"] for words in typed))

    header, *rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert header == ["Name", "E-mail"]
    assert [row[0].removeprefix("'") for row in rows] == [w.removeprefix("'") for w in typed]
    assert [row[1:] for row in rows] == [["mia@guest.example"]] * len(typed)
    assert not [row[0] for row in rows if row[0].startswith(tuple("=+-@\t\r\n＝＋－＠"))]  # noqa: RUF001
