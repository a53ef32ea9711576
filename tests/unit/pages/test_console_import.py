"""Members from a file in the console: checked first, imported once somebody says so."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from scheduling.domain.member_imports import COLUMNS, ImportState
from tests.support.builders import ORGANIZATION

if TYPE_CHECKING:
    from tests.unit.pages.site import Answer, Browser, Site

ORG = ORGANIZATION.organization_id
NEW = "/console/team/import"


def upload(browser: Browser, content: str | bytes, name: str = "file") -> Answer:
    """Send a file as a browser does (RFC 7578)."""
    raw = content.encode() if isinstance(content, str) else content
    body = (
        f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="team.csv"\r\n'
        "Content-Type: text/csv\r\n\r\n"
    ).encode() + raw
    headers = {"content-type": "multipart/form-data; boundary=b"}
    return browser.send("POST", NEW, body + b"\r\n--b--\r\n", headers)


def test_the_template_has_the_columns_that_are_taken(staff: Browser):
    answer = staff.get(f"{NEW}/template.csv")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    headings, example = csv.reader(io.StringIO(answer.body.removeprefix("\ufeff")))
    assert tuple(headings) == COLUMNS
    assert len(example) == len(COLUMNS)


def test_b8_a_file_is_checked_before_anything_is_done(staff: Browser, site: Site):
    invitations = dict(site.store.invitations)
    file = (
        "\ufeffemail,name,department,designation,manager\r\n"
        f"ana@x.example,Ana,Brand design,Designer,{site.ben.email}\r\n"
        f"{site.ben.email},Ben Okoro,,,\r\n"
        f"eva@x.example,Eva,Nowhere,Designer,{site.ben.email}\r\n"
    )

    answer = upload(staff, file)

    assert answer.status == 303, answer.body
    page = staff.get(answer.location).body
    for shown in ("To be invited", "To be changed", "department: There is no such department."):
        assert shown in page
    assert site.store.invitations == invitations
    assert site.store.members[ORG, site.ben.member_id] == site.ben


def test_b8_what_was_checked_is_imported_once_somebody_says_so(staff: Browser, site: Site):
    address = f"/console/team/imports/{site.checked_import.import_id}"

    answer = staff.post(address, {})
    again = staff.post(address, {})

    assert (answer.location, again.location) == (address, address)
    stored, _ = site.store.imports[site.checked_import.import_id]
    assert stored.state is ImportState.RUNNING
    assert "0 of 2 rows are done." in staff.get(address).body


def test_only_the_rows_that_are_wrong_are_shown_when_asked_for(staff: Browser, site: Site):
    page = staff.get(f"/console/team/imports/{site.checked_import.import_id}?outcome=error").body

    assert "nonsense" in page
    assert site.ben.email not in page


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        ("email,shoe size\n", 422, "shoe size"),
        ("email\n", 422, "nobody in this file"),
        ("", 422, "Column “email”"),
        (b"email\n\xff", 422, "UTF-8"),
        ("email\n" + "a@x.example\n" * 501, 413, "500 rows"),
    ],
)
def test_t24_a_file_that_cannot_be_taken_says_why(
    staff: Browser, site: Site, content: str | bytes, status: int, said: str
):
    writes = site.store.writes

    answer = upload(staff, content)

    assert answer.status == status
    assert said in answer.body
    assert site.store.writes == writes


def test_a_form_without_a_file_is_refused(staff: Browser):
    assert staff.post(NEW, {"file": "email"}).status == 400
    assert upload(staff, "email\n", name="other").status == 422
