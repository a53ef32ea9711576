"""What use cases need from outside, in the words of the domain.

Each promise is tested once for every adapter, the in-memory one included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from scheduling.domain.people import ACTIVE_MEMBERS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from scheduling.domain.audit import Activity, Entry, Name, Thing
    from scheduling.domain.availability_request import RequestFact
    from scheduling.domain.booking import Booking, BookingState, Hold, Taken
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.counts import Count
    from scheduling.domain.directory import Directory
    from scheduling.domain.erasure import Person
    from scheduling.domain.feedback import Feedback
    from scheduling.domain.feeds import (
        CalendarFeed,
        FeedAddress,
        FeedAnswer,
        FeedFailure,
        FeedRequest,
        FeedTurn,
    )
    from scheduling.domain.hosts import Host, HostKey
    from scheduling.domain.hours import Span
    from scheduling.domain.invitations import Invitation
    from scheduling.domain.links import Link, LinkKey
    from scheduling.domain.lists import ListPage
    from scheduling.domain.mails import CalendarEntry, MailFacts, OutgoingMail, RenderedMail
    from scheduling.domain.member_imports import ImportRow, MemberImport
    from scheduling.domain.messages import Delivery, Message, Posted, Subject
    from scheduling.domain.people import ExternalMember, Member, MemberFilter, Organization
    from scheduling.domain.rate_limits import RateLimit
    from scheduling.domain.reputation import MailCategory, MailStanding, PauseReason, SendingHealth
    from scheduling.domain.sessions import Session
    from scheduling.domain.standing import Standing
    from scheduling.domain.time_range import TimeRange
    from scheduling.domain.unsubscribing import Subscription
    from scheduling.domain.working_hours import WorkingHours


class Organizations(Protocol):
    def add(self, organization: Organization, admin: Member, entry: Entry) -> None:
        """Store the organization, its first member and the entry: all, or nothing."""
        ...

    def get(self, organization_id: str) -> Organization: ...

    def replace(self, organization: Organization, entry: Entry) -> None:
        """Store the next version of the organization, and the entry: both, or neither.

        Raises:
            OrganizationChanged: The stored version is not the one before.
        """
        ...


class Members(Protocol):
    def get(self, organization_id: str, member_id: str) -> Member:
        """Raises MemberNotFound."""
        ...

    def get_all(self, organization_id: str, member_ids: Sequence[str]) -> Sequence[Member]:
        """Return those of at most 100 members that there are, in any order, in one request.

        In no request where nobody is asked for.
        """
        ...

    def list(
        self,
        organization_id: str,
        which: MemberFilter = ACTIVE_MEMBERS,
        *,
        cursor: str | None,
        limit: int,
    ) -> ListPage[Member]:
        """Return members by name, in one request.

        With a filter a part may be shorter than `limit`, or empty, and yet have a next one.
        """
        ...

    def at_addresses(self, organization_id: str, emails: Sequence[str]) -> Mapping[str, Member]:
        """Return the organization's members with these addresses, by address, removed ones too.

        At most 100, all different, in two requests.
        """
        ...

    def with_email(self, email: str) -> Sequence[Member]:
        """Return the members with this address, in whichever organization, removed ones too."""
        ...

    def replace(self, member: Member, entry: Entry) -> None:
        """Store the member as they are now, and the entry: both, or neither.

        The address stays as it is.

        Raises:
            MemberChanged: The stored version is not the one before.
            LastAdmin: They were the last active admin, and are so no more.
        """
        ...


class MemberImports(Protocol):
    def add(self, new: MemberImport, rows: Sequence[ImportRow], entry: Entry | None) -> None:
        """Store an import, its rows and the entry, if there is one: all, or nothing.

        Raises:
            IdempotencyKeyReused: There is one with this id.
        """
        ...

    def start(self, started: MemberImport, rows: Sequence[ImportRow], entry: Entry) -> None:
        """Store an import that is running from now on, its rows, and the entry: all, or nothing.

        Raises:
            ImportStarted: It was started before.
        """
        ...

    def get(self, organization_id: str, import_id: str) -> MemberImport:
        """Raises ImportNotFound."""
        ...

    def rows(self, found: MemberImport) -> Sequence[ImportRow]:
        """Return all rows of an import in their order."""
        ...

    def next_rows(self, found: MemberImport) -> Sequence[ImportRow]:
        """Return those `ROWS_AT_ONCE` rows that have the first one still to be done."""
        ...

    def claim(self, found: MemberImport, *, now: datetime) -> MemberImport | None:
        """Take an import up for `LEASE`; None where somebody else has, or where it has ended."""
        ...

    def record(self, before: MemberImport, after: MemberImport, rows: Sequence[ImportRow]) -> bool:
        """Store how far an import is, and what became of its `next_rows`: both, or neither.

        Tell whether it was stored: it is not where another worker has taken it up since.
        """
        ...

    def due(self, *, now: datetime, limit: int) -> Sequence[MemberImport]:
        """Return imports that a worker may take up."""
        ...


class Directories(Protocol):
    def get(self, organization_id: str) -> Directory:
        """Return the directory; an empty one, with version 0, until something was stored."""
        ...

    def replace(self, directory: Directory, entry: Entry) -> None:
        """Store the directory as it is now, and the entry: both, or neither.

        Raises:
            DirectoryChanged: The stored version is not the one before.
        """
        ...


class Invitations(Protocol):
    """Invitations with their links and mails. Of the open ones each address has at most one."""

    def add(self, invitation: Invitation, link: Link, entry: Entry) -> None:
        """Store the invitation, its link, its mail and the entry: all, or nothing.

        Raises:
            EmailAlreadyInvited: The address has an open one, or this one was stored before.
        """
        ...

    def send_again(
        self, invitation: Invitation, link: Link, entry: Entry, *, replaces: str
    ) -> None:
        """Store the new link and its mail and end the link with the id `replaces`.

        Raises:
            InvitationChanged: It is no longer open, or has another link by now.
        """
        ...

    def revoke(self, invitation: Invitation, entry: Entry) -> None:
        """Store the revoked invitation, and free its address to be invited again.

        Raises:
            InvitationChanged: It is no longer open, or has another link by now.
        """
        ...

    def accept(self, invitation: Invitation, member: Member, entry: Entry) -> None:
        """Store the accepted invitation, its member and the entry, and use up its link, once.

        Args:
            member: A new one, or a former one with the version after the stored one.

        Raises:
            LinkUsed: It was accepted, revoked or sent again, or its time is up.
            MemberChanged: Somebody else has made this member, or changed them.
        """
        ...

    def get(self, organization_id: str, invitation_id: str) -> Invitation:
        """Return an invitation, whatever became of it.

        Raises:
            InvitationNotFound: There never was one.
        """
        ...

    def open_to(self, organization_id: str, emails: Sequence[str]) -> Mapping[str, Invitation]:
        """Return open invitations to at most 100 addresses, by address, in two requests.

        Those whose time is up are among them.
        """
        ...

    def list(self, organization_id: str, *, cursor: str | None, limit: int) -> ListPage[Invitation]:
        """Return open invitations, the newest first; those whose time is up, too."""
        ...


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries of an organization's log are meant."""

    after: datetime | None = None
    """At this instant or later."""
    before: datetime | None = None
    """Sooner than this."""
    actor_id: str | None = None
    activity: Activity | None = None
    subject_id: str | None = None


