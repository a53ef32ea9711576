"""What else a browser keeps for this origin is none of our business, whatever it is called."""

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from handlers.guest_browser import browser_marks
from handlers.sessions import SESSION_COOKIE, cookie

ODD = ["a/b=1", "{x}=1", "no value", "=nameless", "", 'open="quote', "é=1", "x" + SESSION_COOKIE]


@pytest.mark.parametrize("odd", ODD)
def test_odd_cookies_hide_none_of_ours(odd: str):
    event = APIGatewayProxyEventV2({"cookies": [odd, f"{SESSION_COOKIE}=s3cret==", odd]})

    assert cookie(event, SESSION_COOKIE) == "s3cret=="
    assert cookie(event, "__Host-sign-in") is None


def test_a_guest_is_known_whatever_a_cookie_is_called():
    kept = ["__Host-guest-{1}=odd", "__Host-guest-/", "__Host-guest-2=mark"]

    assert browser_marks(APIGatewayProxyEventV2({"cookies": kept})) == ["odd", "", "mark"]
