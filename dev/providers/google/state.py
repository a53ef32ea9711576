"""What Google knows: accounts, calendars with all versions of their events, grants, channels."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

type Resource = dict[str, Any]
"""JSON as the API gives it. Nobody changes one in place: versions share it."""


class Span(NamedTuple):
    """The instants from `start` up to, but not including, `end`."""

    start: datetime
    end: datetime


class Role(StrEnum):
    """What an account may do with a calendar, as calendar lists say it; the least first."""

    FREE_BUSY_READER = "freeBusyReader"
    READER = "reader"
    WRITER_WITHOUT_PRIVATE_ACCESS = "writerWithoutPrivateAccess"
    WRITER = "writer"
    OWNER = "owner"

    def reaches(self, other: "Role") -> bool:
        roles = list(Role)
        return roles.index(self) >= roles.index(other)


class Version(NamedTuple):
    """An event from one change to the next."""

    serial: int
    """Rises with each change anywhere."""
    resource: Resource


@dataclass(frozen=True)
class Query:
    """What a list of events is restricted to."""

    single_events: bool = False
    show_deleted: bool | None = None
    window: tuple[datetime | None, datetime | None] = (None, None)
    """The bounds `timeMin` and `timeMax`."""
    event_types: tuple[str, ...] = ()
    private_properties: tuple[str, ...] = ()
    shared_properties: tuple[str, ...] = ()
    ical_uid: str | None = None
    order_by: str | None = None


@dataclass(frozen=True)
class SyncPoint:
    """What a sync token stands for."""

    serial: int
    query: Query


@dataclass(frozen=True)
class Page:
    """What a page token stands for."""

    rows: list[Resource]
    """Those that are still to come."""
    query: Query
    serial: int
    """Where the next sync begins."""
    are_changes: bool = False
    """Whether the rows are what has changed, and not all there is."""


@dataclass
class Calendar:
    calendar_id: str
    """The account's address for its primary calendar."""
    summary: str
    time_zone: str
    owner: str
    """The account's address."""
    conference_solutions: list[str] = field(default_factory=lambda: ["hangoutsMeet"])
    free_busy_error: str | None = None
    """Why free/busy cannot say anything about it, such as "internalError"; None if it can."""
    versions: dict[str, list[Version]] = field(default_factory=dict)
    """By event id, the oldest first."""
    exceptions: dict[str, list[str]] = field(default_factory=dict)
    """Ids of changed instances, by the id of the recurring event."""
    changes: list[tuple[int, str]] = field(default_factory=list)
    """Serial and event id; an instance counts as a change of its recurring event."""
    sync_points: dict[str, SyncPoint] = field(default_factory=dict)
    """By sync token."""
    pages: dict[str, Page] = field(default_factory=dict)
    """By page token."""
    reads_until_meet: dict[str, int] = field(default_factory=dict)
    """By event id: how often it is read until its pending conference is there."""


@dataclass
class Account:
    email: str
    name: str
    subject: str
    """Never changes, unlike the address."""
    hosted_domain: str | None
    """Of the Workspace; None for a personal account."""
    roles: dict[str, Role] = field(default_factory=dict)
    """By calendar id: its calendar list."""
    policy: str | None = None
    """What its Workspace answers to this app, such as "admin_policy_enforced"; None allows it."""


@dataclass(frozen=True)
class Code:
    """An authorization code."""

    email: str
    scopes: frozenset[str]
    redirect_uri: str
    challenge: str
    nonce: str | None
    expires_at: datetime
    gives_refresh_token: bool


@dataclass(frozen=True)
class RefreshToken:
    email: str
    scopes: frozenset[str]


@dataclass(frozen=True)
class AccessToken:
    email: str
    scopes: frozenset[str]
    expires_at: datetime


@dataclass
class Channel:
    channel_id: str
    resource_id: str
    resource_uri: str
    calendar_id: str
    email: str
    """Whose token opened it."""
    address: str
    token: str | None
    expires_at: datetime
    messages: int = 0
    """How many it has sent."""


@dataclass
class State:
    """All of it; nothing else has to survive a restart."""

    serial: int = 0
    accounts: dict[str, Account] = field(default_factory=dict)
    """By address."""
    calendars: dict[str, Calendar] = field(default_factory=dict)
    consents: dict[str, frozenset[str]] = field(default_factory=dict)
    """The scopes that an account has granted to the app, by its address."""
    codes: dict[str, Code] = field(default_factory=dict)
    refresh_tokens: dict[str, RefreshToken] = field(default_factory=dict)
    """The oldest first."""
    access_tokens: dict[str, AccessToken] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
