"""Nothing that a request says chooses an organization (T2): the session does, or the link."""

import pytest

from handlers.sessions import SESSION_COOKIE
from tests.security.cast import Caller
from tests.security.routes import ROWS
from tests.support.in_process import client

FIELDS = ("organization_id", "organization", "tenant_id", "tenant", "org", "slug")
HEADERS = ("Host", "X-Forwarded-Host", "X-Original-Host", "X-Organization-Id", "X-Tenant-Id")

READ = [row for row in ROWS if row.only_reads and row.path.startswith("/api/") and not row.is_open]
"""The pages find out in the same way who asks."""
BY_CALLER = [
    (caller, row)
    for caller in (Caller.ADMIN, Caller.EXTERNAL, Caller.GUEST)
    for row in READ
    if caller in row.who
]


@pytest.mark.parametrize(("caller", "row"), BY_CALLER, ids=str)
def test_t2_no_field_chooses_an_organization(matrix, caller, row):
    theirs = dict.fromkeys(FIELDS, matrix.other.things["organization_id"])

    plain, claimed = matrix.visit(row, caller), matrix.visit(row, caller, more=theirs)

    assert claimed.looks == plain.looks


@pytest.mark.parametrize("path", ["/api/sessions/current", "/api/members", "/console/team"])
def test_t2_no_header_chooses_an_organization(matrix, path):
    with client() as browser:
        browser.headers["cookie"] = f"{SESSION_COOKIE}={matrix.home.credentials[Caller.ADMIN]}"
        plain = browser.get(path).text
        for header in HEADERS:
            claim = {header: f"{matrix.other.things['organization_id']}.parley.example"}
            assert browser.get(path, headers=claim).text == plain, header
