"""Fields that several requests or responses have, each with one meaning."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Self

from aws_lambda_powertools.event_handler.openapi.params import Header, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field
from pydantic_core import PydanticCustomError

from handlers.api.ranges import EARLIEST, LATEST
from scheduling.domain.booking import BookedHost
from scheduling.domain.hosts import Host, HostKind
from scheduling.domain.refusals import marked

_MINUTE = timedelta(minutes=1)


def _instant(instant: datetime) -> datetime:
    if not EARLIEST <= instant < LATEST:
        raise _out_of_range()
    return instant.astimezone(UTC)


def _day(day: date) -> date:
    if not EARLIEST.date() <= day < LATEST.date():
        raise _out_of_range()
    return day


def _out_of_range() -> PydanticCustomError:
    return PydanticCustomError(
        "out_of_range", marked("Please choose a date in the years from 2000 to 2099.")
    )


Instant = Annotated[AwareDatetime, AfterValidator(_instant)]
"""Sent with any offset; in UTC from here on."""

Day = Annotated[date, AfterValidator(_day)]

Minutes = Annotated[int, Field(ge=0, le=1_000_000)]
"""A length of time. The bound is far beyond what any rule allows, and fits a `timedelta`."""

HoldId = Annotated[str, Field(pattern=r"^([a-z2-7]{26})?$")]
"""Empty where there is none."""

Words = Annotated[str, Query(max_length=100, description="In the name or the e-mail address.")]

IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)]
"""Chosen by the client: what is sent again under the same key is done once."""


def minutes(length: timedelta) -> int:
    return length // _MINUTE


def length_of(minutes: int | None) -> timedelta | None:
    return None if minutes is None else minutes * _MINUTE


class HostResponse(BaseModel):
    kind: HostKind
    host_id: str
    name: str

    @classmethod
    def of(cls, host: Host | BookedHost) -> Self:
        return cls(kind=host.key.kind, host_id=host.host_id, name=host.name)