class Names(Protocol):
    """What the ids in the log stand for. Departments, pages and imports have their own lists."""

    def of(self, organization_id: str, things: Collection[Thing]) -> Mapping[Thing, Name]:
        """Return what members, external members, invitations and bookings are called today.

        In one request for each hundred of them, in none for none. Left out are those that are not
        there, or have no name any more. An invitation is called by its address.
        """
        ...


class AuditLog(Protocol):
    """What was done. Entries are added, mostly with the change itself, and never change."""

    def add(self, entry: Entry) -> None:
        """Store an entry of something that changes nothing else."""
        ...

    def list(
        self, organization_id: str, which: EntryFilter, *, cursor: str | None, limit: int
    ) -> ListPage[Entry]:
        """Return entries, the latest first, in at most 3 requests.

        A part may be shorter than `limit`, or empty, and yet have a next one.
        """
        ...


@dataclass(frozen=True, slots=True)
class ExternalMemberFilter:
    """Which external members of an organization are meant."""

    text: str = ""
    """In the name or the address, in lower case."""
    person_in_charge_id: str | None = None
    standings: tuple[Standing, ...] = ()
    """All where empty."""


class ExternalMembers(Protocol):
    def add(
        self,
        member: ExternalMember,
        page: BookingPage,
        link: Link,
        messages: Sequence[Message],
        entry: Entry,
    ) -> None:
        """Store all of it, or nothing.

        Raises:
            EmailAlreadyInvited: The organization has an external member with this address.
            IdempotencyKeyReused: It has one with this id, and another address.
        """
        ...

    def ask_again(
        self,
        member: ExternalMember,
        link: Link,
        messages: Iterable[Message],
        entry: Entry,
        *,
        replaces: str,
    ) -> None:
        """Store the request, with its link in place of the one `replaces`: all, or nothing.

        Raises:
            ExternalMemberNotFound: They are gone, or were asked by somebody else just now.
        """
        ...

    def note(self, member: ExternalMember, fact: RequestFact, *, at: datetime) -> None:
        """Store that something happened to the member's request, as it was read.

        Of a request that is no longer the latest, or of somebody deleted, nothing is noted.
        """
        ...

    def replace_availability(
        self, member: ExternalMember, messages: Sequence[Message], entry: Entry, *, now: datetime
    ) -> None:
        """Store the member's availability, and what it makes of their request: all, or nothing.

        The link of their latest request lives as long as the request says.

        Raises:
            ExternalMemberGone: They were deleted.
            AvailabilityChanged: The stored version is not the one before.
        """
        ...

    def edit(
        self,
        before: ExternalMember,
        after: ExternalMember,
        page: BookingPage | None,
        entry: Entry,
    ) -> None:
        """Store who an external member is now, their page and the entry: all, or nothing.

        Another address frees the former one and ends the link of the latest request.

        Args:
            before: As they were read; their version is the one before that of `after`.
            page: Their booking page as it is now; None where it stays.

        Raises:
            EmailAlreadyInvited: The organization has another external member with the address.
            ExternalMemberChanged: They, or the page, changed since they were read.
        """
        ...

    def remove(self, member: ExternalMember, entry: Entry) -> None:
        """Store the deleted member, free their address to be invited again, forget their calendar.

        Whom `list` returns, they are no longer among; `get` returns them still.

        Raises:
            ExternalMemberNotFound: They are gone already.
        """
        ...

    def get(self, organization_id: str, external_member_id: str) -> ExternalMember:
        """Return an external member, a deleted one too.

        Raises:
            ExternalMemberNotFound: There never was one.
        """
        ...

    def with_email(self, organization_id: str, email: str) -> ExternalMember | None:
        """Return who has this address and was not deleted; None where nobody has."""
        ...

    def list(
        self,
        organization_id: str,
        which: ExternalMemberFilter,
        *,
        now: datetime,
        cursor: str | None,
        limit: int,
    ) -> ListPage[ExternalMember]:
        """Return external members, the newest first, in at most 3 requests.

        A part may be shorter than `limit`, or empty, and yet have a next one.
        """
        ...

    def to_look_at(
        self, organization_id: str, *, now: datetime, limit: int
    ) -> Sequence[ExternalMember]:
        """Return whose standing needs a human, the longest wait first, in at most 3 requests."""
        ...


