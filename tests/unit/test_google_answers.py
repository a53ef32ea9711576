"""What Google's answers mean that are no success: the odd ones, which no stand-in gives."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from scheduling.adapters.google.answers import Refused, failure, retry_after
from scheduling.provider_ports import ProviderUnavailable

NOON = "Mon, 05 Oct 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("asked", "pause"),
    [
        ("90", timedelta(seconds=90)),
        ("Mon, 05 Oct 2026 12:01:30 GMT", timedelta(seconds=90)),
        ("Mon, 05 Oct 2026 11:00:00 GMT", timedelta(0)),
        ("Mon, 05 Oct 2026 12:01:30 -0000", None),
        ("-1", None),
        ("1.5", None),
        ("9" * 20, None),
        ("٣", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_server_asks_for_seconds_or_until_a_date_by_its_own_clock(asked, pause):
    assert retry_after({"retry-after": asked, "date": NOON}) == pause


def test_without_the_servers_clock_a_date_says_nothing():
    assert retry_after({"retry-after": NOON}) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"\xff", b"[]", b'"no"', b'{"error": "no"}', b'{"error": {"errors": []}}'],
)
def test_a_refusal_without_a_reason_may_pass(content):
    refused = failure(403, {}, content)

    assert isinstance(refused, ProviderUnavailable)
    assert refused.reason == "http_403"


def test_a_refusal_keeps_nothing_of_what_google_wrote():
    content = json.dumps({"error": {"errors": [{"reason": "forbidden"}], "message": "canary"}})

    refused = failure(403, {}, content.encode())

    assert isinstance(refused, Refused)
    assert vars(refused) == {"status": 403}
