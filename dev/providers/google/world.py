"""Google on this machine: what tests and demos set up, change and look into."""

import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from threading import RLock
from typing import Any, NamedTuple

from dev.providers.faults import Faults
from dev.providers.google import conferences as meet
from dev.providers.google import listing, writing
from dev.providers.google.channels import Pushes
from dev.providers.google.refusals import not_found
from dev.providers.google.state import (
    AccessToken,
    Account,
    Calendar,
    Channel,
    RefreshToken,
    Resource,
    Role,
    Span,
    State,
    Version,
)

CLIENT_ID = "parley-google"
CLIENT_SECRET = "parley-google-secret"  # noqa: S105 - protects nothing

TOKEN_LIFE = timedelta(seconds=3600)
MOST_REFRESH_TOKENS = 100
"""Of one account for one app; one more ends the oldest. Source: Google Identity, "OAuth 2.0"."""

_KEPT_REQUESTS = 100_000

_TEXT = {"dateTime": None, "date": None, "timeZone": None}


class Request(NamedTuple):
    """A request that came in, whatever became of it."""

    endpoint: str
    """Such as "events.list" or "oauth.token"."""
    method: str
    path: str
    account: str | None
    """Whose token it had, if it had one that is known."""
    query: Mapping[str, str]


class Exchange(NamedTuple):
    """A request to the Calendar API and what was answered, without any fault."""

    endpoint: str
    query: Mapping[str, str]
    body: Any
    """None if there was none."""
    status: int
    reply: Any
    """None if it was empty."""


@dataclass(frozen=True)
class Tokens:
    access_token: str
    refresh_token: str


