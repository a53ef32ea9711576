"""Asking servers that strangers name for calendars (threat T35), on real sockets and real TLS.

The name leads to a public address, as the resolver of the test says; what is connected to that
address is a server on this machine.
"""

from __future__ import annotations

import asyncio
import gzip
import time
from contextlib import contextmanager

import pytest

from scheduling.adapters.https.calendar_servers import (
    MOST_BYTES,
    HttpsCalendarServers,
    addresses_of,
    is_public,
)
from scheduling.domain.feeds import FeedAddress, FeedAnswer, FeedFailure, FeedRequest
from tests.support.tls_server import Authority, tls_server

NAME = "calendar.example.org"
PUBLIC = "93.184.215.14"
FILE = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
OK = b"HTTP/1.1 200 OK\r\n"
PRIVATE = [
    "0.0.0.0",  # noqa: S104 - nothing is bound to it
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:808:808::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates"))


class Resolver:
    """Answers with one list of addresses after the other, the last one for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    async def __call__(self, name):
        self.asked.append(name)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Internet:
    """Connects to the server of the test, wherever one wants to go."""

    def __init__(self, port):
        self.port = port
        self.connected_to = []

    async def __call__(self, address, port, **how):
        self.connected_to.append((address, port))
        return await asyncio.open_connection("127.0.0.1", self.port, **how)


@pytest.fixture
def serving(authority):
    """Return a context manager: a server that answers so, and what asks it."""

    @contextmanager
    def serve(respond, *, certificate_for=NAME, is_over=False, resolver=None, **bounds):
        if isinstance(respond, bytes):
            respond = sending(respond)
        context = authority.context_for(certificate_for, is_over=is_over)
        with tls_server(respond, context) as server:
            internet = Internet(server.port)
            servers = HttpsCalendarServers(
                tls=authority.trusting(),
                lookup=resolver or Resolver([PUBLIC]),
                connect=internet,
                **bounds,
            )
            yield servers, server, internet

    return serve


def sending(*parts, pause=0.0):
    async def respond(_reader, writer):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)

    return respond


def asked(servers, path="/kenji/secret.ics?key=1", etag="", name=NAME):
    [answer] = servers.read_all([FeedRequest(FeedAddress(name, path), etag)])
    return answer


def with_body(body, *headers, status=OK):
    lines = [f"Content-Length: {len(body)}".encode(), *headers]
    return status + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


# What is asked, and of whom


def test_a_calendar_is_fetched_from_the_address_that_the_name_has(serving):
    with serving(with_body(FILE, b'ETag: "v1"')) as (servers, server, internet):
        answer = asked(servers)

    assert answer == FeedAnswer(FILE, '"v1"')
    assert internet.connected_to == [(PUBLIC, 443)]
    [head] = server.requests
    assert head.startswith(b"GET /kenji/secret.ics?key=1 HTTP/1.1\r\n")
    assert b"Host: calendar.example.org\r\n" in head
    assert b"Accept-Encoding: identity\r\n" in head


def test_a_calendar_that_has_not_changed_is_not_sent_again(serving):
    not_modified = b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n'
    with serving(not_modified) as (servers, server, _):
        answer = asked(servers, etag='"v1"')

    assert answer == FeedAnswer(None, '"v1"')
    assert b'If-None-Match: "v1"\r\n' in server.requests[0]


def test_not_modified_is_no_answer_to_who_knows_nothing_yet(serving):
    with serving(b"HTTP/1.1 304 Not Modified\r\n\r\n") as (servers, *_):
        assert asked(servers) is FeedFailure.REDIRECTED


def test_a_calendar_may_come_in_chunks_or_until_the_connection_ends(serving):
    chunked = OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"21\r\n" + FILE + b"\r\n0\r\n\r\n"
    with serving(chunked.replace(b"21\r\n", f"{len(FILE):x}\r\n".encode())) as (servers, *_):
        assert asked(servers) == FeedAnswer(FILE)
    with serving(b"HTTP/1.0 200 OK\r\n\r\n" + FILE) as (servers, *_):
        assert asked(servers) == FeedAnswer(FILE)


def test_several_servers_are_asked_at_the_same_time(serving):
    async def slowly(_reader, writer):
        await asyncio.sleep(0.5)
        writer.write(with_body(FILE))
        await writer.drain()

    with serving(slowly) as (servers, *_):
        before = time.monotonic()
        answers = servers.read_all([FeedRequest(FeedAddress(NAME, "/"))] * 10)

    assert answers == [FeedAnswer(FILE)] * 10
    assert time.monotonic() - before < 3


def test_nobody_is_asked_for_nothing(serving):
    with serving(FILE) as (servers, server, _):
        assert servers.read_all([]) == []
    assert server.requests == []


# T35: whom nobody is connected to


@pytest.mark.parametrize("address", PRIVATE)
def test_t35_a_name_that_leads_to_a_private_address_is_not_connected_to(serving, address):
    with serving(with_body(FILE), resolver=Resolver([address])) as (servers, server, internet):
        assert asked(servers) is FeedFailure.NOT_PUBLIC
    assert internet.connected_to == []
    assert server.requests == []


def test_t35_one_private_address_among_public_ones_is_enough(serving):
    resolver = Resolver([PUBLIC, "169.254.169.254"])
    with serving(with_body(FILE), resolver=resolver) as (servers, _, internet):
        assert asked(servers) is FeedFailure.NOT_PUBLIC
    assert internet.connected_to == []


def test_t35_a_name_that_changes_its_mind_is_asked_once(serving):
    rebinding = Resolver([PUBLIC], ["127.0.0.1"])
    with serving(with_body(FILE), resolver=rebinding) as (servers, _, internet):
        assert asked(servers) == FeedAnswer(FILE)
        assert asked(servers) is FeedFailure.NOT_PUBLIC
    assert rebinding.asked == [NAME, NAME]
    assert internet.connected_to == [(PUBLIC, 443)]


@pytest.mark.parametrize(
    "address", ["8.8.8.8", PUBLIC, "2606:4700::1111", "2a00:1450:4001:80b::200e"]
)
def test_public_addresses_are_public(address):
    assert is_public(address)


def test_the_names_of_this_machine_lead_to_nothing_public():
    found = asyncio.run(addresses_of("localhost"))

    assert found
    assert not any(map(is_public, found))


def test_t35_the_real_resolver_and_the_real_network_refuse_this_machine():
    assert asked(HttpsCalendarServers(), name="localhost") is FeedFailure.NOT_PUBLIC


def test_a_name_that_does_not_exist_is_unreachable(serving):
    async def nobody(_name):
        raise OSError("Name or service not known")

    with serving(with_body(FILE), resolver=nobody) as (servers, *_):
        assert asked(servers) is FeedFailure.UNREACHABLE


def test_t35_looking_a_name_up_is_a_part_of_the_time(serving):
    async def drowsy(_name):
        await asyncio.sleep(60)

    with serving(with_body(FILE), resolver=drowsy, seconds=0.5) as (servers, *_):
        before = time.monotonic()
        assert asked(servers) is FeedFailure.TOO_SLOW
    assert time.monotonic() - before < 2


# T35: which servers are not believed


@pytest.mark.parametrize(
    "how",
    [
        {"certificate_for": "other.example.org"},
        {"certificate_for": "127.0.0.1"},
        {"is_over": True},
    ],
    ids=str,
)
def test_t35_without_a_certificate_for_the_name_nothing_is_asked(serving, how):
    with serving(with_body(FILE), **how) as (servers, server, _):
        assert asked(servers) is FeedFailure.UNREACHABLE
    assert server.requests == []


def test_t35_a_certificate_that_nobody_vouches_for_is_not_taken(serving, tmp_path):
    with serving(with_body(FILE)) as (_, server, internet):
        stranger = HttpsCalendarServers(
            tls=Authority(tmp_path).trusting(), lookup=Resolver([PUBLIC]), connect=internet
        )
        assert asked(stranger) is FeedFailure.UNREACHABLE
    assert server.requests == []


def test_a_server_that_takes_no_connections_is_unreachable(authority):
    async def refused(*_, **__):
        raise ConnectionRefusedError

    servers = HttpsCalendarServers(
        tls=authority.trusting(), lookup=Resolver([PUBLIC]), connect=refused
    )

    assert asked(servers) is FeedFailure.UNREACHABLE


# T35: which answers are not taken

LOCATION = b"Location: http://169.254.169.254/latest/meta-data/"
BOMB = gzip.compress(bytes(50_000_000))

HOSTILE_ANSWERS = {
    "redirected for good": (with_body(b"", LOCATION, status=b"HTTP/1.1 301 M\r\n"), "redirected"),
    "redirected for now": (with_body(b"", LOCATION, status=b"HTTP/1.1 302 F\r\n"), "redirected"),
    "redirected elsewhere": (with_body(b"", LOCATION, status=b"HTTP/1.1 303 S\r\n"), "redirected"),
    "redirected to itself": (
        with_body(b"", b"Location: /kenji/secret.ics", status=b"HTTP/1.1 307 T\r\n"),
        "redirected",
    ),
    "redirected with a calendar": (
        with_body(FILE, LOCATION, status=b"HTTP/1.1 308 P\r\n"),
        "redirected",
    ),
    "sign in": (with_body(b"", status=b"HTTP/1.1 401 U\r\n"), "refused"),
    "forbidden": (with_body(b"", status=b"HTTP/1.1 403 F\r\n"), "refused"),
    "not found": (with_body(FILE, status=b"HTTP/1.1 404 N\r\n"), "refused"),
    "broken": (with_body(FILE, status=b"HTTP/1.1 500 I\r\n"), "refused"),
    "a part": (with_body(FILE, status=b"HTTP/1.1 206 P\r\n"), "refused"),
    "gzip bomb": (with_body(BOMB, b"Content-Encoding: gzip"), "not_a_calendar"),
    "packed otherwise": (with_body(FILE, b"Content-Encoding: br"), "not_a_calendar"),
    "packed twice": (
        with_body(FILE, b"Content-Encoding: identity", b"Content-Encoding: deflate"),
        "not_a_calendar",
    ),
    "packed on the way": (
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "unreachable",
    ),
    "one byte too many": (with_body(bytes(MOST_BYTES + 1)), "too_large"),
    "without end": (OK + b"\r\n" + bytes(5_000_000), "too_large"),
    "chunks without end": (
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + (b"ffff\r\n" + bytes(65_535) + b"\r\n") * 40,
        "too_large",
    ),
    "cut short": (OK + b"Content-Length: 100\r\n\r\n" + FILE, "unreachable"),
    "nothing at all": (b"", "unreachable"),
    "no HTTP": (b"220 mail.example.org ESMTP\r\n", "unreachable"),
    "another protocol": (b"SSH-2.0-OpenSSH_9.6\r\n" * 9, "unreachable"),
    "headers without end": (OK + b"X: y\r\n" * 100_000, "unreachable"),
    "a header without end": (OK + b"X: " + b"y" * 1_000_000, "unreachable"),
    "two lengths": (with_body(FILE, b"Content-Length: 1"), "unreachable"),
    "a length that is none": (OK + b"Content-Length: -1\r\n\r\n", "unreachable"),
    "half a head": (b"HTTP/1.1 200 OK\r\nContent-Le", "unreachable"),
    "early hints only": (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50, "unreachable"),
}


@pytest.mark.parametrize(("answer", "failure"), HOSTILE_ANSWERS.values(), ids=HOSTILE_ANSWERS)
def test_t35_a_hostile_answer_is_given_up(serving, answer, failure):
    with serving(answer) as (servers, server, internet):
        assert asked(servers) == FeedFailure(failure)
    assert len(server.requests) == len(internet.connected_to) == 1


def test_a_megabyte_is_taken(serving):
    with serving(with_body(bytes(MOST_BYTES))) as (servers, *_):
        assert asked(servers) == FeedAnswer(bytes(MOST_BYTES))


@pytest.mark.parametrize(
    "dripping",
    [
        sending(*[b"H"] * 100, pause=0.2),
        sending(OK, *[b"X: y\r\n"] * 100, pause=0.2),
        sending(OK + b"Content-Length: 100\r\n\r\n", *[b"B"] * 100, pause=0.2),
        sending(*[b"HTTP/1.1 103 Early Hints\r\n\r\n"] * 100, pause=0.2),
        sending(b"", pause=60),
    ],
    ids=["status", "headers", "body", "hints", "silence"],
)
def test_t35_a_server_that_drips_is_given_up_in_time(serving, dripping):
    with serving(dripping, seconds=1) as (servers, *_):
        before = time.monotonic()
        assert asked(servers) is FeedFailure.TOO_SLOW
    assert 1 <= time.monotonic() - before < 3


def test_t35_that_time_is_five_seconds(serving):
    with serving(sending(b"", pause=60)) as (servers, *_):
        before = time.monotonic()
        assert asked(servers) is FeedFailure.TOO_SLOW
    assert 5 <= time.monotonic() - before < 8


def test_t35_one_slow_server_keeps_no_other_waiting(serving):
    pauses = iter([60, 0, 0, 0])

    async def first_slowly(_reader, writer):
        await asyncio.sleep(next(pauses))
        writer.write(with_body(FILE))
        await writer.drain()

    with serving(first_slowly, seconds=2) as (servers, *_):
        answers = servers.read_all([FeedRequest(FeedAddress(NAME, "/"))] * 4)

    assert answers.count(FeedFailure.TOO_SLOW) == 1
    assert answers.count(FeedAnswer(FILE)) == 3
