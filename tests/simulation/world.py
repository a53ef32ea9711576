"""Hosts, their pages, and everything that works on the simulated store."""

from __future__ import annotations

import itertools
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import patch

from scheduling.adapters.dynamodb import table as table_module
from scheduling.adapters.dynamodb.access import DynamoDbLinks
from scheduling.adapters.dynamodb.booking_pages import DynamoDbBookingPages
from scheduling.adapters.dynamodb.bookings import DynamoDbBookings
from scheduling.adapters.dynamodb.connect_requests import DynamoDbConnectRequests
from scheduling.adapters.dynamodb.connections import DynamoDbConnections
from scheduling.adapters.dynamodb.directories import DynamoDbDirectories
from scheduling.adapters.dynamodb.external_members import DynamoDbExternalMembers
from scheduling.adapters.dynamodb.hosts import DynamoDbHosts
from scheduling.adapters.dynamodb.invitations import DynamoDbInvitations
from scheduling.adapters.dynamodb.online_meetings import DynamoDbOnlineMeetings
from scheduling.adapters.dynamodb.organizations import DynamoDbMembers, DynamoDbOrganizations
from scheduling.adapters.dynamodb.outbox import DynamoDbOutbox
from scheduling.adapters.dynamodb.rate_limits import DynamoDbRateLimits
from scheduling.adapters.dynamodb.reputation import DynamoDbReputation
from scheduling.adapters.dynamodb.table import Table
from scheduling.adapters.dynamodb.working_hours import DynamoDbWorkingHours
from scheduling.domain.availability import Availability
from scheduling.domain.booking_page import BookingPage, BookingRules
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.hours import ClockSpan, WeeklyHours
from scheduling.domain.identifiers import derived_id
from scheduling.domain.links import Link, LinkKey, LinkPurpose
from scheduling.domain.people import ExternalMember
from scheduling.domain.slots import BufferRule, Limit, LimitPeriod
from scheduling.domain.time_range import TimeRange
from scheduling.domain.working_hours import WorkingHours
from scheduling.use_cases import booking as booking_module
from scheduling.use_cases.mails import MailRoom
from tests.simulation import invariants
from tests.simulation.client import Client
from tests.simulation.ledger import ACCESS, SCHEDULING, Ledger
from tests.simulation.post import Post
from tests.simulation.scheduler import Clock, Scheduler
from tests.simulation.store import Store
from tests.simulation.wire import Deserializer, Serializer
from tests.support.builders import AIKO, DAY, EARLY, ORGANIZATION, a_request, an_entry, at
from tests.support.in_memory import InMemoryLiveLook

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.simulation.store import Partitions, Written

BASE_URL = "https://parley.example"
OPENING = at("08:00")
"""When each history begins."""

HOURS = TimeRange(at("09:00"), at("12:00"))
"""When external members can be booked; a member as well, on this weekday."""

_LENGTHS = [timedelta(minutes=minutes) for minutes in (0, 0, 5, 10, 15)]
MAILS_PER_DAY = 2_000
APPROVAL_WITHIN = timedelta(minutes=30)


