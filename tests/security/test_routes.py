"""What holds for every route: who gets in, and what is written, told and logged.

S1, S2, S3, S9 and S11 of the promises.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from dev.build.template import expanded
from handlers.wiring import adapters
from tests.security.cast import Caller
from tests.security.matrix import Matrix, Visit, Whose
from tests.security.routes import (
    GUEST_FIELDS,
    HANDS_OUT_A_LINK,
    HANDS_OUT_A_SESSION,
    PAGES_WITH_A_TOKEN,
    ROUTES,
    ROWS,
    SHOWS_A_LINK,
    Row,
    filled,
)
from tests.support.deployment import GOOGLE, LINK_KEY, ZOOM
from tests.support.in_process import ORIGIN
from tests.support.request_counter import counted_requests

TOKEN = re.compile(r"s1\.[0-9a-z]{1,8}\.[\w-]{22}\.[\w-]{43}|u1(?:\.\w+){5}\.[\w-]{43}")
"""Of a link with a record, and of one to unsubscribe."""
COOKIE = re.compile(r"^__Host-([\w-]+)=([^;]+)")

OUTSIDERS = {Caller.ANONYMOUS, Caller.GUEST, Caller.EXTERNAL}

HSTS = {"strict-transport-security": "max-age=31536000; includeSubDomains"}
JSON = {"cache-control": "no-store", "x-content-type-options": "nosniff", **HSTS}
PAGE = JSON | {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "same-origin",
}
TOKEN_PAGE = PAGE | {"referrer-policy": "no-referrer", "x-robots-tag": "noindex, nofollow"}
ASSET = JSON | {"cache-control": "public, max-age=31536000, immutable"}

ANYBODYS_PAGES = {
    "/sign-in",
    "/sign-up",
    "/l/{sign_in_token}",
    "/l/{sign_up_token}",
}
"""They belong to no organization, as refusals do: the browser says in which language they are."""

FILES_ABOUT_PEOPLE = {"/api/data/exports", "/console/settings/data/export"}
PERSON_FILE = {
    "content-type": "application/json",
    "content-disposition": 'attachment; filename="person.json"',
}
CSV_NAMES = {
    "/api/availability-grid.csv": "availability.csv",
    "/console/integrations/members.csv": "connections.csv",
    "/console/team.csv": "members.csv",
    "/console/team/import/template.csv": "members-template.csv",
}
"""What files are called that have another name than the last part of their path."""

SENT_ON = JSON | {
    "content-type": "text/html; charset=utf-8",
    "referrer-policy": "no-referrer",
}
"""What browsers get between a provider and us: nothing to look at."""

TO_PROVIDERS = {
    "content-security-policy": PAGE["content-security-policy"].replace(
        "form-action 'self'", f"form-action 'self' {GOOGLE} {ZOOM}"
    ),
}
"""For the page with forms that lead to a sign-in elsewhere."""

WRITES_WITH_A_GET = {"GET /connections/{provider}/callback"}
"""A provider sends browsers back with a GET (RFC 6749 section 4.1.2): it writes only with a state
that was given to the same session, once, within ten minutes."""

TO_A_PROVIDER = {"POST /connections/{platform}/start": GOOGLE}
"""Where those are sent who asked to sign in elsewhere."""

OF_ONE_ANSWER = {"content-length", "location", "set-cookie"}


@pytest.fixture(scope="module", params=ROWS, ids=str)
def row(request) -> Row:
    return request.param


@pytest.fixture(scope="module")
def visits(matrix: Matrix, row: Row) -> list[Visit]:
    return matrix.visits(row)


def test_s2_the_list_of_routes_is_the_templates():
    assert {
        (function, row.route) for function, rows in ROUTES.items() for row in rows
    } == routes_of_template()


def routes_of_template() -> set[tuple[str, str]]:
    """Return the routes in the expanded template, with the function that each is sent to."""
    resources = expanded(BaseUrl="https://book.example.org", SendingDomain="example.org")[
        "Resources"
    ]
    return {
        (function_of(operation), f"{method.upper()} {path}")
        for path, methods in resources["HttpApi"]["Properties"]["Body"]["paths"].items()
        for method, operation in methods.items()
    }


def function_of(operation: dict[str, Any]) -> str:
    address = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
    return re.search(r"\$\{(\w+)Aliaslive\}", address)[1]


def test_s1_whom_a_route_is_for_gets_in_and_nobody_else(row, visits):
    assert [str(visit) for visit in visits if not is_answered_right(row, visit)] == []


def test_s1_whoever_is_turned_away_has_changed_nothing(row, visits):
    assert [str(visit) for visit in visits if not is_let_in(row, visit) and visit.has_written] == []


def test_s1_t1_what_is_anothers_looks_like_what_never_was(row, visits):
    foreign = [visit for visit in visits if visit.whose is Whose.FOREIGN]
    missing = [visit for visit in visits if visit.whose is Whose.MISSING]

    for one, other in zip(foreign, missing, strict=True):
        if not is_let_in(row, one):
            assert one.looks == other.looks, str(one)


def test_s1_whoever_has_no_right_cannot_tell_what_there_is(row, visits):
    for caller in OUTSIDERS - row.who:
        answers = [visit for visit in visits if visit.caller == caller]

        assert all(visit.looks == answers[0].looks for visit in answers), caller


def test_s1_no_answer_tells_about_another_organization(matrix, row, visits):
    for visit in visits:
        if not (row.is_open and is_let_in(row, visit)):
            told = {each for each in not_for(matrix, visit) if each in visit.everything_told}

            assert {each for each in told if each not in visit.sent} == set(), visit


def is_let_in(row: Row, visit: Visit) -> bool:
    """Tell whether the table has it that a visitor gets what they ask for."""
    is_ones_own = visit.whose is Whose.OWN
    is_open_to_all = row.is_open and visit.whose is Whose.FOREIGN and "token" not in visit.name
    return visit.caller in row.who and (is_ones_own or is_open_to_all)


def is_answered_right(row: Row, visit: Visit) -> bool:
    if is_let_in(row, visit):
        return visit.answer.status_code == row.status
    is_strange = visit.caller in row.who and visit.answer.status_code == row.strange
    return visit.is_turned_away or is_strange


def not_for(matrix: Matrix, visit: Visit) -> frozenset[str]:
    """Return the names, addresses and identifiers that an answer must not have."""
    strangers = matrix.strangers_of(visit.caller).personal
    is_refused_outsider = visit.caller in OUTSIDERS and visit.is_turned_away
    return strangers | matrix.home.personal if is_refused_outsider else strangers


READ = [row for row in ROWS if row.only_reads and row.route not in WRITES_WITH_A_GET]


@pytest.mark.parametrize("row", READ, ids=str)
def test_s3_looking_with_everything_a_form_has_writes_nothing(matrix, row):
    for caller in row.who:
        with counted_requests(adapters()._client) as requests:
            visit = matrix.visit(row, caller, more=fields_of_all_forms(matrix, caller))

        assert (visit.answer.status_code, visit.has_written) == (row.status, False), str(visit)
        assert requests.keys() <= {"GetItem", "BatchGetItem", "Query"}


def fields_of_all_forms(matrix: Matrix, caller: Caller) -> dict[str, str]:
    """Return each name that stands in a body somewhere, with a value from there."""
    things = matrix.things_of(caller)
    return {
        name: str(filled(value, things))
        for row in ROWS
        if isinstance(row.body, dict) and not row.only_reads
        for name, value in row.body.items()
    }


def test_s9_every_answer_has_its_headers(row, visits):
    for visit in visits:
        headers = visit.answer.headers
        kept = {name: headers[name] for name in headers if name not in OF_ONE_ANSWER}

        assert kept == headers_for(row, visit), str(visit)


def headers_for(row: Row, visit: Visit) -> dict[str, str]:
    status, path = visit.answer.status_code, row.path
    if path in FILES_ABOUT_PEOPLE and status == 200:
        kept = JSON if path.startswith("/api/") else PAGE
        return kept | PERSON_FILE
    if path.startswith("/api/"):
        return JSON | content_type_of_api(path, status)
    if path.startswith("/static/") and status == 200:
        return ASSET | {"content-type": "text/css; charset=utf-8"}
    if path.endswith(".csv") and status == 200:
        return PAGE | csv_headers(path)
    if path.startswith(("/connections/", "/notifications/")):
        return SENT_ON if path.startswith("/connections/") else JSON
    leads_to_link = "/l/" in visit.answer.headers.get("location", "")
    holds_token = path.startswith(PAGES_WITH_A_TOKEN) or leads_to_link or status == 404
    is_anybodys = path in ANYBODYS_PAGES if status == 200 else status in {403, 404, 410}
    return {
        **(TOKEN_PAGE if holds_token else PAGE),
        **(TO_PROVIDERS if path == "/console/integrations" and status == 200 else {}),
        "content-type": "text/html; charset=utf-8",
        **({"vary": "Accept-Language"} if is_anybodys else {}),
    }


def content_type_of_api(path: str, status: int) -> dict[str, str]:
    if status == 204:
        return {}
    if status >= 400:
        return {"content-type": "application/problem+json"}
    return csv_headers(path) if path.endswith(".csv") else {"content-type": "application/json"}


def csv_headers(path: str) -> dict[str, str]:
    name = CSV_NAMES.get(path, path.rpartition("/")[2])
    return {
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": f'attachment; filename="{name}"',
    }


def test_t36_nobody_is_sent_anywhere_else(row, visits):
    for visit in visits:
        location = visit.answer.headers.get("location", "/").removeprefix(ORIGIN)
        if is_let_in(row, visit):
            location = location.removeprefix(TO_A_PROVIDER.get(row.route, ""))

        assert re.match(r"/(?!/)", location), str(visit)


def test_s11_links_and_sessions_are_told_only_to_whom_they_are_made_for(matrix, row, visits):
    for visit in visits:
        told, known = visit.everything_told, visit.sent
        if is_let_in(row, visit) and row.route in SHOWS_A_LINK:
            known += matrix.things_of(visit.caller)[SHOWS_A_LINK[row.route]]
        for secret in secrets_of(matrix):
            assert secret not in told or secret in known, str(visit)
        if not (is_let_in(row, visit) and row.route in HANDS_OUT_A_LINK):
            assert all(token in known for token in TOKEN.findall(told)), str(visit)
        if not (is_let_in(row, visit) and row.route in HANDS_OUT_A_SESSION):
            assert "session" not in new_cookies(visit), str(visit)


def test_s11_t43_no_secret_and_nobodys_name_is_logged(matrix, visits):
    names = {each for each in matrix.home.personal | matrix.other.personal if set(" @") & set(each)}
    never = names | secrets_of(matrix) | set(GUEST_FIELDS.values())
    for visit in visits:
        log = visit.log

        assert [each for each in never if each in log] == [], log
        assert TOKEN.findall(log) == []
        assert [value for value in new_cookies(visit).values() if value in log] == [], log


def secrets_of(matrix: Matrix) -> set[str]:
    """Return what opens doors: the key, links, sessions, and addresses of linked calendars."""
    return {LINK_KEY} | matrix.home.secrets | matrix.other.secrets


def new_cookies(visit: Visit) -> dict[str, str]:
    """Return the cookies that an answer sets, without those that it ends."""
    set_cookies = map(COOKIE.match, visit.answer.headers.get_list("set-cookie"))
    return {cookie[1]: cookie[2] for cookie in set_cookies if cookie}


def test_s16_t43_every_line_of_the_log_is_one_object(visits):
    lines = [line for visit in visits for line in visit.log.splitlines()]

    assert all(json.loads(line).keys() >= {"level", "message"} for line in lines)


@pytest.mark.parametrize("route", ["POST /api/sign-in-requests", "POST /sign-in"])
def test_s11_a_sign_in_code_is_shown_and_never_logged(matrix, route):
    [row] = [row for row in ROWS if row.route == route]

    visit = matrix.visit(row, Caller.ANONYMOUS)

    [code] = re.findall(r"\b[0-9A-HJKMNP-TV-Z]{4}-?[0-9A-HJKMNP-TV-Z]{4}\b", visit.answer.text)
    assert code not in visit.log
    assert code.replace("-", "") not in visit.log
