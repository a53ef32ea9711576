"""What a page lists can be booked, and nothing else, through the use cases as people reach them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from scheduling.domain.availability import Availability
from scheduling.domain.booking_page import BookingPage, BookingRules
from scheduling.domain.feeds import CalendarFeed
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.hours import merged
from scheduling.domain.refusals import BookingPageInactive, SlotUnavailable
from scheduling.domain.slots import BufferRule, Verdict
from scheduling.domain.time_range import TimeRange
from scheduling.domain.working_hours import WorkingHours
from scheduling.use_cases.slots import explain_day, slots_of_page
from tests.support.builders import AIKO, ORGANIZATION, STAFF, an_entry, an_external_member
from tests.support.in_memory import InMemoryAdapters
from tests.support.road import book, do, hold
from tests.unit.domain.test_slots_properties import DAYS, hours_around, limit, some, zones

CELL = timedelta(minutes=5)

choices = st.integers(0, 1000)


def linked_calendar(draw: DrawFn, whose: tuple[str, str], midnight: datetime) -> CalendarFeed:
    """Draw a calendar with up to three busy stretches, to the minute, around a day."""
    busy = []
    for _ in range(draw(st.integers(0, 3))):
        start = int(midnight.timestamp()) + 60 * draw(st.integers(-1440, 2880))
        busy.append((start, start + 60 * draw(st.integers(1, 240))))
    feed = CalendarFeed(*whose, "feed", "calendar.example.org", linked_at=midnight)
    return feed.read(tuple(merged(busy)), "", midnight)


@st.composite
def worlds(draw: DrawFn) -> tuple[InMemoryAdapters, BookingPage, datetime]:
    """Draw an organization with two pages of some hosts, bookings and holds, and a midnight."""
    time_zone = draw(zones)
    day = draw(st.sampled_from([day for day in DAYS[time_zone] if day.year >= 2026]))
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    parley = InMemoryAdapters(now=midnight - timedelta(hours=draw(st.integers(0, 48))))
    parley.organizations.add(ORGANIZATION, AIKO, an_entry())

    def member() -> HostKey:
        who = replace(AIKO, member_id=f"member{len(parley.store.members)}")
        parley.store.members[who.organization_id, who.member_id] = who
        hours = hours_around(draw, day, time_zone, 1800)
        limits = tuple(some(draw, lambda: limit(draw), 0, 1))
        parley.store.working_hours[who.organization_id, who.member_id] = WorkingHours(
            who.organization_id, who.member_id, 1, hours, limits
        )
        return HostKey(HostKind.MEMBER, who.member_id)

    def external_member() -> HostKey:
        opens = midnight + draw(st.integers(-24, 48)) * 6 * CELL
        window = TimeRange(opens, opens + draw(st.integers(1, 60)) * 6 * CELL)
        who = replace(
            an_external_member(),
            external_member_id=f"external{len(parley.store.external_members)}",
            availability=Availability(1, time_zone, (window,), parley.now()),
        )
        whose = who.organization_id, who.external_member_id
        parley.store.external_members[whose] = who
        if draw(st.booleans()):
            parley.store.calendar_feeds[whose] = linked_calendar(draw, whose, midnight)
        return HostKey(HostKind.EXTERNAL_MEMBER, who.external_member_id)

    def one_host() -> HostKey:
        return member() if draw(st.booleans()) else external_member()

    hosts = tuple(some(draw, one_host, 1, 3))
    lengths = st.integers(0, 12).map(lambda cells: cells * CELL)

    def page(slug: str) -> BookingPage:
        made = BookingPage(
            slug=slug,
            organization_id=ORGANIZATION.organization_id,
            person_in_charge_id=AIKO.member_id,
            hosts=hosts,
            title="Portfolio review",
            location="",
            time_zone=time_zone,
            created_at=parley.now(),
            needed_hosts=draw(st.integers(1, len(hosts))),
            rules=BookingRules(
                durations=(draw(st.sampled_from([3, 6, 12, 24])) * CELL,),
                interval=draw(st.sampled_from([None, 3 * CELL, 12 * CELL])),
                minimum_notice=timedelta(hours=draw(st.sampled_from([0, 4, 24]))),
                buffer_before=draw(lengths),
                buffer_after=draw(lengths),
                buffer_rule=draw(st.sampled_from(BufferRule)),
                horizon_days=draw(st.sampled_from([1, 90])),
                limits=tuple(some(draw, lambda: limit(draw), 0, 1)),
            ),
            needs_approval=draw(st.booleans()),
        )
        parley.booking_pages.add(made, an_entry())
        return made

    pages = page("one"), page("other")
    for number in range(draw(st.integers(0, 4))):
        take = draw(st.sampled_from([book_for_somebody, hold]))
        slug = draw(st.sampled_from(pages)).slug
        starts = listed_on(parley, slug, midnight)
        if starts:
            take(parley, slug, starts[draw(choices) % len(starts)], key=f"before {number}")
    return parley, pages[0], midnight


def book_for_somebody(parley: InMemoryAdapters, slug: str, start: datetime, *, key: str) -> None:
    book(parley, slug, start, key=key, email=f"{key.replace(' ', '-')}@guest.example")


def listed_on(parley: InMemoryAdapters, slug: str, midnight: datetime) -> tuple[datetime, ...]:
    within = TimeRange(midnight, midnight + timedelta(days=2))
    try:
        return do(parley, slots_of_page, slug, within).starts
    except BookingPageInactive:
        return ()


@settings(max_examples=10_000, deadline=None, derandomize=True, database=None)
@given(world=worlds(), choice=choices, asked=st.integers(0, 2 * 288 - 1))
def test_every_listed_slot_books_and_no_other_does(world, choice, asked):
    parley, page, midnight = world
    listed = listed_on(parley, page.slug, midnight)
    start = midnight + asked * CELL

    explained = do(parley, explain_day, STAFF, page.slug, midnight.date())
    of_day = {
        datetime.fromtimestamp(each.start, UTC)
        for each in explained.explanations
        if each.verdict is Verdict.OPEN
    }
    if explained.is_active:
        assert of_day & {*listed} == {each for each in of_day if each >= midnight}

    if start not in listed:
        stored = written(parley)
        assert not is_booked(parley, page, start, "another form")
        assert written(parley) == stored
    if listed:
        assert is_booked(parley, page, listed[choice % len(listed)], "form")


def written(parley: InMemoryAdapters) -> int:
    """Return how often something was written, but for counts of who asked."""
    return parley.store.writes - sum(parley.store.counters.values())


def is_booked(parley: InMemoryAdapters, page: BookingPage, start: datetime, key: str) -> bool:
    try:
        booked = book(parley, page.slug, start, key=key, email="jo@guest.example")
    except (SlotUnavailable, BookingPageInactive):
        return False
    return booked.booking.time.start == start
