"""Signing in with Google at the stand-in, as a browser and an app do it."""

import base64
from datetime import timedelta
from html import unescape
from http import HTTPStatus
from re import findall
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
import requests

from dev.providers.faults import Fault, Kind
from dev.providers.google.oauth import challenge_of
from dev.providers.google.world import CLIENT_ID, CLIENT_SECRET
from tests.support.google import AIKO, REDIRECT_URI, REN, SCOPES

VERIFIER = "a-verifier-that-nobody-else-knows-0123456789"
HOUR = timedelta(hours=1)
FREE_BUSY = "https://www.googleapis.com/auth/calendar.events.freebusy"


def asking(**changes):
    """Return the query with which Parley sends a browser to Google."""
    query = {
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "response_type": "code",
        "scope": " ".join(SCOPES),
        "state": "s1",
        "nonce": "n1",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
        "access_type": "offline",
        "login_hint": AIKO,
    }
    return {name: value for name, value in (query | changes).items() if value is not None}


@pytest.fixture
def browser():
    with requests.Session() as session:
        yield session


class Person:
    """Somebody at a browser, and the app behind it."""

    def __init__(self, google, browser):
        self.origin = google.origin
        self._browser = browser

    def open(self, **changes):
        address = f"{self.origin}/o/oauth2/v2/auth?{urlencode(asking(**changes))}"
        return self._browser.get(address, allow_redirects=False, timeout=5)

    def choose(self, page, email):
        links = [unescape(each) for each in findall(r'href="(/o/[^"]+)"', page.text)]
        (link,) = [each for each in links if f"authuser={email}" in each]
        return self._browser.get(f"{self.origin}{link}", allow_redirects=False, timeout=5)

    def decide(self, page, decision="allow", *, without=()):
        (action,) = findall(r'action="([^"]+)"', page.text)
        scopes = [each for each in scopes_on(page) if each not in without]
        return self._browser.post(
            f"{self.origin}{unescape(action)}",
            data={"decision": decision, "scope": scopes},
            allow_redirects=False,
            timeout=5,
        )

    def allow(self, **changes):
        """Go all the way; return the answer in the address that the app is called back with."""
        page = self.open(**changes)
        return answer_in(page if page.status_code == HTTPStatus.SEE_OTHER else self.decide(page))

    def redeem(self, code, **changes):
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "code_verifier": VERIFIER,
        }
        return self.ask("token", **(form | changes))

    def refresh(self, refresh_token):
        return self.ask("token", grant_type="refresh_token", refresh_token=refresh_token)

    def ask(self, path, **form):
        client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        return self._browser.post(f"{self.origin}/{path}", data=client | form, timeout=5)


@pytest.fixture
def person(google, browser):
    return Person(google, browser)


def scopes_on(page):
    return findall(r'name="scope" value="([^"]+)"', page.text)


def answer_in(redirect):
    assert redirect.status_code == HTTPStatus.SEE_OTHER, redirect.text
    address = urlsplit(redirect.headers["Location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == REDIRECT_URI
    return {name: value for name, (value,) in parse_qs(address.query).items()}


def refusal(answer):
    return answer.status_code, answer.json()["error"]


def test_whoever_allows_it_comes_back_with_a_code_that_gives_tokens_once(person):
    page = person.open()
    assert AIKO in page.text
    answer = answer_in(person.decide(page))

    assert answer.keys() == {"state", "iss", "code", "scope", "authuser", "prompt"}
    assert (answer["state"], answer["iss"]) == ("s1", person.origin)
    tokens = person.redeem(answer["code"]).json()
    assert tokens["token_type"] == "Bearer"
    assert set(tokens["scope"].split()) == set(SCOPES)
    assert 0 < tokens["expires_in"] <= 3600
    assert refusal(person.redeem(answer["code"])) == (400, "invalid_grant")


def test_the_id_token_says_who_it_is_and_is_signed_with_a_published_key(google, person):
    id_token = person.redeem(person.allow()["code"]).json()["id_token"]
    configuration = requests.get(
        f"{google.origin}/.well-known/openid-configuration", timeout=5
    ).json()

    key = jwt.PyJWKClient(configuration["jwks_uri"]).get_signing_key_from_jwt(id_token)
    claims = jwt.decode(
        id_token,
        key,
        ["RS256"],
        audience=CLIENT_ID,
        options={"verify_exp": False, "verify_iat": False},
    )

    account = google.world.state.accounts[AIKO]
    assert claims.items() >= {
        ("iss", configuration["issuer"]),
        ("sub", account.subject),
        ("email", AIKO),
        ("email_verified", True),
        ("hd", "hanami.example"),
        ("nonce", "n1"),
        ("exp", int((google.clock.now + HOUR).timestamp())),
    }


def test_a_browser_without_a_known_account_chooses_one(person):
    for changes in ({"login_hint": None}, {"prompt": "select_account"}):
        page = person.open(**changes)
        assert AIKO in page.text
        assert REN in person.choose(page, REN).text


def test_whoever_says_no_comes_back_with_that(person):
    assert answer_in(person.decide(person.open(), "deny")) == {
        "error": "access_denied",
        "state": "s1",
        "iss": person.origin,
    }


def test_a_scope_that_is_not_ticked_is_not_granted(person):
    answer = answer_in(person.decide(person.open(), without=[FREE_BUSY]))

    granted = set(SCOPES) - {FREE_BUSY}
    assert set(answer["scope"].split()) == granted
    assert set(person.redeem(answer["code"]).json()["scope"].split()) == granted


def test_a_single_scope_has_nothing_to_tick(person):
    page = person.open(scope=f"openid email {FREE_BUSY}")

    assert 'type="checkbox"' not in page.text
    assert FREE_BUSY in answer_in(person.decide(page))["scope"]


def test_a_refresh_token_comes_with_the_first_consent_and_with_a_repeated_one(person):
    first = person.redeem(person.allow()["code"]).json()
    again = person.redeem(person.allow()["code"]).json()
    asked_anew = person.redeem(person.allow(prompt="consent")["code"]).json()
    online = person.redeem(person.allow(prompt="consent", access_type=None)["code"]).json()

    given = ["refresh_token" in each for each in (first, again, asked_anew, online)]
    assert given == [True, False, True, False]


def test_scopes_are_added_to_those_granted_before_if_the_app_says_so(person):
    person.allow(scope=f"openid {FREE_BUSY}")

    alone = person.allow(scope="openid email")
    together = person.allow(scope="openid email", include_granted_scopes="true")

    assert FREE_BUSY not in alone["scope"]
    assert FREE_BUSY in together["scope"]


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_id": "somebody"}, 401, "invalid_client"),
        ({"redirect_uri": f"{REDIRECT_URI}/"}, 400, "redirect_uri_mismatch"),
        ({"redirect_uri": None}, 400, "redirect_uri_mismatch"),
        ({"response_type": "token"}, 400, "invalid_request"),
        ({"code_challenge": None}, 400, "invalid_request"),
        ({"code_challenge_method": "plain"}, 400, "invalid_request"),
        ({"scope": "openid everything"}, 400, "invalid_scope"),
        ({"scope": None}, 400, "invalid_scope"),
    ],
)
def test_what_an_app_may_not_ask_for_ends_on_a_page_of_googles(person, changes, status, error):
    page = person.open(**changes)

    assert page.status_code == status
    assert f"Error {status}: {error}" in page.text