class CalendarFeeds(Protocol):
    """Linked calendars, their addresses apart from them, and the queue in which they are read."""

    def link(self, feed: CalendarFeed, address: FeedAddress, turn: FeedTurn, entry: Entry) -> None:
        """Store the three in place of what was linked before, and the entry: all, or nothing.

        Raises:
            ExternalMemberGone: They were deleted.
        """
        ...

    def unlink(self, organization_id: str, external_member_id: str, entry: Entry) -> None:
        """Forget calendar, address and turn, and store the entry: all, or nothing.

        Where nothing is linked, nothing changes.
        """
        ...

    def get(self, organization_id: str, external_member_id: str) -> CalendarFeed | None: ...

    def get_all(
        self, organization_id: str, external_member_ids: Sequence[str]
    ) -> Mapping[str, CalendarFeed]:
        """Return the calendars that are linked, by external member; a request for each 100."""
        ...

    def address(self, organization_id: str, external_member_id: str) -> FeedAddress | None: ...

    def record(self, feed: CalendarFeed) -> None:
        """Store what was read, unless another address was linked meanwhile, or none is."""
        ...

    def due(self, *, now: datetime, limit: int) -> Sequence[FeedTurn]:
        """Return turns that have come, at least `limit` where there are as many, in any order."""
        ...

    def take(self, turn: FeedTurn, *, now: datetime) -> FeedTurn | None:
        """Store the turn as taken and return it; None where somebody else was quicker."""
        ...

    def put_back(self, taken: FeedTurn, turn: FeedTurn) -> None:
        """Store when it is next, if nobody took the turn again meanwhile."""
        ...


