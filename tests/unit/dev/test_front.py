import asyncio
import json
from dataclasses import dataclass

import aiohttp
import pytest
from aiohttp import web
from multidict import CIMultiDictProxy
from yarl import URL

from dev.front import Front, aws_session, serving
from dev.mailbox import Mailbox
from dev.ports import free_ports


class CountingLink:
    """A sign-in link that says how often another one was asked for."""

    def __init__(self):
        self.renewals = 0

    async def unused(self):
        return f"http://localhost/l/link-{self.renewals}"

    def renew(self):
        self.renewals += 1


@dataclass
class Answer:
    status: int
    headers: CIMultiDictProxy[str]
    text: str


@dataclass
class Visitor:
    """A client that follows no redirect, of a front before an API."""

    client: aiohttp.ClientSession
    origin: str
    link: CountingLink

    async def ask(self, method, path, origin=None, **options):
        url = URL(f"{origin or self.origin}{path}", encoded=True)
        async with self.client.request(method, url, allow_redirects=False, **options) as answer:
            return Answer(answer.status, answer.headers, await answer.text())


@pytest.fixture
def visit(tmp_path):
    """Run a visitor's steps at a front whose API answers with a handler, or is down."""

    async def visiting(steps, handler):
        ports = free_ports()
        api = web.Application()
        if handler:
            api.router.add_route("*", "/{path:.*}", handler)
        link = CountingLink()
        everybody = aiohttp.TCPConnector(limit=0)
        async with aws_session() as aws, aiohttp.ClientSession(connector=everybody) as client:
            front = Front(ports, "abcd1234", Mailbox(tmp_path), link, aws).application()
            async with (
                serving(api, "127.0.0.1", ports.aws if handler else 0),
                serving(front, "localhost", ports.front),
            ):
                return await steps(Visitor(client, ports.origin, link))

    return lambda steps, handler: asyncio.run(visiting(steps, handler))


async def echo(request):
    """Answer with what a function would see."""
    response = web.json_response(
        {
            "method": request.method,
            "path": request.raw_path,
            "headers": dict(request.headers),
            "body": await request.text(),
        }
    )
    response.headers.add("Set-Cookie", "a=1; Path=/")
    response.headers.add("Set-Cookie", "b=2; Path=/")
    return response


def always(status, **options):
    async def handler(_):
        return web.Response(status=status, **options)

    return handler


def test_a_request_reaches_the_api_as_it_was_sent(visit):
    path = "/api/a%20b?from=x%2By&z=1&z=2"

    answer = visit(
        lambda guest: guest.ask("POST", path, data="body", headers={"X-Asked": "1"}), echo
    )

    seen = json.loads(answer.text)
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", path, "body")
    assert seen["headers"]["Host"] == "abcd1234.execute-api.localhost"
    assert seen["headers"]["X-Asked"] == "1"


def test_the_callers_address_is_appended_to_what_the_caller_says(visit):
    headers = {"X-Forwarded-For": "192.0.2.7"}

    answer = visit(lambda guest: guest.ask("GET", "/api/members", headers=headers), echo)

    assert json.loads(answer.text)["headers"]["X-Forwarded-For"] in {
        "192.0.2.7, 127.0.0.1",
        "192.0.2.7, ::1",
    }


def test_an_answer_comes_back_with_each_of_its_cookies(visit):
    answer = visit(lambda guest: guest.ask("GET", "/api/members"), echo)

    assert answer.headers.getall("Set-Cookie") == ["a=1; Path=/", "b=2; Path=/"]


def test_a_redirect_is_the_browsers_to_follow(visit):
    moved = always(303, headers={"Location": "/console"})

    answer = visit(lambda guest: guest.ask("POST", "/sign-in/finish"), moved)

    assert (answer.status, answer.headers["Location"]) == (303, "/console")


def test_a_head_is_answered_with_the_length_and_without_the_body(visit):
    answer = visit(lambda guest: guest.ask("HEAD", "/l/token"), always(200, text="12345"))

    assert (answer.headers["Content-Length"], answer.text) == ("5", "")


@pytest.mark.parametrize("path", ["/_ministack/reset", "/_dev/nothing", "/_aws/execute-api/x"])
def test_the_emulators_own_paths_are_out_of_reach(visit, path):
    assert visit(lambda guest: guest.ask("POST", path), echo).status == 404


def test_a_browser_that_comes_by_address_is_sent_to_the_origin(visit):
    async def come_by_address(guest):
        address = guest.origin.replace("localhost", "127.0.0.1")
        page = await guest.ask("GET", "/book/a?b=%2F", address)
        program = await guest.ask("GET", "/api/members", address)
        return page.status, page.headers["Location"].removeprefix(guest.origin), program.status

    assert visit(come_by_address, echo) == (307, "/book/a?b=%2F", 200)


def test_looking_at_the_sign_in_link_leaves_it_as_it_is(visit):
    async def look(guest):
        answers = [await guest.ask(method, "/_dev/sign-in") for method in ("GET", "HEAD", "GET")]
        return [(answer.status, answer.headers["Location"]) for answer in answers]

    assert visit(look, echo) == [(303, "http://localhost/l/link-0")] * 3


@pytest.mark.parametrize(("status", "renewals"), [(204, 1), (303, 1), (410, 0)])
@pytest.mark.parametrize("path", ["/api/sessions", "/sign-in/finish"])
def test_a_used_sign_in_link_is_followed_by_another_one(visit, path, status, renewals):
    async def sign_in(guest):
        await guest.ask("POST", path)
        return guest.link.renewals

    assert visit(sign_in, always(status)) == renewals


def test_a_thousand_callers_at_once_are_all_heard(visit):
    async def come_all_at_once(guest):
        return await asyncio.gather(
            *(guest.ask("POST", "/api/bookings", data="x") for _ in range(1000))
        )

    assert {answer.status for answer in visit(come_all_at_once, always(201))} == {201}


def test_a_dead_emulator_is_named(visit):
    answer = visit(lambda guest: guest.ask("GET", "/api/members"), None)

    assert answer.status == 502
    assert answer.text.startswith("The AWS emulator did not answer")
