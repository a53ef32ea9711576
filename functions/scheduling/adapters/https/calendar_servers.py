"""Calendars from servers that strangers name.

Whoever types an address must not reach with it what only we can reach, so (threat T35):

- https on port 443 and nothing else;
- the name is looked up once, every address it has must be public, and the connection goes to
  exactly that address, so a name that changes its mind in between (DNS rebinding) gains nothing;
- the certificate is that of the name;
- no redirects, no compressed answers, 1 MB, 5 seconds from looking up to the last byte.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from http import HTTPStatus
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

import h11

from scheduling.domain.feeds import FeedAnswer, FeedFailure

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Awaitable, Callable, Sequence

    from scheduling.domain.feeds import FeedRequest

SECONDS = 5.0
"""From looking a name up to the last byte."""
MOST_BYTES = 1_000_000
MOST_HEADER_BYTES = 16_384

_PORT = 443
_AT_A_TIME = 65_536

_UNICAST = IPv6Network("2000::/3")
"""Source: IANA, Internet Protocol Version 6 Address Space."""

type Lookup = Callable[[str], Awaitable[Sequence[str]]]
"""Returns the IP addresses of a name; raises OSError where it has none."""

type Connect = Callable[..., Awaitable[tuple[StreamReader, StreamWriter]]]
"""`asyncio.open_connection`."""


class _NotAnswered(Exception):
    """The server cannot be asked, or does not answer with a file."""

    def __init__(self, failure: FeedFailure) -> None:
        super().__init__(failure)
        self.failure = failure


async def addresses_of(name: str) -> Sequence[str]:
    """Return the IP addresses of a name, of the kinds that this machine can reach.

    Raises:
        OSError: It has none.
    """
    found = await asyncio.get_running_loop().getaddrinfo(
        name, _PORT, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )
    return [str(place[0]) for *_, place in found]


class HttpsCalendarServers:
    """CalendarServers over HTTP/1.1."""

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        lookup: Lookup = addresses_of,
        connect: Connect = asyncio.open_connection,
        seconds: float = SECONDS,
    ) -> None:
        self._tls = tls or ssl.create_default_context()
        self._lookup = lookup
        self._connect = connect
        self._seconds = seconds

    def read_all(self, requests: Sequence[FeedRequest]) -> Sequence[FeedAnswer | FeedFailure]:
        # A lookup cannot be stopped: one that hangs is given up in time, and its thread is
        # waited for here, as long as the resolver of the system tries.
        return asyncio.run(self._read_all(requests))

    async def _read_all(
        self, requests: Sequence[FeedRequest]
    ) -> Sequence[FeedAnswer | FeedFailure]:
        return await asyncio.gather(*map(self._read, requests))

    async def _read(self, request: FeedRequest) -> FeedAnswer | FeedFailure:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._answer(request)
        except _NotAnswered as refused:
            return refused.failure
        except TimeoutError:
            return FeedFailure.TOO_SLOW
        except (OSError, UnicodeError, h11.RemoteProtocolError):
            # Looking up, connecting, TLS; a name that no server can have; no HTTP.
            return FeedFailure.UNREACHABLE

    async def _answer(self, request: FeedRequest) -> FeedAnswer:
        name = request.address.host_name
        reader, writer = await self._connect(
            await self._public_address(name), _PORT, ssl=self._tls, server_hostname=name
        )
        try:
            return await _exchange(request, reader, writer)
        finally:
            # Without a farewell, which a server could drag out.
            writer.transport.abort()

    async def _public_address(self, name: str) -> str:
        found = await self._lookup(name)
        if not found or not all(map(is_public, found)):
            raise _NotAnswered(FeedFailure.NOT_PUBLIC)
        return found[0]


def is_public(text: str) -> bool:
    """Tell whether an IP address belongs to one machine on the public internet.

    Of IPv6 only global unicast does; what carries an IPv4 address in it (mapped, NAT64, 6to4)
    leads to wherever that one does.
    """
    address = ip_address(text)
    if isinstance(address, IPv6Address) and (address not in _UNICAST or address.sixtofour):
        return False
    return address.is_global and not address.is_multicast


def _head(request: FeedRequest) -> h11.Request:
    headers = [
        ("Host", request.address.host_name),
        ("User-Agent", "Parley"),
        ("Accept", "text/calendar"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    ]
    if request.etag:
        headers.append(("If-None-Match", request.etag))
    return h11.Request(method="GET", target=request.address.path, headers=headers)


async def _exchange(request: FeedRequest, reader: StreamReader, writer: StreamWriter) -> FeedAnswer:
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEADER_BYTES)
    writer.write(connection.send(_head(request)) or b"")
    connection.send(h11.EndOfMessage())
    etag, content = "", bytearray()
    while True:
        match connection.next_event():
            case h11.NEED_DATA:
                connection.receive_data(await reader.read(_AT_A_TIME))
            case h11.Response() as response:
                etag = _header(response, b"etag")
                if response.status_code == HTTPStatus.NOT_MODIFIED and request.etag:
                    return FeedAnswer(None, etag)
                _check(response)
            case h11.Data(data=part):
                content += part
                if len(content) > MOST_BYTES:
                    raise _NotAnswered(FeedFailure.TOO_LARGE)
            case h11.EndOfMessage():
                return FeedAnswer(bytes(content), etag)
            case h11.ConnectionClosed():
                raise _NotAnswered(FeedFailure.UNREACHABLE)


def _check(response: h11.Response) -> None:
    """Refuse what is no file, or one that is packed: it may be a thousand times as large.

    Raises:
        _NotAnswered: It is one of these.
    """
    status = response.status_code
    if status in range(300, 400):
        raise _NotAnswered(FeedFailure.REDIRECTED)
    if status != HTTPStatus.OK:
        raise _NotAnswered(FeedFailure.REFUSED)
    if _header(response, b"content-encoding") not in {"", "identity"}:
        raise _NotAnswered(FeedFailure.NOT_A_CALENDAR)


def _header(response: h11.Response, name: bytes) -> str:
    return dict(response.headers).get(name, b"").decode("latin-1")