class GoogleWorld:
    """Accounts, calendars and grants, and switches for what may go wrong; any thread may use it."""

    def __init__(
        self, now: Callable[[], datetime] = lambda: datetime.now(UTC), state: State | None = None
    ) -> None:
        """Begin with what `state` holds, or with nothing.

        Args:
            now: The time, in any zone; tests give a clock of their own.
            state: Belongs to this world from now on.
        """
        self.now = now
        self.state = state or State()
        self.lock = RLock()
        self.redirect_uris: set[str] = set()
        """Where the app's sign-ins may return to."""
        self.faults = Faults()
        self.pushes = Pushes()
        self.conferences = meet.Conferences()
        self.requests: deque[Request] = deque(maxlen=_KEPT_REQUESTS)
        self.watchers: list[Callable[[Exchange], None]] = []
        """Are told of each exchange of the Calendar API, in the server's thread."""
        self.rows_per_page: int | None = None
        """The most rows on a page, fewer than a client may ask for; None for no such limit."""
        self.has_empty_pages = False
        """Whether each list begins with an empty page."""
        self.channel_life = timedelta(days=7)

    def add_account(
        self, email: str, name: str, time_zone: str = "UTC", *, hosted_domain: str | None = None
    ) -> Account:
        """Add an account with its primary calendar, whose id is the address.

        Args:
            email: The address.
            name: Whose it is.
            time_zone: Of the calendar.
            hosted_domain: The Workspace's domain; a personal account has none.
        """
        with self.lock:
            number = 100000000000000000000 + len(self.state.accounts) + 1
            account = Account(email, name, str(number), hosted_domain)
            self.state.accounts[email] = account
            self._add_calendar(account, email, email, time_zone)
        return account

    def add_calendar(self, email: str, summary: str, time_zone: str = "UTC") -> str:
        """Add another calendar that an account owns; return its id."""
        with self.lock:
            account = self.state.accounts[email]
            name = f"c{len(self.state.calendars):04d}{account.subject[-4:]}"
            calendar_id = f"{name}@group.calendar.google.com"
            self._add_calendar(account, calendar_id, summary, time_zone)
        return calendar_id

    def share(self, calendar_id: str, email: str, role: Role) -> None:
        """Put a calendar into another account's list."""
        with self.lock:
            self.state.accounts[email].roles[calendar_id] = role

    def unshare(self, calendar_id: str, email: str) -> None:
        """Take a calendar out of an account's list: it is gone for this account."""
        with self.lock:
            del self.state.accounts[email].roles[calendar_id]

    def calendar(self, calendar_id: str) -> Calendar:
        return self.state.calendars[calendar_id]

    def _add_calendar(
        self, account: Account, calendar_id: str, summary: str, time_zone: str
    ) -> None:
        calendar = Calendar(calendar_id, summary, time_zone, account.email)
        self.state.calendars[calendar_id] = calendar
        account.roles[calendar_id] = Role.OWNER

    def add_event(
        self,
        calendar_id: str,
        start: datetime | date,
        end: datetime | date,
        *,
        organizer: str | None = None,
        **fields: Any,
    ) -> str:
        """Add an event, all-day if `start` is a date; return its id.

        Args:
            calendar_id: Where.
            start: When it starts; a zone of IANA is kept, as recurring events need one.
            end: When it ends; the day after the last one if all-day.
            organizer: An address; the calendar's own if not given.
            fields: Anything else that the API's events have.
        """
        times = {"start": _when(start), "end": _when(end)}
        with self.lock:
            calendar = self.calendar(calendar_id)
            event_id = fields.pop("id", f"e{self.state.serial:012d}")
            event = writing.added(
                times | fields, calendar, event_id, self.stamp(), organizer or calendar_id
            )
            self.put(calendar, event)
        return str(event["id"])

    def change_event(self, calendar_id: str, event_id: str, **fields: Any) -> None:
        """Change an event, or one instance of a recurring event; objects merge, None removes."""
        with self.lock:
            calendar = self.calendar(calendar_id)
            event = self.event(calendar_id, event_id)
            self.put(calendar, writing.patched(event, fields, calendar, self.stamp()))

    def move_event(
        self, calendar_id: str, event_id: str, start: datetime | date, end: datetime | date
    ) -> None:
        """Give an event, or one instance of a recurring event, another time."""
        times = {"start": _TEXT | _when(start), "end": _TEXT | _when(end)}
        self.change_event(calendar_id, event_id, **times)

    def delete_event(self, calendar_id: str, event_id: str) -> None:
        """Delete an event, all of a recurring event, or one instance of it."""
        with self.lock:
            event = self.event(calendar_id, event_id)
            self.put(self.calendar(calendar_id), writing.deleted(event, self.stamp()))

    def answer(self, calendar_id: str, event_id: str, answer: str) -> None:
        """Answer an invitation for the owner of a primary calendar, such as with "declined"."""
        with self.lock:
            attendees = [
                each | ({"responseStatus": answer} if each.get("self") else {})
                for each in self.event(calendar_id, event_id)["attendees"]
            ]
            self.change_event(calendar_id, event_id, attendees=attendees)

    def event(self, calendar_id: str, event_id: str) -> Resource:
        """Return an event as the API would, cancelled or not.

        Raises:
            Refused: There never was one.
        """
        with self.lock:
            event = listing.current(self.calendar(calendar_id), event_id)
        if event is None:
            raise not_found()
        return event

    def events(self, calendar_id: str) -> list[Resource]:
        """Return the events that are not deleted; recurring ones once, beside changed instances."""
        with self.lock:
            return [
                event
                for event_id in self.calendar(calendar_id).versions
                if (event := self.event(calendar_id, event_id))["status"] != "cancelled"
            ]

    def busy(self, calendar_id: str, within: Span | tuple[datetime, datetime]) -> list[Span]:
        """Return when the owner is not free: in order, merged, in UTC and cut to `within`."""
        with self.lock:
            return listing.busy_spans(self.calendar(calendar_id), Span(*within))

    def put(self, calendar: Calendar, event: Resource) -> None:
        """Store an event with the stamp of this change, and tell the channels of its calendar."""
        self.state.serial += 1
        versions = calendar.versions.setdefault(event["id"], [])
        versions.append(Version(self.state.serial, event))
        parent = event.get("recurringEventId")
        if parent is not None and len(versions) == 1:
            calendar.exceptions.setdefault(parent, []).append(event["id"])
        calendar.changes.append((self.state.serial, parent or event["id"]))
        for channel in self.state.channels.values():
            if channel.calendar_id == calendar.calendar_id and channel.expires_at > self.now():
                self.pushes.push(channel, "exists")

    def stamp(self) -> writing.Stamp:
        return writing.Stamp(self.state.serial + 1, self.now())

    def finish_conferences(self) -> None:
        """Let every pending conference be there."""
        with self.lock:
            for calendar in self.state.calendars.values():
                for event_id in list(calendar.reads_until_meet):
                    self.finish_conference(calendar, event_id)

    def finish_conference(self, calendar: Calendar, event_id: str) -> None:
        del calendar.reads_until_meet[event_id]
        stamp = self.stamp()
        done = meet.finished(self.event(calendar.calendar_id, event_id))
        self.put(calendar, done | {"etag": stamp.etag, "updated": stamp.moment})

    def sign_in(self, email: str, *scopes: str) -> Tokens:
        """Grant the app `scopes` of an account, as its consent page would."""
        with self.lock:
            granted = frozenset(scopes)
            self.consent(email, granted)
            return Tokens(
                self.new_access_token(email, granted), self.new_refresh_token(email, granted)
            )

    def consent(self, email: str, scopes: frozenset[str]) -> None:
        self.state.consents[email] = self.state.consents.get(email, frozenset()) | scopes

    def new_access_token(self, email: str, scopes: frozenset[str]) -> str:
        token = f"ya29.{secrets.token_urlsafe(32)}"
        self.state.access_tokens[token] = AccessToken(email, scopes, self.now() + TOKEN_LIFE)
        return token

    def new_refresh_token(self, email: str, scopes: frozenset[str]) -> str:
        token = f"1//{secrets.token_urlsafe(32)}"
        self.state.refresh_tokens[token] = RefreshToken(email, scopes)
        own = [each for each, of in self.state.refresh_tokens.items() if of.email == email]
        for oldest in own[:-MOST_REFRESH_TOKENS]:
            del self.state.refresh_tokens[oldest]
        return token

    def expire_access_tokens(self, email: str | None = None) -> None:
        """End the access tokens of an account, or all; refresh tokens give new ones."""
        with self.lock:
            for token, of in list(self.state.access_tokens.items()):
                if email in (None, of.email):
                    del self.state.access_tokens[token]

    def revoke(self, email: str) -> None:
        """Take back all that an account has granted, as its owner or an administrator does."""
        with self.lock:
            self.expire_access_tokens(email)
            self.state.consents.pop(email, None)
            for token, of in list(self.state.refresh_tokens.items()):
                if of.email == email:
                    del self.state.refresh_tokens[token]

    def block(self, email: str, policy: str | None = "admin_policy_enforced") -> None:
        """Let the Workspace of an account keep this app out; None lets it in again."""
        with self.lock:
            self.expire_access_tokens(email)
            self.state.accounts[email].policy = policy

    def forget_sync_tokens(self, calendar_id: str | None = None) -> None:
        """Let the next pull of a calendar, or of all, be told to begin anew."""
        with self.lock:
            for calendar in self.state.calendars.values():
                if calendar_id in (None, calendar.calendar_id):
                    calendar.sync_points.clear()

    def channels(self, calendar_id: str | None = None) -> list[Channel]:
        """Return the channels that are open."""
        with self.lock:
            return [
                channel
                for channel in self.state.channels.values()
                if calendar_id in (None, channel.calendar_id) and channel.expires_at > self.now()
            ]

    def calls(self, endpoint: str, account: str | None = None) -> int:
        """Return how many requests came to an endpoint, such as "events.list"."""
        return sum(
            each.endpoint == endpoint and account in (None, each.account) for each in self.requests
        )


def _when(when: datetime | date) -> Resource:
    if not isinstance(when, datetime):
        return {"date": when.isoformat()}
    if when.tzinfo is None:
        raise ValueError("An event's time needs a zone.")
    zone = getattr(when.tzinfo, "key", "UTC")
    return {"dateTime": when.isoformat(), "timeZone": zone}