class World:
    """One history's store, what runs on it, and what has been observed of it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - the same seed, the same history
        self.clock = Clock(OPENING.timestamp())
        self.scheduler = Scheduler(
            self.clock, self.random, depth=self.random.randint(1, 4), length=40
        )
        self.store = Store(tables=(SCHEDULING, ACCESS), seconds=self.clock.monotonic)
        self.client = Client(self.store, self.scheduler, self.random)
        client = cast("DynamoDBClient", self.client)
        self.ledger = Ledger()
        self.post = Post(self.ledger)
        self.seen: Counter[str] = Counter()
        """How often something happened that a history should not go without."""
        scheduling, access = Table(client, SCHEDULING), Table(client, ACCESS)
        self.booking_pages = DynamoDbBookingPages(scheduling)
        self.bookings = DynamoDbBookings(scheduling, access)
        self.hosts = DynamoDbHosts(scheduling)
        self.links = DynamoDbLinks(scheduling, access)
        self.link_keys = OneKey()
        self.rate_limits = DynamoDbRateLimits(access, factor=1000)
        self.live_look = InMemoryLiveLook()
        self.outbox = DynamoDbOutbox(scheduling)
        self.reputation = DynamoDbReputation(scheduling)
        self._external_members = DynamoDbExternalMembers(scheduling, access)
        self._online_meetings = DynamoDbOnlineMeetings(scheduling)
        self._organizations = DynamoDbOrganizations(scheduling)
        self._members = DynamoDbMembers(scheduling)
        self._directories = DynamoDbDirectories(scheduling)
        self._invitations = DynamoDbInvitations(scheduling, access)
        self._connections = DynamoDbConnections(scheduling)
        self._connect_requests = DynamoDbConnectRequests(scheduling)
        self.pages: dict[str, BookingPage] = {}
        """By slug, as they are now."""
        self.longest_buffers: dict[str, tuple[timedelta, timedelta]] = {}
        """Of each page, before and after, however it was changed."""
        self.store.load(_people())
        self._make_pages()
        self.store.forget_past()
        self.store.on_commit = self._observe

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.seconds, UTC)

    def room(self) -> MailRoom:
        """Return a mail room that notes what was so when its worker began."""
        worker = self.post.worker(self.random if self.scheduler.is_running else None)
        return MailRoom(
            base_url=BASE_URL,
            organizations=self._organizations,
            members=self._members,
            external_members=self._external_members,
            directories=self._directories,
            invitations=self._invitations,
            connections=self._connections,
            connect_requests=self._connect_requests,
            hosts=self.hosts,
            booking_pages=self.booking_pages,
            bookings=self.bookings,
            online_meetings=self._online_meetings,
            links=self.links,
            link_keys=self.link_keys,
            outbox=self.outbox,
            mail_templates=worker.templates,
            calendar_files=worker.calendar_files,
            mailer=worker,
            rate_limits=self.rate_limits,
            reputation=self.reputation,
            mails_per_day=MAILS_PER_DAY,
        )

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Let the adapters sleep, wait and draw lots in this world."""
        with ExitStack() as stack:
            for waiting in (table_module.transact, Table.update):
                defaults = cast("dict[str, Any]", waiting.__kwdefaults__)
                stack.enter_context(patch.dict(defaults, sleep=self.scheduler.sleep))
            stack.enter_context(patch.object(table_module, "time", self.clock))
            stack.enter_context(patch.object(table_module, "random", self.random))
            numbers = itertools.count()
            stack.enter_context(
                patch.object(booking_module, "new_link_id", lambda: f"link-{next(numbers):017}")
            )
            stack.enter_context(patch.object(table_module, "_serializer", Serializer()))
            stack.enter_context(patch.object(table_module, "_deserializer", Deserializer()))
            yield

    def change_buffers(self, slug: str) -> None:
        """Give a page other buffers, as its owner may at any time.

        Raises:
            BookingPageChanged: Somebody else does.
        """
        page = self.booking_pages.get(slug)
        rules = replace(
            page.rules,
            buffer_before=self.random.choice(_LENGTHS),
            buffer_after=self.random.choice(_LENGTHS),
        )
        self._note_buffers(slug, rules)
        self.booking_pages.replace(replace(page, rules=rules, version=page.version + 1), an_entry())

    def _observe(self, written: Sequence[Written]) -> None:
        self.client.note("commit", written)
        self.ledger.note(written)
        self.post.note(written)
        invariants.check(
            written, self.store.items(SCHEDULING), self.ledger.present, self.pages, self.now()
        )

    def _make_pages(self) -> None:
        random = self.random
        everybody = [_external("kenji"), _external("yuki")]
        if random.random() < 0.15:
            everybody[1] = HostKey(HostKind.MEMBER, AIKO.member_id)
        for number in range(random.randint(1, 2)):
            hosts, needed = random.choice(
                [(everybody[:1], None), (everybody, None), (everybody, 1)]
            )
            limit = Limit(LimitPeriod.DAY, random.randint(1, 2))
            page = replace(
                _page(
                    f"page-{number}",
                    tuple(hosts),
                    BookingRules(
                        durations=(timedelta(minutes=random.choice([15, 30])),),
                        interval=timedelta(minutes=random.choice([5, 15])),
                        minimum_notice=timedelta(0),
                        buffer_before=random.choice(_LENGTHS),
                        buffer_after=random.choice(_LENGTHS),
                        buffer_rule=random.choice(list(BufferRule)),
                        limits=random.choice([(), (), (limit,)]),
                    ),
                ),
                needed_hosts=needed,
                needs_approval=random.choice([False, True]),
                reminders=random.choice([(), (), (timedelta(hours=1),)]),
            )
            self.booking_pages.add(page, an_entry())
            self.pages[page.slug] = page
            self._note_buffers(page.slug, page.rules)

    def _note_buffers(self, slug: str, rules: BookingRules) -> None:
        before, after = self.longest_buffers.get(slug, (timedelta(0), timedelta(0)))
        self.longest_buffers[slug] = (
            max(before, rules.buffer_before),
            max(after, rules.buffer_after),
        )