def test_a_workspace_may_keep_the_app_out(google, person):
    tokens = person.redeem(person.allow()["code"]).json()
    google.world.block(AIKO)

    page = person.open()

    assert "Error 400: admin_policy_enforced" in page.text
    refused = person.refresh(tokens["refresh_token"])
    assert refusal(refused) == (400, "admin_policy_enforced")
    google.world.block(AIKO, None)
    assert person.refresh(tokens["refresh_token"]).ok


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"code_verifier": "another"}, 400, "invalid_grant"),
        ({"code_verifier": None}, 400, "invalid_grant"),
        ({"redirect_uri": "http://localhost:8080/elsewhere"}, 400, "redirect_uri_mismatch"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_a_code_is_redeemed_by_who_asked_for_it_only(person, changes, status, error):
    code = person.allow()["code"]

    assert refusal(person.redeem(code, **changes)) == (status, error)
    assert refusal(person.redeem("4/never")) == (400, "invalid_grant")


def test_a_code_lasts_ten_minutes(google, person):
    code = person.allow()["code"]
    google.clock.pass_by(timedelta(minutes=10))

    assert refusal(person.redeem(code)) == (400, "invalid_grant")


def test_an_app_may_say_who_it_is_in_a_header(google, person):
    pair = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    tokens = person.redeem(person.allow()["code"]).json()
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}

    def refreshing(authorization):
        headers = {"Authorization": authorization}
        return requests.post(f"{google.origin}/token", form, headers=headers, timeout=5)

    assert refreshing(f"Basic {pair}").ok
    assert refusal(refreshing("Basic nonsense!")) == (401, "invalid_client")


def test_revoking_any_token_ends_all_that_the_account_has_granted(person):
    first = person.redeem(person.allow()["code"]).json()
    second = person.redeem(person.allow(prompt="consent")["code"]).json()

    assert person.ask("revoke", token=first["access_token"]).ok

    assert refusal(person.refresh(second["refresh_token"])) == (400, "invalid_grant")
    assert refusal(person.ask("revoke", token=first["access_token"])) == (400, "invalid_token")
    assert "Allow" in person.open().text


def test_the_hundred_and_first_refresh_token_ends_the_first(google, person):
    tokens = [google.world.sign_in(AIKO, *SCOPES).refresh_token for _ in range(101)]

    assert [person.refresh(each).ok for each in tokens[:2]] == [False, True]


def test_a_fault_of_the_token_endpoint_hits_one_account(google, person):
    aiko, ren = (google.world.sign_in(each, *SCOPES).refresh_token for each in (AIKO, REN))
    google.world.faults.switch_on(
        Fault(Kind.REFUSED, 400, "invalid_grant"), account=AIKO, endpoint="oauth.token"
    )

    assert refusal(person.refresh(aiko)) == (400, "invalid_grant")
    assert person.refresh(ren).ok
