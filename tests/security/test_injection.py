"""Two hundred payloads in requests: none gets out of its line of the log (S16)."""

import json
from urllib.parse import quote

from handlers.pages.returning import START, return_path
from tests.security.matrix import captured_log
from tests.support.in_process import client
from tests.unit.pages.test_injection import CORPUS

AS_IN_A_LINE = '\r\n{"level":"INFO","message":"admin signed in"}'


def test_s16_t43_no_payload_adds_a_line_to_the_log(matrix):
    with client() as public, captured_log() as log:
        for payload in CORPUS:
            answer = public.get(
                f"/api/booking-pages/{quote(payload + AS_IN_A_LINE, safe='')}",
                params={"from": payload},
            )
            assert answer.status_code in {404, 422}
    matrix.tables.put_back()

    for line in log:
        assert "\n" not in line
        assert json.loads(line)["message"] != "admin signed in"


def test_s16_t36_no_payload_is_a_place_to_return_to():
    for payload in CORPUS:
        for asked in (payload, f"/console{payload}", f"//{payload}", f"/console/..{payload}"):
            assert return_path(asked) in {START, asked.encode("ascii", "ignore").decode()}
            assert not set(return_path(asked)) & set("<>\"'\\\r\n{}"), asked
