"""Everybody at every door: each route, by each caller, for each thing that it could be about."""

from __future__ import annotations

import copy
import logging
import re
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from tests.security.cast import Caller, House, forged, unknown
from tests.security.routes import filled
from tests.support.deployment import REGION
from tests.support.in_process import client

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

    from tests.security.routes import Row

SESSION_COOKIE = "__Host-session"

_LOGGERS = ("parley", "")
"""That of all functions, and the one above those of libraries."""

_IDENTIFIER = re.compile(r"[a-z2-7]{26}")


class Whose(StrEnum):
    OWN = "own"
    FOREIGN = "foreign"
    MISSING = "missing"


@dataclass(frozen=True)
class Visit:
    """A request, its answer, and what it left behind."""

    caller: Caller
    whose: Whose
    name: str
    """Which thing was not the caller's own; empty where all were."""
    sent: str
    """Path, headers and body, as text."""
    answer: httpx.Response
    has_written: bool
    log: str

    @property
    def is_turned_away(self) -> bool:
        """Whether the product said no: pages send whoever is not signed in to sign in."""
        return self.answer.status_code in {401, 403, 404, 410} or (
            self.answer.status_code == 303 and self.answer.headers["location"] == "/sign-in"
        )

    @property
    def looks(self) -> tuple[int, str, dict[str, str]]:
        """What tells two answers apart, whatever identifiers were asked for."""
        headers = dict(self.answer.headers)
        headers.pop("content-length", None)
        return self.answer.status_code, _IDENTIFIER.sub("…", self.answer.text), headers

    @property
    def everything_told(self) -> str:
        """Body and headers of the answer."""
        return "\n".join([self.answer.text, *map(": ".join, self.answer.headers.multi_items())])

    def __str__(self) -> str:
        about = f" with {self.whose} {self.name}" if self.name else ""
        return f"{self.caller}{about}: {self.answer.status_code} {self.answer.text[:200]}"


@dataclass(frozen=True)
class Matrix:
    """Two organizations, and visits to them that leave no traces."""

    home: House
    other: House
    tables: Tables

    def visits(self, row: Row) -> list[Visit]:
        """Return what happens when everybody uses a route, in every way."""
        return [
            self.visit(row, caller, whose, name)
            for caller in Caller
            for whose, name in [
                (Whose.OWN, ""),
                *((whose, name) for whose in list(Whose)[1:] for name in row.names),
            ]
        ]

    def visit(
        self,
        row: Row,
        caller: Caller,
        whose: Whose = Whose.OWN,
        name: str = "",
        more: Mapping[str, str] | None = None,
    ) -> Visit:
        """Send one request, with `more` in its body or query, and put everything back as it was."""
        things = self.things_of(caller)
        if name:
            things[name] = self._not_ones_own(caller, whose, name)
        body = filled(row.body, things)
        if more is not None:
            body = {**more, **(body or {})}
        credential = things["token"]
        with client() as browser, captured_log() as log:
            if credential:
                browser.headers["authorization"] = f"Bearer {credential}"
                browser.headers["cookie"] = f"{SESSION_COOKIE}={credential}"
            address = filled(row.path, things | {"token": credential or "nothing"})
            request = browser.build_request(row.method, address, **{row.place_of_body: body})
            answer = browser.send(request)
        has_written = self.tables.have_changed()
        if has_written:
            self.tables.put_back()
        sent = f"{request.url} {credential} {body}"
        return Visit(caller, whose, name, sent, answer, has_written, "\n".join(log))

    def things_of(self, caller: Caller) -> dict[str, str]:
        """Return what a caller has; who has nothing tries the things of home."""
        house = self.other if caller is Caller.OTHER_ADMIN else self.home
        role = Caller.ADMIN if caller is Caller.OTHER_ADMIN else caller
        return {**house.things, "token": house.credentials.get(role, "")}

    def strangers_of(self, caller: Caller) -> House:
        """Return the organization that is none of a caller's business."""
        return self.home if caller is Caller.OTHER_ADMIN else self.other

    def _not_ones_own(self, caller: Caller, whose: Whose, name: str) -> str:
        if whose is Whose.MISSING:
            return unknown(name)
        theirs = self.strangers_of(caller).things
        if name.endswith("token"):
            return forged(theirs, "guest_token" if name == "token" else name)
        return theirs[name]


class Tables:
    """What is stored in all tables, to be compared with, and to come back to."""

    def __init__(self) -> None:
        self._kept = copy.deepcopy(self._items())
        self._as_kept = self._written()

    def have_changed(self) -> bool:
        return self._written() != self._as_kept

    def put_back(self) -> None:
        for name, table in self._tables.items():
            table.items = copy.deepcopy(self._kept[name])

    @property
    def _tables(self) -> Mapping[str, Any]:
        return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables

    def _items(self) -> dict[str, Any]:
        return {name: table.items for name, table in self._tables.items()}

    def _written(self) -> list[Any]:
        return [
            [name, *(item.to_json() for item in table.all_items())]
            for name, table in sorted(self._tables.items())
        ]


@contextmanager
def captured_log() -> Iterator[list[str]]:
    """Collect the lines that functions log, as they are written."""
    lines: list[str] = []
    collecting = _Collecting(lines)
    collecting.setFormatter(LambdaPowertoolsFormatter())
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addHandler(collecting)
    yield lines
    for logger in loggers:
        logger.removeHandler(collecting)


class _Collecting(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))