class OneKey:
    """Keys of links, without a vault."""

    def current(self) -> LinkKey:
        return LinkKey("k1", b"secret")

    def named(self, key_id: str) -> LinkKey:
        return LinkKey(key_id, b"secret")


@cache
def _people() -> dict[str, Partitions]:
    """Return what is stored about who there is, by table; the same in all worlds."""
    store = Store(tables=(SCHEDULING, ACCESS), seconds=OPENING.timestamp)
    clock = Clock(OPENING.timestamp())
    random = Random(0)  # noqa: S311 - nothing is random yet
    client = Client(store, Scheduler(clock, random, depth=0, length=1), random)
    tables = [Table(cast("DynamoDBClient", client), name) for name in (SCHEDULING, ACCESS)]
    DynamoDbOrganizations(tables[0]).add(ORGANIZATION, AIKO, an_entry())
    span = ClockSpan(60 * HOURS.start.hour, 60 * HOURS.end.hour)
    hours = WeeklyHours("UTC", {DAY.isoweekday(): (span,)})
    DynamoDbWorkingHours(tables[0]).replace(
        WorkingHours(ORGANIZATION.organization_id, AIKO.member_id, version=1, hours=hours),
        an_entry(),
    )
    for member in (_invited("kenji"), _invited("yuki")):
        page = _page(member.booking_page_slug, (_external(member.name),), BookingRules())
        DynamoDbExternalMembers(*tables).add(
            member, page, _link(member), [member.request_mail], an_entry()
        )
    return {name: _without_messages(store.items(name)) for name in (SCHEDULING, ACCESS)}


def _without_messages(items: Partitions) -> Partitions:
    """Return what is stored but for messages: those about invitations were sent long ago."""
    return {
        partition: {sort: item for sort, item in found.items() if not sort.startswith("OB#")}
        for partition, found in items.items()
    }


def _invited(name: str) -> ExternalMember:
    return ExternalMember(
        external_member_id=derived_id(name),
        organization_id=ORGANIZATION.organization_id,
        name=name,
        email=f"{name}@example.org",
        person_in_charge_id=AIKO.member_id,
        booking_page_slug=f"{name}-alone",
        request=a_request(link_id=f"link-of-{name}", fulfilled_at=EARLY),
        created_at=EARLY,
        availability=Availability(1, "UTC", (HOURS,), EARLY),
    )


def _link(member: ExternalMember) -> Link:
    return Link(
        link_id=member.request.link_id,
        purpose=LinkPurpose.AVAILABILITY,
        organization_id=member.organization_id,
        subject_id=member.external_member_id,
        expires_at=DAY + timedelta(days=30),
        created_at=EARLY,
    )


def _external(name: str) -> HostKey:
    return HostKey(HostKind.EXTERNAL_MEMBER, derived_id(name))


def _page(slug: str, hosts: tuple[HostKey, ...], rules: BookingRules) -> BookingPage:
    return BookingPage(
        slug=slug,
        organization_id=ORGANIZATION.organization_id,
        person_in_charge_id=AIKO.member_id,
        hosts=hosts,
        title="Portfolio review",
        location="Studio 2",
        time_zone="UTC",
        created_at=EARLY,
        rules=rules,
        approval_within=APPROVAL_WITHIN,
    )
