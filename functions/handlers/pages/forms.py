"""What was typed into a form, and what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.refusals import FieldProblem

MAX_FIELDS = 1000
"""The availability form has three for each time, and at most 200 times; the rest is slack."""

MAX_DIGITS = 9
"""No number in a form needs more, and Python refuses to read very long ones."""

PLAUSIBLE_YEARS = range(2000, 2200)
"""Others are slips of the finger, and near the ends of what Python can count."""

_IDENTIFIER = re.compile(r"[a-z2-7]{26}")
"""As `scheduling.domain.identifiers` writes them."""


class FormRefused(ValueError):
    """The body is no form that one of our pages sends."""


@dataclass(frozen=True, slots=True)
class Form:
    """Fields as they were typed; a field that is absent reads as empty."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, event: APIGatewayProxyEventV2) -> Form:
        """Read the body of a POST.

        Raises:
            FormRefused: It is no UTF-8 or has far too many fields.
        """
        try:
            text = event.decoded_body or ""
            fields = parse_qs(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
        except ValueError as error:
            raise FormRefused from error
        return cls(fields)

    @classmethod
    def of_query(cls, event: APIGatewayProxyEventV2) -> Form:
        """Read the query string of a GET.

        Raises:
            FormRefused: It has far too many fields.
        """
        try:
            return cls(parse_qs(event.raw_query_string, max_num_fields=MAX_FIELDS))
        except ValueError as error:
            raise FormRefused from error

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, [""])[0]

    def every(self, name: str) -> Sequence[str]:
        """Return the values of a field that stands in the form several times."""
        return self.fields.get(name, [])


def by_field(problems: Sequence[FieldProblem]) -> dict[str, str]:
    """Return the first message for each field, in the order of the problems."""
    messages: dict[str, str] = {}
    for problem in problems:
        messages.setdefault(problem.field, problem.message)
    return messages


def with_other_guests_as_one(problems: Mapping[str, str]) -> dict[str, str]:
    """Return problems by the fields of a form in which all other guests are typed into one."""
    found: dict[str, str] = {}
    for name, message in problems.items():
        found.setdefault("other_guests" if name.startswith("other_guests.") else name, message)
    return found


def typed_addresses(typed: str) -> list[str]:
    """Return the addresses that stand in one field, with whatever is between them."""
    return [address for address in re.split(r"[\s,;]+", typed) if address]


def parsed_day(typed: str) -> date | None:
    """Return a day as `<input type=date>` sends it, or None where it is none."""
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if day.year in PLAUSIBLE_YEARS else None


def parsed_instant(text: str) -> datetime | None:
    """Return an instant, in UTC, or None where the text is none or lacks its offset."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    if instant.tzinfo is None or instant.year not in PLAUSIBLE_YEARS:
        return None
    return instant.astimezone(UTC)


def parsed_number(typed: str) -> int | None:
    """Return a whole number of at most nine digits, or None where the text is none."""
    return int(typed) if typed.isdecimal() and len(typed) <= MAX_DIGITS else None


def parsed_month(typed: str) -> date | None:
    """Return the first day of a month such as `2026-12`, or None where the text is none."""
    return parsed_day(f"{typed}-01")


def parsed_minutes(typed: str) -> timedelta | None:
    """Return a length in whole minutes, or None where the text is none."""
    minutes = parsed_number(typed)
    return None if minutes is None else timedelta(minutes=minutes)


def parsed_identifier(typed: str | None) -> str:
    """Return an identifier that looks like one of ours, or nothing."""
    return typed if typed and _IDENTIFIER.fullmatch(typed) else ""


def written_instant(instant: datetime) -> str:
    """Return an instant as `parsed_instant` reads it, for a form or an address."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def written_minutes(length: timedelta) -> str:
    """Return a length as `parsed_minutes` reads it."""
    return str(length // timedelta(minutes=1))
