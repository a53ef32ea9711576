"""What a caller says about where they come from counts for nothing (T37)."""

import pytest

from tests.security.routes import START
from tests.support.in_process import client

LIMIT = 3


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_t37_other_addresses_in_headers_do_not_get_around_a_limit(matrix, monkeypatch, header):
    monkeypatch.setenv("HOLDS_PER_ADDRESS", str(LIMIT))
    path = f"/api/booking-pages/{matrix.home.things['slug']}/holds"

    with client() as public:
        statuses = [
            public.post(
                path, json={"start": START}, headers={header: f"198.51.100.{number}"}
            ).status_code
            for number in range(LIMIT + 1)
        ]
    matrix.tables.put_back()

    assert 429 not in statuses[:-2]
    assert statuses[-1] == 429