class CalendarServers(Protocol):
    def read_all(self, requests: Sequence[FeedRequest]) -> Sequence[FeedAnswer | FeedFailure]:
        """Ask several servers at the same time; return what came of each, in their order.

        Each gets 5 seconds and may answer with 1 MB.
        """
        ...


class FeedNotRead(Exception):
    """A file does not tell when somebody is busy."""

    def __init__(self, failure: FeedFailure) -> None:
        super().__init__(failure)
        self.failure = failure


class BusyTimes(Protocol):
    def of(
        self,
        file: bytes,
        within: TimeRange,
        *,
        owner: str,
        time_zone: str,
        apart_from: Sequence[str],
    ) -> tuple[Span, ...]:
        """Return when the owner of a calendar is busy, sorted, in stretches apart from each other.

        Args:
            file: An iCalendar object (RFC 5545), from whoever.
            owner: Their address, to know what they declined.
            time_zone: In which days and clocks are meant where the file does not say.
            apart_from: Ids of bookings, whose calendar entries are passed over.

        Raises:
            FeedNotRead: It is no calendar, or too much of one.
        """
        ...


class WorkingHoursStore(Protocol):
    def get(self, member: Member) -> WorkingHours:
        """Return a member's hours; the usual ones, with version 0, until they were saved."""
        ...

    def replace(self, hours: WorkingHours, entry: Entry) -> None:
        """Store a member's hours, and the entry: both, or neither.

        Raises:
            WorkingHoursChanged: The stored version is not the one before.
        """
        ...


class Hosts(Protocol):
    def get_all(self, organization_id: str, keys: Sequence[HostKey]) -> Sequence[Host]:
        """Return hosts, deleted ones too, in the order of their keys, in one request.

        At most 10, all different.

        Raises:
            HostNotFound: One of them there never was.
        """
        ...


class LiveLook(Protocol):
    def busy(
        self, organization_id: str, member_ids: Sequence[str], within: TimeRange
    ) -> Mapping[str, Sequence[Span]]:
        """Return when members are busy in the calendars they connected, as these say now.

        Our own bookings are among it. Left out are members of whom nothing was found out within
        2 seconds.
        """
        ...


class BookingPages(Protocol):
    def add(self, page: BookingPage, entry: Entry) -> None:
        """Store the page and the entry: both, or neither.

        Raises:
            SlugTaken: There is a page with this address.
        """
        ...

    def replace(self, page: BookingPage, entry: Entry) -> None:
        """Store the page as it is now, and the entry: both, or neither.

        Raises:
            BookingPageChanged: The stored version is not the one before.
        """
        ...

    def get(self, slug: str) -> BookingPage:
        """Raises BookingPageNotFound."""
        ...

    def list(
        self, organization_id: str, *, host_id: str | None = None, cursor: str | None, limit: int
    ) -> ListPage[BookingPage]:
        """Return pages, or those of one host, the newest first.

        A part may be shorter than `limit`, or empty, and yet have a next one.
        """
        ...


@dataclass(frozen=True, slots=True)
class BookingFilter:
    """Which bookings of an organization are meant."""

    after: datetime
    """They start at this instant or later."""
    before: datetime | None = None
    """They start sooner than this."""
    host_id: str | None = None
    person_in_charge_id: str | None = None
    booking_page_slug: str | None = None
    states: tuple[BookingState, ...] = ()
    """All where empty."""
    text: str = ""
    """In the title, or in the name or address of a guest, in lower case."""
    latest_first: bool = False


