"""Linking a calendar by its address, and reading what is linked."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Protocol

from scheduling.domain.audit import Activity, Actor, ActorKind, Entry
from scheduling.domain.feeds import (
    CalendarFeed,
    FeedFailure,
    FeedTurn,
    checked_address,
    span_to_read,
)
from scheduling.domain.identifiers import new_id
from scheduling.domain.links import LinkPurpose
from scheduling.domain.refusals import ExternalMemberGone
from scheduling.ports import FeedNotRead
from scheduling.use_cases.links import read_link_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.feeds import FeedAnswer, FeedRequest
    from scheduling.domain.people import ExternalMember
    from scheduling.domain.sessions import SignedIn

AT_ONCE = 10

MOST_LISTED = 2500
"""Turns read of each part of the queue, so that one organization does not hide the others."""

VERIFIED = "verified"


@dataclass(frozen=True, slots=True)
class _Reading:
    """A calendar that is about to be read."""

    turn: FeedTurn
    """As it was taken."""
    feed: CalendarFeed
    request: FeedRequest
    owner: ExternalMember
    bookings: tuple[str, ...]
    """The ids of those that the owner's own calendar may show as well."""


def link_calendar(
    token: str,
    typed: str,
    *,
    network: str,
    now: datetime,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    external_members: ports.ExternalMembers,
    calendar_feeds: ports.CalendarFeeds,
) -> CalendarFeed:
    """Link the calendar at an address in place of the one before; it is read within minutes.

    What is known of the calendar stays where the address is the same.

    Args:
        network: Where the request comes from, as `domain.audit.masked_network` writes it.

    Raises:
        LinkNotFound, LinkExpired, LinkReplaced: The link does not work.
        InvalidInput: The address cannot be read; names `address`.
        ExternalMemberGone: They are no longer invited.
    """
    link = read_link_for(LinkPurpose.AVAILABILITY, token, now=now, links=links, link_keys=link_keys)
    address = checked_address(typed)
    whose = link.organization_id, link.subject_id
    if external_members.get(*whose).deleted_at is not None:
        raise ExternalMemberGone
    feed = CalendarFeed(*whose, new_id(), address.host_name, linked_at=now)
    before = calendar_feeds.get(*whose)
    if before is not None and calendar_feeds.address(*whose) == address:
        feed = replace(before, feed_id=feed.feed_id, linked_at=now)
    turn = FeedTurn(*whose, feed.feed_id, due_at=now)
    entry = _entry(Activity.CALENDAR_LINKED, *whose, network=network, now=now)
    calendar_feeds.link(feed, address, turn, entry)
    return feed


def unlink_calendar(
    token: str,
    *,
    network: str,
    now: datetime,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    calendar_feeds: ports.CalendarFeeds,
) -> None:
    """Forget the linked calendar, its address and when it was busy.

    Args:
        network: Where the request comes from, as `domain.audit.masked_network` writes it.

    Raises:
        LinkNotFound, LinkExpired, LinkReplaced: The link does not work.
    """
    link = read_link_for(LinkPurpose.AVAILABILITY, token, now=now, links=links, link_keys=link_keys)
    whose = link.organization_id, link.subject_id
    entry = _entry(Activity.CALENDAR_UNLINKED, *whose, network=network, now=now)
    calendar_feeds.unlink(*whose, entry)


def _entry(
    activity: Activity,
    organization_id: str,
    external_member_id: str,
    *,
    network: str,
    now: datetime,
) -> Entry:
    return Entry(
        organization_id,
        now,
        Actor(ActorKind.EXTERNAL_MEMBER, external_member_id, network),
        activity,
        subject_id=external_member_id,
    )


def linked_calendar(
    by: SignedIn, external_member_id: str, *, calendar_feeds: ports.CalendarFeeds
) -> CalendarFeed | None:
    """Return the calendar that an external member linked; None where they linked none."""
    return calendar_feeds.get(by.organization.organization_id, external_member_id)


def due_turns(*, now: datetime, calendar_feeds: ports.CalendarFeeds) -> list[FeedTurn]:
    """Return the turns that have come, in a fair order."""
    return in_turn(calendar_feeds.due(now=now, limit=MOST_LISTED))


