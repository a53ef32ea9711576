"""Nobody finds out who has an account by asking to sign in: S7 of the promises, threat T9."""

import re
import time
from statistics import median

import pytest

from handlers.wiring import adapters
from tests.security.cast import HANAMI
from tests.support.in_process import client

TIMES = 500
NOTICED = 0.005
"""In seconds."""
BEFORE_TABLES_GROW = 20
"""A transaction costs moto time that grows with what is stored."""

SAID_BACK = re.compile(r"[\w.-]+@[\w.-]+|\b[0-9A-HJKMNP-TV-Z]{4}-?[0-9A-HJKMNP-TV-Z]{4}\b")
"""An address that was typed, and the code, which is another one each time."""


def ask_as_program(public, address):
    return public.post("/api/sign-in-requests", json={"email": address})


def ask_as_browser(public, address):
    return public.post("/sign-in", data={"email": address})


@pytest.fixture
def asked(matrix, monkeypatch):
    """Somebody without cookies; afterwards nothing is left of what they asked for."""
    monkeypatch.setenv("RATE_LIMIT_FACTOR", str(TIMES))
    adapters.cache_clear()
    with client() as public:
        yield public
    adapters.cache_clear()
    matrix.tables.put_back()


@pytest.mark.parametrize("ask", [ask_as_program, ask_as_browser])
def test_s7_t9_known_and_unknown_addresses_get_the_same_answer(asked, ask):
    known, unknown = (
        ask(asked, address) for address in (HANAMI.address(HANAMI.admin), "nobody@people.example")
    )

    assert known.status_code == unknown.status_code
    assert SAID_BACK.sub("…", known.text) == SAID_BACK.sub("…", unknown.text)
    assert set(known.headers) == set(unknown.headers)


def test_s7_t9_known_and_unknown_addresses_take_the_same_time(matrix, asked, measured):
    addresses = [HANAMI.address(HANAMI.admin), "nobody@people.example"]
    seconds = {address: [] for address in addresses}

    # In turn, and without what else this machine does meanwhile: nothing here waits for a network.
    statuses = set()
    for number in range(TIMES):
        if number % BEFORE_TABLES_GROW == 0:
            matrix.tables.put_back()
        for address in addresses if number % 2 else reversed(addresses):
            began = time.thread_time()
            statuses.add(ask_as_program(asked, address).status_code)
            seconds[address].append(time.thread_time() - began)

    known, unknown = map(median, seconds.values())
    difference = abs(known - unknown)
    measured(
        f"{TIMES} known and {TIMES} unknown addresses:"
        f" medians {1000 * difference:.2f} ms from each other"
    )
    assert statuses == {202}
    assert difference < NOTICED