class Bookings(Protocol):
    """Bookings, and holds, which become bookings.

    Each change claims and releases time in the same step: all of it, or nothing.
    """

    def hold(self, hold: Hold, *, counts: Sequence[Count] = ()) -> Hold:
        """Store the hold and claim its time.

        Return the hold as it is stored: holding once more changes nothing.

        Raises:
            SlotTaken: A part of the time is claimed.
            CountsChanged: One of `counts` is no longer so.
            BusyTryAgain: Nothing could be decided in time.
        """
        ...

    def get_hold(self, hold_id: str) -> Hold:
        """Return the hold, expired or not.

        Raises:
            HoldNotFound: There is none, or no longer.
        """
        ...

    def release(self, hold: Hold) -> None:
        """Remove the hold and free its time; one that is gone stays gone."""
        ...

    def add(
        self,
        booking: Booking,
        link: Link,
        messages: Sequence[Message],
        *,
        entry: Entry | None = None,
        hold: Hold | None = None,
        counts: Sequence[Count] = (),
    ) -> Booking:
        """Store the booking, its link, its messages and the entry, and claim its time.

        Return the booking as it is stored: adding one again changes nothing and
        returns what has become of it.

        Args:
            entry: Who booked; None where that was the guest, as the booking itself tells.
            hold: What the booking is made of: its time passes on, and it ends.
            counts: What has been counted for the limits that the booking keeps.

        Raises:
            SlotTaken: Somebody else has claimed a part of the time, or the hold is gone.
            CountsChanged: One of `counts` is no longer so.
            IdempotencyKeyReused: A booking with this id was made of other contents.
            BusyTryAgain: Nothing could be decided in time.
        """
        ...

    def change(
        self,
        before: Booking,
        after: Booking,
        messages: Sequence[Message],
        entry: Entry,
        *,
        link_expires_at: datetime | None = None,
        counts: Sequence[Count] = (),
    ) -> None:
        """Store what has become of a booking, with its messages and the entry.

        Time that it no longer takes is released, time that it takes now is claimed.

        Args:
            before: As it was read; its version is the one before that of `after`.
            link_expires_at: How long the guest's link lives now; as before where None.

        Raises:
            BookingChanged: The stored version is not that of `before`.
            SlotTaken: Somebody else has claimed a part of the time.
            CountsChanged: One of `counts` is no longer so.
            BusyTryAgain: Nothing could be decided in time.
        """
        ...

    def get(self, organization_id: str, booking_id: str) -> Booking:
        """Raises BookingNotFound."""
        ...

    def of_guest(self, organization_id: str, email: str) -> Sequence[Booking]:
        """Return the bookings of somebody who booked, or is brought along, in any order.

        One that was stored a moment ago is among them; those from before this was kept
        are not.
        """
        ...

    def taken(
        self, organization_id: str, host_id: str, within: TimeRange, *, fresh: bool = False
    ) -> Sequence[Taken]:
        """Return what takes a host's time, with its buffers, within a range, in one request.

        What has expired is among it until it is released.

        Args:
            fresh: Whether what was stored a moment ago has to be among it.
        """
        ...

    def counted(self, counts: Sequence[Count]) -> Sequence[Count]:
        """Return the counts as they are now, in one request, or in none where there are none."""
        ...

    def list(
        self, organization_id: str, which: BookingFilter, *, cursor: str | None, limit: int
    ) -> ListPage[Booking]:
        """Return bookings by start, in at most 3 requests.

        A part may be shorter than `limit`, or empty, and yet have a next one.
        """
        ...

    def overdue(self, *, now: datetime, limit: int) -> Sequence[Hold | Booking]:
        """Return holds that have expired, and requests nobody decided about in time."""
        ...


