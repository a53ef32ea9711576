"""Faults of a provider, which a test or a person switches on and off."""

import asyncio
import itertools
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from threading import Lock

from aiohttp import web
from aiohttp.typedefs import Handler

_RESET = struct.pack("ii", 1, 0)
"""Linger on, for no time: closing the socket resets the connection."""


class Kind(StrEnum):
    """What goes wrong with a request."""

    REFUSED = "refused"
    """It is answered with a status and a reason, and has no effect."""
    SILENT_BEFORE = "silent_before"
    """It has no effect, and nothing is answered."""
    SILENT_AFTER = "silent_after"
    """It has its effect, and nothing is answered."""
    RESET_BEFORE = "reset_before"
    """The connection is reset before the effect."""
    RESET_AFTER = "reset_after"
    """The connection is reset after the effect."""
    TRUNCATED = "truncated"
    """It has its effect, and half of the answer arrives."""
    HTML = "html"
    """Something in between answers 200 with a page of its own; it has no effect."""
    SLOW = "slow"
    """It is answered as ever, later."""


@dataclass(frozen=True)
class Fault:
    """One way to go wrong; which fields count depends on the kind."""

    kind: Kind
    status: int = 503
    reason: str = "backendError"
    """The provider's own word for it, as its error bodies have it."""
    retry_after: str | None = None
    """The header as it is sent: seconds, an HTTP date, or an ISO moment."""
    seconds: float = 30.0
    """How long silence lasts until the connection is closed, or how late a slow answer is."""


@dataclass
class Switched:
    """A fault that is on, and whom it hits."""

    number: int
    fault: Fault
    account: str | None
    """None for every account."""
    endpoint: str
    """A pattern of endpoint names, such as "events.*"."""
    times_left: int | None
    """None until it is cleared."""

    def hits(self, account: str | None, endpoint: str) -> bool:
        return self.account in (None, account) and fnmatchcase(endpoint, self.endpoint)


class Faults:
    """The faults that are on; those switched on first come first. Any thread may use it."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._switched: list[Switched] = []
        self._lock = Lock()

    def switch_on(
        self,
        fault: Fault,
        *,
        account: str | None = None,
        endpoint: str = "*",
        times: int | None = None,
    ) -> int:
        """Let `fault` hit requests from now on; return the number that switches it off.

        Args:
            fault: What goes wrong.
            account: Whom it hits; everybody if not given.
            endpoint: A pattern of the names that the provider's server gives its endpoints.
            times: How many requests it hits; any number if not given.
        """
        with self._lock:
            switched = Switched(next(self._numbers), fault, account, endpoint, times)
            self._switched.append(switched)
        return switched.number

    def switch_off(self, number: int) -> None:
        with self._lock:
            self._switched = [each for each in self._switched if each.number != number]

    def clear(self) -> None:
        with self._lock:
            self._switched.clear()

    def switched_on(self) -> list[Switched]:
        with self._lock:
            return list(self._switched)

    def hitting(self, account: str | None, endpoint: str) -> Fault | None:
        """Return what this request suffers, if anything; it counts as one of the fault's times."""
        with self._lock:
            for switched in self._switched:
                if switched.hits(account, endpoint):
                    if switched.times_left is not None:
                        switched.times_left -= 1
                        if switched.times_left == 0:
                            self._switched.remove(switched)
                    return switched.fault
        return None


def switch_on_from_form(faults: Faults, form: Mapping[str, str]) -> None:
    """Switch on what somebody has filled in on a page that shows `faults.html`.

    Raises:
        HTTPBadRequest: A number is none, or the kind is unknown.
    """
    try:
        fault = Fault(
            kind=Kind(form["kind"]),
            status=int(form["status"]),
            reason=form["reason"],
            retry_after=form["retry_after"] or None,
            seconds=float(form["seconds"]),
        )
        times = int(form["times"]) if form["times"] else None
    except (KeyError, ValueError) as failure:
        raise web.HTTPBadRequest(text=str(failure)) from failure
    faults.switch_on(
        fault, account=form["account"] or None, endpoint=form["endpoint"] or "*", times=times
    )


async def suffer(
    fault: Fault | None,
    request: web.Request,
    handler: Handler,
    refuse: Callable[[Fault], web.Response],
) -> web.StreamResponse:
    """Answer `request` with `handler`, as far as `fault` lets it.

    Args:
        fault: What `Faults.hitting` has returned.
        request: The request.
        handler: Has the effect, and answers.
        refuse: Words a refusal as this provider does.
    """
    if fault is None:
        return await handler(request)
    match fault.kind:
        case Kind.REFUSED:
            refusal = refuse(fault)
            if fault.retry_after is not None:
                refusal.headers["Retry-After"] = fault.retry_after
            return refusal
        case Kind.HTML:
            page = "<!doctype html><title>Sign in to the network</title><h1>Welcome</h1>"
            return web.Response(text=page, content_type="text/html")
        case Kind.SLOW:
            await asyncio.sleep(fault.seconds)
            return await handler(request)
        case Kind.SILENT_BEFORE | Kind.RESET_BEFORE:
            answer: web.StreamResponse = web.Response()
        case Kind.SILENT_AFTER | Kind.RESET_AFTER | Kind.TRUNCATED:
            answer = await handler(request)
    if fault.kind is Kind.TRUNCATED:
        return await _half_of(answer, request)
    if fault.kind in (Kind.SILENT_BEFORE, Kind.SILENT_AFTER):
        await asyncio.sleep(fault.seconds)
    _reset(request)
    return answer


async def _half_of(answer: web.StreamResponse, request: web.Request) -> web.StreamResponse:
    body = answer.body if isinstance(answer, web.Response) else b""
    whole = body if isinstance(body, bytes) else b""
    half = web.StreamResponse(status=answer.status, headers=answer.headers)
    half.content_length = len(whole)
    await half.prepare(request)
    await half.write(whole[: len(whole) // 2])
    if request.transport is not None:
        request.transport.close()
    return half


def _reset(request: web.Request) -> None:
    if request.transport is not None:
        connection: socket.socket = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        request.transport.abort()
