"""What the Zoom stand-in knows: users, their meetings, and what they have let in.

Tests and pages look into it and change it, while it is being served.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from dev.providers.faults import Faults
from dev.providers.zoom.grants import Grants, TokenPair, s256
from dev.providers.zoom.limits import Limits
from dev.providers.zoom.refusals import ApiRefusal

CLIENT_ID = "parley-zoom"
CLIENT_SECRET = "parley-zoom-secret"  # noqa: S105 - it opens nothing but this stand-in
CALLBACK = "/connections/zoom/callback"
"""Where Parley takes users back, below its origin."""

CREATE = "meeting:write:meeting"
READ = "meeting:read:meeting"
LIST = "meeting:read:list_meetings"
UPDATE = "meeting:update:meeting"
DELETE = "meeting:delete:meeting"
READ_USER = "user:read:user"
SCOPES = frozenset({CREATE, READ, LIST, UPDATE, DELETE, READ_USER})

_GONE = 3001
_LOWEST_ID = 10**10
"""Ids have eleven digits."""


@dataclass
class User:
    email: str
    first_name: str
    last_name: str
    user_id: str
    time_zone: str = "UTC"
    is_licensed: bool = True
    is_verified: bool = True
    """Whether the address was proven to be the user's."""


@dataclass
class Meeting:
    meeting_id: int
    uuid: str
    host_email: str
    topic: str
    agenda: str
    start: datetime
    """In UTC."""
    duration: timedelta
    time_zone: str
    """Only for display."""
    passcode: str
    settings: dict[str, Any]
    created_at: datetime
    start_key: str
    """Whoever has it is the host."""

    @property
    def end(self) -> datetime:
        return self.start + self.duration


@dataclass(frozen=True)
class SeenRequest:
    """A request as the stand-in saw it."""

    method: str
    path: str
    endpoint: str
    """Its name, such as "meetings.create"."""
    email: str | None
    """On whose behalf it came, if what it bore was good for anything."""


@dataclass
class ZoomWorld:
    """A small Zoom."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    redirect_uris: set[str] = field(default_factory=set)
    """Those that the app was registered with."""
    scopes: set[str] = field(default_factory=lambda: set(SCOPES))
    """Those that the app was registered with; users allow all of them or none."""
    users: dict[str, User] = field(default_factory=dict)
    """By address."""
    meetings: dict[int, Meeting] = field(default_factory=dict)
    requests: list[SeenRequest] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        self.grants = Grants(self.now)
        self.limits = Limits(self.now)

    def add_user(self, email: str, name: str, time_zone: str = "UTC") -> User:
        first, _, last = name.partition(" ")
        user = User(email, first, last, secrets.token_urlsafe(16), time_zone)
        self.users[email] = user
        return user

    def sign_in(self, email: str) -> TokenPair:
        """Return tokens of a user, without the way through the pages."""
        verifier = secrets.token_urlsafe(32)
        code = self.grants.begin(
            email, redirect_uri="", challenge=s256(verifier), scopes=frozenset(self.scopes)
        )
        return self.grants.exchange(code, redirect_uri="", verifier=verifier)

    def meetings_of(self, email: str) -> list[Meeting]:
        """Return a host's meetings, by when they start."""
        own = [meeting for meeting in self.meetings.values() if meeting.host_email == email]
        return sorted(own, key=lambda meeting: (meeting.start, meeting.meeting_id))

    def meeting(self, meeting_id: int, email: str) -> Meeting:
        """Return a meeting of a host.

        Raises:
            ApiRefusal: There is none.
        """
        meeting = self.meetings.get(meeting_id)
        if meeting is None or meeting.host_email != email:
            message = f"Meeting does not exist: {meeting_id}."
            raise ApiRefusal(HTTPStatus.NOT_FOUND, _GONE, message)
        return meeting

    def add_meeting(
        self,
        email: str,
        topic: str,
        start: datetime,
        duration: timedelta,
        *,
        agenda: str = "",
        time_zone: str | None = None,
        passcode: str | None = None,
        settings: dict[str, Any] | None = None,
    ) -> Meeting:
        meeting = Meeting(
            meeting_id=_LOWEST_ID + secrets.randbelow(9 * _LOWEST_ID),
            uuid=secrets.token_urlsafe(16) + "==",
            host_email=email,
            topic=topic,
            agenda=agenda,
            start=start.astimezone(UTC),
            duration=duration,
            time_zone=time_zone or self.users[email].time_zone,
            passcode=secrets.token_hex(3) if passcode is None else passcode,
            settings=settings or {},
            created_at=self.now(),
            start_key=secrets.token_urlsafe(32),
        )
        self.meetings[meeting.meeting_id] = meeting
        return meeting

    def counted(self, endpoint: str) -> int:
        """Return how many requests an endpoint has seen."""
        return sum(request.endpoint == endpoint for request in self.requests)