class Links(Protocol):
    def get(self, link_id: str) -> Link:
        """Raises LinkNotFound."""
        ...

    def add(self, link: Link, message: Message | None = None) -> None:
        """Store the link and the message that carries it: both, or neither."""
        ...

    def use(self, link: Link, entry: Entry | None, *, now: datetime) -> None:
        """Mark the link as used, once, and store the entry if there is one: both, or neither.

        Raises:
            LinkUsed: It was used, replaced or is over.
        """
        ...

    def count_code_attempt(self, link: Link) -> None:
        """Count that a code was typed for this link.

        Raises:
            LinkUsed: As many as are allowed were typed before.
        """
        ...


class LinkKeys(Protocol):
    def current(self) -> LinkKey:
        """Return the key that new links are signed with."""
        ...

    def named(self, key_id: str) -> LinkKey:
        """Raises LinkNotFound."""
        ...


class Sessions(Protocol):
    def add(self, session: Session) -> None: ...

    def get(self, session_hash: str) -> Session | None:
        """Return the session, ended or not; None where there never was one."""
        ...

    def end(self, session_hash: str, entry: Entry) -> None:
        """End the session and store the entry; ending one that is over changes nothing."""
        ...


class RateLimits(Protocol):
    def allows(self, limit: RateLimit, value: str, *, now: datetime) -> bool:
        """Count one use by a value and tell whether it is within the limit.

        Raises:
            LimiterUnavailable: It could not be counted; what is asked for must not be done.
        """
        ...

    def is_used_up(self, limit: RateLimit, value: str, *, now: datetime) -> bool:
        """Tell whether one more use by a value would pass the limit; counts nothing.

        Raises:
            LimiterUnavailable: It could not be found out; what is asked for must not be done.
        """
        ...


class Outbox(Protocol):
    def get(self, message: Message) -> Delivery:
        """Return how far the message has come."""
        ...

    def get_all(self, messages: Sequence[Message]) -> Sequence[Delivery]:
        """Return the deliveries of at most 100 messages, in their order, in one request."""
        ...

    def claim(self, message: Message, *, now: datetime) -> Delivery | None:
        """Take the message for `LEASE`, or return None where there is nothing to do now.

        A message whose former lease ran out may be taken again: its worker
        died between "sent" and "recorded", or before.
        """
        ...

    def record(self, message: Message, delivery: Delivery) -> None:
        """Store how a try ended, if this claim is still the latest.

        Being paused, or scheduled anew, uses up no try. A paused message without a next attempt
        waits for `requeue_paused`. What was told about the mail meanwhile stays.
        """
        ...

    def of_subject(
        self, organization_id: str, subject: Subject, subject_id: str
    ) -> Sequence[Posted]:
        """Return the latest 100 messages about one thing, the newest first, in one request."""
        ...

    def requeue(self, message: Message, *, now: datetime) -> bool:
        """Have a message sent that waited for its organization; tell whether it did."""
        ...

    def requeue_paused(self, organization_id: str, *, now: datetime) -> int:
        """Have all messages sent that waited for their organization; return how many.

        One that was recorded a moment ago may be missed.
        """
        ...

    def requeue_waiting(self, organization_id: str, booking_id: str, *, now: datetime) -> int:
        """Have those messages about a booking sent that waited for its link; return how many."""
        ...

    def due(self, *, now: datetime, limit: int) -> Sequence[Message]:
        """Return at most `limit` messages whose next attempt is due, the longest due first."""
        ...


class Reputation(Protocol):
    """How the mails of organizations fare, and which addresses are not to be written to."""

    def standing(
        self, organization_id: str, address_hash: str, category: MailCategory | None = None
    ) -> MailStanding:
        """Return what stands in the way of a mail, in one request."""
        ...

    def count_mail(self, organization_id: str, day: date, *, limit: int) -> bool:
        """Count one mail that is about to be sent; tell whether it is among the day's `limit`."""
        ...

    def note(self, message: Message, address_hash: str, feedback: Feedback) -> bool:
        """Store what was told about a mail; tell whether it was news.

        A bounce for good or a complaint is counted and suppresses the address in
        the same step: all of it, or nothing.

        Args:
            address_hash: Of the address that the mail went to.
        """
        ...

    def health(self, organization_id: str, today: date) -> SendingHealth:
        """Return how an organization's mails fare, in one request."""
        ...

    def pause(
        self, organization_id: str, reason: PauseReason, entry: Entry, *, now: datetime
    ) -> bool:
        """Let an organization's mails wait, and store the entry; tell whether they did not before.

        Where they wait already, nothing changes.
        """
        ...

    def resume(self, organization_id: str, *, now: datetime) -> None:
        """Let them go on, and judge anew from here; where they do, nothing changes."""
        ...

    def unsubscribe(self, subscription: Subscription, *, now: datetime) -> None:
        """Send no more mails of a category to an address; a second time changes nothing."""
        ...

    def lift(self, organization_id: str, address_hash: str, entry: Entry) -> None:
        """Forget that mails to an address came back, and store the entry: both, or neither.

        That one was marked as spam stays. Where nothing is forgotten, nothing changes.
        """
        ...


