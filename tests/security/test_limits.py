"""What a caller says about where they come from counts for nothing (T37)."""

import pytest

from scheduling.domain.rate_limits import HOLDS_PER_NETWORK_ADDRESS
from tests.security.routes import START
from tests.support.in_process import client

LIMIT = HOLDS_PER_NETWORK_ADDRESS.most


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_t37_other_addresses_in_headers_do_not_get_around_a_limit(matrix, header):
    path = f"/api/booking-pages/{matrix.home.things['slug']}/holds"

    with client() as public:
        statuses = [
            public.post(
                path, json={"start": START}, headers={header: f"198.51.100.{number}"}
            ).status_code
            for number in range(HOLDS_PER_NETWORK_ADDRESS.most + 1)
        ]
    matrix.tables.put_back()

    assert 429 not in statuses[:-1]
    assert statuses[-1] == 429