class _Turn(Protocol):
    """Something that is due, at `due_at`, and belongs to an organization."""

    @property
    def organization_id(self) -> str: ...


def in_turn[Turn: _Turn](turns: Iterable[Turn]) -> list[Turn]:
    """Return the first turn of each organization, then the second of each, and so on.

    Those of an organization stay in the order in which they came, so that one
    which links thousands of calendars lets nobody else wait.
    """
    before: Counter[str] = Counter()
    ranked: list[tuple[int, Turn]] = []
    for turn in sorted(turns, key=attrgetter("due_at")):
        ranked.append((before[turn.organization_id], turn))
        before[turn.organization_id] += 1
    return [turn for _, turn in sorted(ranked, key=itemgetter(0))]


def read_calendars(
    turns: Sequence[FeedTurn],
    *,
    now: datetime,
    external_members: ports.ExternalMembers,
    bookings: ports.Bookings,
    calendar_feeds: ports.CalendarFeeds,
    calendar_servers: ports.CalendarServers,
    busy_times: ports.BusyTimes,
) -> Counter[str]:
    """Read the calendars whose turns these are, all at the same time.

    Those that somebody else is reading, and those that were unlinked, are passed over.

    Returns:
        How many were `verified`, and how many not, by `FeedFailure`.

    Raises:
        ExceptionGroup: What nobody foresaw with some of them, after all others were read.
    """
    readings: list[_Reading] = []
    failures: list[Exception] = []
    for turn in turns:
        with _kept_for_later(failures):
            reading = _begun(
                turn,
                now=now,
                external_members=external_members,
                bookings=bookings,
                calendar_feeds=calendar_feeds,
            )
            readings += [] if reading is None else [reading]
    answers = calendar_servers.read_all([reading.request for reading in readings])
    ends: Counter[str] = Counter()
    for reading, answer in zip(readings, answers, strict=True):
        with _kept_for_later(failures):
            feed = _read(reading, answer, now=now, busy_times=busy_times)
            calendar_feeds.record(feed)
            if feed.failure is None:
                calendar_feeds.put_back(reading.turn, reading.turn.succeeded(now))
            ends[feed.failure or VERIFIED] += 1
    if failures:
        raise ExceptionGroup("some calendars failed", failures)
    return ends


@contextmanager
def _kept_for_later(failures: list[Exception]) -> Iterator[None]:
    """Let one calendar's failure wait for those that are read after it."""
    try:
        yield
    except Exception as failure:  # noqa: BLE001 - raised once the others are read
        failures.append(failure)


def _begun(
    turn: FeedTurn,
    *,
    now: datetime,
    external_members: ports.ExternalMembers,
    bookings: ports.Bookings,
    calendar_feeds: ports.CalendarFeeds,
) -> _Reading | None:
    """Take the turn; None where it is not to be had, or another calendar is linked by now."""
    whose = turn.organization_id, turn.external_member_id
    taken = calendar_feeds.take(turn, now=now)
    feed, address = calendar_feeds.get(*whose), calendar_feeds.address(*whose)
    if taken is None or feed is None or address is None or feed.feed_id != taken.feed_id:
        return None
    booked = bookings.taken(*whose, span_to_read(now))
    return _Reading(
        turn=taken,
        feed=feed,
        request=feed.request(address, now),
        owner=external_members.get(*whose),
        bookings=tuple(each.owner_id for each in booked if not each.is_hold),
    )


def _read(
    reading: _Reading,
    answer: FeedAnswer | FeedFailure,
    *,
    now: datetime,
    busy_times: ports.BusyTimes,
) -> CalendarFeed:
    if isinstance(answer, FeedFailure):
        return reading.feed.failed(answer, now)
    if answer.content is None:
        return reading.feed.verified(now)
    try:
        busy = busy_times.of(
            answer.content,
            span_to_read(now),
            owner=reading.owner.email,
            time_zone=reading.owner.availability.time_zone,
            apart_from=reading.bookings,
        )
    except FeedNotRead as unread:
        return reading.feed.failed(unread.failure, now)
    return reading.feed.read(busy, answer.etag, now)