class PersonalRecords(Protocol):
    """What is held under somebody's address, and how it ends.

    What is erased is stored as it is given. Once more changes nothing.
    """

    def external_members_at(self, organization_id: str, email: str) -> Sequence[ExternalMember]:
        """Return who has this address and was not erased, deleted ones too."""
        ...

    def invitations_at(self, organization_id: str, email: str) -> Sequence[Invitation]:
        """Return the invitations that went to this address, whatever became of them."""
        ...

    def typed_links_at(self, email: str) -> Sequence[Link]:
        """Return links to sign in or up that somebody asked for by typing this address.

        They belong to no organization. Those that were asked for with none left are not there.
        """
        ...

    def import_rows_of(self, organization_id: str, person: Person) -> Sequence[ImportRow]:
        """Return the rows of all files that are about somebody."""
        ...

    def erase_from_booking(
        self, before: Booking, after: Booking, email: str, *, now: datetime
    ) -> None:
        """Store a booking without the person at an address, who no longer leads to it.

        Where they were the guest, the guest's link ends; where they were a host, it is forgotten
        where in their calendar the event is. Calendars are told.

        Args:
            before: As it was read.

        Raises:
            BookingChanged: The stored one is not that of `before`.
        """
        ...

    def erase_from_page(self, before: BookingPage, after: BookingPage | None) -> None:
        """Store a page as it is now; where nothing is left of it, its address leads nowhere.

        Raises:
            BookingPageChanged: The stored version is not that of `before`.
        """
        ...

    def erase_from_imports(self, organization_id: str, person: Person) -> bool:
        """Store all files without somebody; tell whether it was all, and no file is being read."""
        ...

    def erase_mail_errors(self, organization_id: str, subject: Subject, subject_id: str) -> None:
        """Forget what mail servers said about mails: some say whom they were for."""
        ...

    def erase_invitation(self, invitation: Invitation) -> None:
        """Forget the address of an invitation that is not open."""
        ...

    def erase_link(self, link: Link) -> None:
        """Forget a link of `typed_links_at`, and its mail."""
        ...

    def erase_external_member(self, before: ExternalMember, after: ExternalMember) -> None:
        """Store what is kept of a deleted external member, whom nothing leads to any more.

        Raises:
            ExternalMemberChanged: The stored version is not that of `before`.
        """
        ...

    def erase_connected(self, organization_id: str, member_id: str) -> None:
        """Forget what is left of connections that were forgotten, tokens too, and requests for any.

        Mails about them stay.
        """
        ...

    def erase_member(self, before: Member, after: Member) -> None:
        """Store what is kept of a former member: not in a list, nor their hours and address.

        Raises:
            MemberChanged: The stored version is not that of `before`.
        """
        ...


class MailTemplates(Protocol):
    def render(self, facts: MailFacts, locale: str) -> RenderedMail: ...


class CalendarFiles(Protocol):
    def render(self, entry: CalendarEntry) -> bytes:
        """Return an iCalendar object (RFC 5545) with one event."""
        ...


class MailNotAccepted(Exception):
    """The mail service did not take the mail; another try may succeed."""


class Mailer(Protocol):
    @property
    def address(self) -> str:
        """The address mails come from, at the sending domain."""
        ...

    def send(self, mail: OutgoingMail) -> str:
        """Hand the mail over and return the mail service's name for it.

        Raises:
            MailNotAccepted: The mail service answered with an error, or not at all.
        """
        ...
