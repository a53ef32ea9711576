"""What each port promises, promised by the adapter and by its stand-in in memory."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from types import SimpleNamespace

import pytest

from scheduling.adapters.dynamodb.access import (
    DynamoDbLinks,
    DynamoDbSessions,
)
from scheduling.adapters.dynamodb.audit_log import DynamoDbAuditLog
from scheduling.adapters.dynamodb.booking_pages import DynamoDbBookingPages
from scheduling.adapters.dynamodb.bookings import DynamoDbBookings
from scheduling.adapters.dynamodb.external_members import DynamoDbExternalMembers
from scheduling.adapters.dynamodb.hosts import DynamoDbHosts
from scheduling.adapters.dynamodb.organizations import DynamoDbMembers, DynamoDbOrganizations
from scheduling.adapters.dynamodb.outbox import DynamoDbOutbox
from scheduling.adapters.dynamodb.rate_limits import DynamoDbRateLimits
from scheduling.adapters.dynamodb.working_hours import DynamoDbWorkingHours
from scheduling.domain.availability import Availability
from scheduling.domain.availability_request import RequestFact
from scheduling.domain.booking import HOLD_LIFE, Answer, BookingState, Taken
from scheduling.domain.booking_page import BookingRules, Question, QuestionKind
from scheduling.domain.counts import Count, CountsChanged
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.hours import ClockSpan, DateOverride, DateSpan, Travel, WeeklyHours
from scheduling.domain.identifiers import derived_id, new_id
from scheduling.domain.links import LinkPurpose, new_link_id
from scheduling.domain.messages import (
    LEASE,
    Delivery,
    DeliveryState,
    Message,
    MessageKind,
    Recipient,
    Subject,
)
from scheduling.domain.rate_limits import RateLimit
from scheduling.domain.refusals import (
    AvailabilityChanged,
    BookingChanged,
    BookingNotFound,
    BookingPageChanged,
    BookingPageNotFound,
    EmailAlreadyInvited,
    ExternalMemberNotFound,
    HoldNotFound,
    HostNotFound,
    IdempotencyKeyReused,
    InvalidInput,
    LinkNotFound,
    LinkUsed,
    MemberNotFound,
    SlotTaken,
    SlugTaken,
    WorkingHoursChanged,
)
from scheduling.domain.sessions import Session
from scheduling.domain.slots import BufferRule, Limit, LimitPeriod
from scheduling.domain.standing import Standing
from scheduling.domain.working_hours import WorkingHours, usual_hours
from scheduling.ports import BookingFilter, ExternalMemberFilter
from tests.support.builders import (
    AIKO,
    EARLY,
    ORGANIZATION,
    a_booking,
    a_guest,
    a_guest_link,
    a_hold,
    a_link,
    a_member_host,
    a_message,
    a_page,
    a_request,
    an_entry,
    an_external_member,
    at,
    between,
    host_of,
)
from tests.support.builders import booked as booked_hosts
from tests.support.in_memory import InMemoryAdapters
from tests.support.tables import create_limits_table

ORG = ORGANIZATION.organization_id


@pytest.fixture(params=["in memory", "dynamodb"])
def ports(request):
    if request.param == "in memory":
        return InMemoryAdapters()
    scheduling, access = request.getfixturevalue("tables")
    limits = create_limits_table(scheduling.client)
    return SimpleNamespace(
        organizations=DynamoDbOrganizations(scheduling),
        members=DynamoDbMembers(scheduling),
        external_members=DynamoDbExternalMembers(scheduling, access),
        working_hours=DynamoDbWorkingHours(scheduling),
        hosts=DynamoDbHosts(scheduling),
        booking_pages=DynamoDbBookingPages(scheduling),
        bookings=DynamoDbBookings(scheduling, access),
        links=DynamoDbLinks(scheduling, access),
        sessions=DynamoDbSessions(scheduling, access),
        rate_limits=DynamoDbRateLimits(limits),
        audit_log=DynamoDbAuditLog(scheduling),
        outbox=DynamoDbOutbox(scheduling),
    )


def invited(ports, *windows, **details):
    host = an_external_member(*windows, **details)
    ports.external_members.add(host, a_page(host), a_link(host), [host.request_mail], an_entry())
    return host


def booked(ports, host, time, guest=None, **details):
    return added(ports, a_booking(host, time, guest, **details))


def added(ports, booking, **details):
    messages = [a_message(booking)]
    return ports.bookings.add(booking, a_guest_link(booking), messages, **details)


def requested(ports, host, time):
    """Store a request that somebody has to decide about until an hour before the meeting."""
    booking = a_booking(host, time)
    expires_at = time.start - timedelta(hours=1)
    return added(ports, replace(booking, state=BookingState.PENDING, expires_at=expires_at))


def held(ports, host, time, **details):
    return ports.bookings.hold(a_hold(host, time, **details))


def changed(ports, before, after, **details):
    message = a_message(after, MessageKind.BOOKING_MOVED)
    ports.bookings.change(before, after, [message], an_entry(), **details)
    return after


def cancelled(booking):
    return booking.cancelled(Recipient.GUEST, "Ill", now=EARLY + timedelta(hours=1))


def moved(booking, time, *hosts, **claim_details):
    """Return the booking at another time; with its present hosts unless others are named."""
    host_ids = tuple(host.host_id for host in booked_hosts(*hosts)) or booking.host_ids
    claim = replace(booking.claim, time=time, host_ids=host_ids, **claim_details)
    return booking.moved(claim, booked_hosts(*hosts) or booking.hosts, now=EARLY)


def taken_times(ports, host):
    taken = ports.bookings.taken(ORG, host.external_member_id, between("00:00", "24:00"))
    return [each.time for each in taken]


def all_parts(list_part, *, limit):
    """Return everything in a list, read part by part."""
    items, cursor = [], None
    while True:
        part = list_part(cursor=cursor, limit=limit)
        items += part.items
        cursor = part.next_cursor
        if cursor is None:
            return items


# Organizations and members


def test_an_organization_is_stored_with_its_first_member(ports):
    ports.organizations.add(ORGANIZATION, AIKO, an_entry())

    assert ports.organizations.get(ORG) == ORGANIZATION
    assert ports.members.get(ORG, AIKO.member_id) == AIKO
    assert ports.members.with_email(AIKO.email) == [AIKO]


def test_a_member_is_found_in_their_organization_only(ports):
    ports.organizations.add(ORGANIZATION, AIKO, an_entry())

    with pytest.raises(MemberNotFound):
        ports.members.get(new_id(), AIKO.member_id)


# External members


def all_external_members(ports, organization_id=ORG):
    return ports.external_members.list(
        organization_id, ExternalMemberFilter(), now=EARLY, cursor=None, limit=9
    )


def asked_again(host, link, asked_at=EARLY):
    return replace(host, request=a_request(asked_at, number=2, link_id=link.link_id))


def ask_again(ports, host, again, link):
    ports.external_members.ask_again(
        again,
        link,
        [again.request_mail],
        an_entry(),
        replaces=host.request.link_id,
    )


def test_an_invited_external_member_has_a_page_a_link_and_a_message(ports):
    host = invited(ports)

    assert ports.external_members.get(ORG, host.external_member_id) == host
    assert ports.booking_pages.get(host.booking_page_slug) == a_page(host)
    assert ports.links.get(host.request.link_id) == a_link(host)
    assert ports.outbox.get(host.request_mail).state is DeliveryState.QUEUED


def test_an_address_is_invited_once(ports):
    invited(ports, email="kenji@example.org")

    with pytest.raises(EmailAlreadyInvited):
        invited(ports, email="kenji@example.org")


def test_an_external_member_is_found_in_their_organization_only(ports):
    host = invited(ports)

    with pytest.raises(ExternalMemberNotFound):
        ports.external_members.get(new_id(), host.external_member_id)


def test_external_members_are_listed_newest_first_page_by_page(ports):
    hosts = [
        replace(an_external_member(email=f"{number}@example.org"), created_at=at(f"0{number}:00"))
        for number in range(5)
    ]
    for host in hosts:
        ports.external_members.add(
            host, a_page(host), a_link(host), [host.request_mail], an_entry()
        )

    listed = partial(ports.external_members.list, ORG, ExternalMemberFilter(), now=EARLY)
    assert all_parts(listed, limit=2) == hosts[::-1]


@pytest.mark.parametrize("cursor", ["?", "AAAA=", "\u00e9"])
def test_a_cursor_that_no_list_gave_out_is_named(ports, cursor):
    with pytest.raises(InvalidInput) as refused:
        ports.external_members.list(ORG, ExternalMemberFilter(), now=EARLY, cursor=cursor, limit=2)

    assert [problem.field for problem in refused.value.problems] == ["cursor"]


def test_asking_again_ends_the_old_link(ports):
    host = invited(ports)
    link = replace(a_link(host), link_id=new_link_id(), generation=2, created_at=at("09:00"))
    again = asked_again(host, link, at("09:00"))

    ask_again(ports, host, again, link)

    assert ports.external_members.get(ORG, host.external_member_id) == again
    assert ports.links.get(host.request.link_id).replaced_at == at("09:00")
    assert ports.links.get(link.link_id).replaced_at is None
    assert ports.outbox.get(again.request_mail).state is DeliveryState.QUEUED


def test_only_one_of_two_who_ask_again_at_once_does(ports):
    host = invited(ports)
    link = replace(a_link(host), link_id=new_link_id(), generation=2)
    again = asked_again(host, link)
    ask_again(ports, host, again, link)
    other = replace(link, link_id=new_link_id())

    with pytest.raises(ExternalMemberNotFound):
        ask_again(ports, host, again, other)


def saved(host, version):
    times = (between("09:00", "10:00"), between("13:00", "14:00"))
    availability = Availability(version, "Asia/Tokyo", times, EARLY)
    request = host.request.answered(
        availability, now=EARLY, link_expires_at=EARLY + timedelta(days=60)
    )
    return replace(host, availability=availability, request=request)


def entered(member):
    return Message(
        organization_id=ORG,
        subject=Subject.EXTERNAL_MEMBER,
        subject_id=member.external_member_id,
        version=member.availability.version,
        kind=MessageKind.AVAILABILITY_ENTERED,
        recipient=Recipient.PERSON_IN_CHARGE,
    )


def save(ports, member):
    entry = an_entry()
    ports.external_members.replace_availability(member, [entered(member)], entry, now=EARLY)


def test_saved_times_are_read_back_and_prolong_the_link(ports):
    host = invited(ports)
    member = saved(host, 1)

    save(ports, member)

    assert ports.external_members.get(ORG, host.external_member_id) == member
    assert ports.links.get(host.request.link_id).expires_at == EARLY + timedelta(days=60)
    assert ports.outbox.get(entered(member)).state is DeliveryState.QUEUED


def test_of_two_saves_from_the_same_version_the_second_is_refused(ports):
    host = invited(ports)
    member = saved(host, 1)
    save(ports, member)

    with pytest.raises(AvailabilityChanged) as refused:
        save(ports, member)

    assert refused.value.current_version == 1


def test_whoever_was_removed_is_not_listed_and_still_known(ports):
    host = invited(ports)
    gone = replace(host, deleted_at=at("09:00"))

    ports.external_members.remove(gone, an_entry())

    assert not all_external_members(ports).items
    assert ports.external_members.get(ORG, host.external_member_id) == gone


def test_the_address_of_somebody_removed_can_be_invited_again(ports):
    host = invited(ports)
    ports.external_members.remove(replace(host, deleted_at=at("09:00")), an_entry())

    again = invited(ports)

    assert all_external_members(ports).items == (again,)


def test_nobody_is_removed_twice(ports):
    host = replace(invited(ports), deleted_at=at("09:00"))
    ports.external_members.remove(host, an_entry())

    with pytest.raises(ExternalMemberNotFound):
        ports.external_members.remove(host, an_entry())


def test_whoever_was_removed_is_not_asked_again(ports):
    host = invited(ports)
    ports.external_members.remove(replace(host, deleted_at=at("09:00")), an_entry())
    link = replace(a_link(host), link_id=new_link_id(), generation=2)
    again = asked_again(host, link)

    with pytest.raises(ExternalMemberNotFound):
        ask_again(ports, host, again, link)


@pytest.mark.parametrize("fact", RequestFact)
def test_what_happens_to_a_request_is_noted_once(ports, fact):
    host = invited(ports)

    ports.external_members.note(host, fact, at=at("09:00"))
    ports.external_members.note(host, fact, at=at("10:00"))

    stored = ports.external_members.get(ORG, host.external_member_id)
    assert stored.request.facts == {fact: at("09:00")}


def test_nothing_is_noted_about_a_request_that_was_replaced(ports):
    host = invited(ports)
    link = replace(a_link(host), link_id=new_link_id(), generation=2)
    ask_again(ports, host, asked_again(host, link), link)

    ports.external_members.note(host, RequestFact.BOUNCED, at=at("09:00"))

    assert not ports.external_members.get(ORG, host.external_member_id).request.facts


def to_look_at(ports, now):
    return [who.email for who in ports.external_members.to_look_at(ORG, now=now, limit=9)]


def test_who_is_overdue_or_cannot_be_reached_is_to_be_looked_at(ports):
    overdue = invited(ports, email="late@example.org")
    bounced = invited(ports, email="gone@example.org")
    answered = invited(ports, email="good@example.org")
    save(ports, saved(answered, 1))
    ports.external_members.note(bounced, RequestFact.BOUNCED, at=at("09:00"))
    deadline = overdue.request.terms.deadline

    assert to_look_at(ports, at("08:00")) == []
    assert to_look_at(ports, at("09:00")) == [bounced.email]
    assert to_look_at(ports, deadline) == [bounced.email, overdue.email]


def test_whoever_was_removed_is_not_looked_at(ports):
    host = invited(ports)
    gone = replace(host, deleted_at=at("09:00"))
    ports.external_members.remove(gone, an_entry())

    assert to_look_at(ports, host.request.terms.deadline) == []


@pytest.mark.parametrize(
    ("which", "found"),
    [
        (ExternalMemberFilter(text="tanaka"), {"kenji@example.org", "lena@example.org"}),
        (ExternalMemberFilter(text="lena@"), {"lena@example.org"}),
        (ExternalMemberFilter(text="nobody"), set()),
        (ExternalMemberFilter(person_in_charge_id=derived_id("somebody")), set()),
        (ExternalMemberFilter(standings=(Standing.ANSWERED,)), {"lena@example.org"}),
        (
            ExternalMemberFilter(standings=(Standing.OVERDUE, Standing.QUEUED), text="kenji"),
            {"kenji@example.org"},
        ),
    ],
)
def test_external_members_are_found_by_who_they_are_and_how_far(ports, which, found):
    invited(ports)
    save(ports, saved(invited(ports, email="lena@example.org"), 1))

    part = ports.external_members.list(ORG, which, now=at("08:00"), cursor=None, limit=9)

    assert {member.email for member in part.items} == found


def test_members_are_read_in_one_go(ports):
    ports.organizations.add(ORGANIZATION, AIKO, an_entry())

    assert list(ports.members.get_all(ORG, [AIKO.member_id, new_id()])) == [AIKO]


# Hours and hosts

SAVED_HOURS = WorkingHours(
    organization_id=ORG,
    member_id=AIKO.member_id,
    version=1,
    hours=WeeklyHours(
        time_zone="Europe/Berlin",
        weekdays={
            1: (ClockSpan(9 * 60, 12 * 60), ClockSpan(13 * 60, 24 * 60)),
            5: (ClockSpan(22 * 60, 2 * 60),),
            7: (),
        },
        overrides=(
            DateOverride(date(2026, 12, 24), (ClockSpan(9 * 60, 12 * 60 + 5),)),
            DateOverride(date(2026, 12, 25), ()),
        ),
        out_of_office=(DateSpan(date(2026, 12, 28), date(2027, 1, 3)),),
        travel=(Travel(DateSpan(date(2027, 2, 1), date(2027, 2, 5)), "Asia/Tokyo"),),
    ),
    limits=(Limit(LimitPeriod.DAY, 3), Limit(LimitPeriod.WEEK, 10)),
)


def test_a_member_has_the_usual_hours_until_they_save_theirs(ports):
    assert ports.working_hours.get(AIKO) == usual_hours(AIKO)


def test_saved_hours_are_read_back(ports):
    ports.working_hours.replace(SAVED_HOURS, an_entry())
    assert ports.working_hours.get(AIKO) == SAVED_HOURS

    again = replace(SAVED_HOURS, version=2, limits=())
    ports.working_hours.replace(again, an_entry())

    assert ports.working_hours.get(AIKO) == again


@pytest.mark.parametrize("version", [1, 3])
def test_hours_are_saved_over_the_version_before_only(ports, version):
    ports.working_hours.replace(SAVED_HOURS, an_entry())

    with pytest.raises(WorkingHoursChanged):
        ports.working_hours.replace(replace(SAVED_HOURS, version=version, limits=()), an_entry())

    assert ports.working_hours.get(AIKO) == SAVED_HOURS


def test_hosts_of_both_kinds_are_read_in_the_order_asked_for(ports):
    ports.organizations.add(ORGANIZATION, AIKO, an_entry())
    kenji = host_of(invited(ports, between("09:00", "12:00")))
    aiko = a_member_host()

    assert list(ports.hosts.get_all(ORG, [kenji.key, aiko.key])) == [kenji, aiko]
    assert list(ports.hosts.get_all(ORG, [aiko.key, kenji.key])) == [aiko, kenji]


def test_a_member_is_a_host_with_their_saved_hours_limits_and_language(ports):
    aiko = replace(AIKO, locale="ja")
    ports.organizations.add(ORGANIZATION, aiko, an_entry())
    ports.working_hours.replace(SAVED_HOURS, an_entry())

    [host] = ports.hosts.get_all(ORG, [a_member_host().key])

    assert host == replace(a_member_host(aiko, SAVED_HOURS.hours), limits=SAVED_HOURS.limits)


def test_a_removed_host_is_known_to_be_gone(ports):
    member = replace(invited(ports), deleted_at=at("09:00"))
    ports.external_members.remove(member, an_entry())

    [host] = ports.hosts.get_all(ORG, [host_of(member).key])

    assert host.is_gone


@pytest.mark.parametrize("kind", HostKind)
def test_there_is_no_host_that_nobody_added(ports, kind):
    ports.organizations.add(ORGANIZATION, AIKO, an_entry())

    with pytest.raises(HostNotFound):
        ports.hosts.get_all(ORG, [a_member_host().key, HostKey(kind, new_id())])


# Booking pages

EVERY_RULE = BookingRules(
    durations=(timedelta(minutes=45), timedelta(minutes=90)),
    interval=timedelta(minutes=15),
    minimum_notice=timedelta(0),
    buffer_before=timedelta(minutes=5),
    buffer_after=timedelta(minutes=10),
    buffer_rule=BufferRule.MAX,
    horizon_days=7,
    dates=DateSpan(date(2026, 12, 1), date(2026, 12, 31)),
    limits=(Limit(LimitPeriod.MONTH, 20),),
)


def test_a_page_keeps_its_rules(ports):
    host = an_external_member()
    ports.external_members.add(
        host, a_page(host, EVERY_RULE), a_link(host), [host.request_mail], an_entry()
    )

    assert ports.booking_pages.get(host.booking_page_slug) == a_page(host, EVERY_RULE)


def test_a_page_keeps_everything_that_can_be_set(ports):
    page = replace(
        a_page(a_member_host()),
        hosts=(a_member_host().key, host_of(an_external_member()).key),
        needed_hosts=1,
        description="Bring your portfolio.",
        locale="de",
        zone_is_locked=True,
        questions=(
            Question("q1", "What is it about?", QuestionKind.TEXT, is_required=True),
            Question("q2", "Where from?", QuestionKind.CHOICE, choices=("A friend", "The web")),
        ),
        needs_approval=True,
        approval_within=timedelta(hours=24),
        reminders=(timedelta(days=1), timedelta(minutes=30)),
        is_on=False,
    )

    ports.booking_pages.add(page, an_entry())

    assert ports.booking_pages.get(page.slug) == page


def test_there_is_no_page_at_an_unknown_address(ports):
    with pytest.raises(BookingPageNotFound):
        ports.booking_pages.get("nobody")


def test_an_address_belongs_to_one_page(ports):
    page = a_page(a_member_host())
    ports.booking_pages.add(page, an_entry())

    with pytest.raises(SlugTaken):
        ports.booking_pages.add(replace(page, organization_id=new_id()), an_entry())

    assert ports.booking_pages.get(page.slug) == page


def test_a_changed_page_is_stored(ports):
    page = a_page(a_member_host())
    ports.booking_pages.add(page, an_entry())
    after = replace(page, title="Interview", version=2)

    ports.booking_pages.replace(after, an_entry())

    assert ports.booking_pages.get(page.slug) == after


@pytest.mark.parametrize("version", [1, 2, 4])
def test_a_page_is_changed_over_the_version_before_only(ports, version):
    page = a_page(a_member_host())
    ports.booking_pages.add(page, an_entry())
    ports.booking_pages.replace(replace(page, version=2), an_entry())

    with pytest.raises(BookingPageChanged):
        ports.booking_pages.replace(replace(page, title="Interview", version=version), an_entry())

    assert ports.booking_pages.get(page.slug).title == page.title


def test_pages_are_listed_newest_first_part_by_part(ports):
    page = a_page(a_member_host())
    pages = [
        replace(page, slug=f"page-{number}", created_at=at(f"0{number}:00")) for number in range(5)
    ]
    for each in pages:
        ports.booking_pages.add(each, an_entry())

    assert all_parts(partial(ports.booking_pages.list, ORG), limit=2) == pages[::-1]


def test_the_page_of_an_invited_external_member_is_listed(ports):
    host = invited(ports)

    assert ports.booking_pages.list(ORG, cursor=None, limit=9).items == (a_page(host),)
    assert not ports.booking_pages.list(new_id(), cursor=None, limit=9).items


def test_the_pages_of_one_host_are_listed(ports):
    kenji, mei = an_external_member(), an_external_member()
    both = replace(a_page(kenji), slug="both", hosts=(host_of(mei).key, host_of(kenji).key))
    for page in (a_page(kenji), a_page(mei), both):
        ports.booking_pages.add(page, an_entry())

    pages = partial(ports.booking_pages.list, ORG, host_id=kenji.external_member_id)

    assert {page.slug for page in all_parts(pages, limit=1)} == {kenji.booking_page_slug, "both"}


@pytest.mark.parametrize("cursor", ["?", "AAAA", "MTc5NjExNTYwMCNQQUdF"])
def test_a_cursor_that_no_list_of_pages_gave_out_is_named(ports, cursor):
    with pytest.raises(InvalidInput) as refused:
        ports.booking_pages.list(ORG, cursor=cursor, limit=2)

    assert [problem.field for problem in refused.value.problems] == ["cursor"]


# Claims


def test_a_booking_takes_its_time(ports):
    host = invited(ports)
    time, quarter = between("09:00", "10:00"), timedelta(minutes=15)
    booking = booked(ports, host, time, before=quarter, after=quarter)

    assert ports.bookings.get(ORG, booking.booking_id) == booking
    assert ports.links.get(booking.guest_link_id) == a_guest_link(booking)
    assert list(ports.bookings.taken(ORG, host.external_member_id, between("10:10", "12:00"))) == [
        Taken(
            owner_id=booking.booking_id,
            time=time,
            before=quarter,
            after=quarter,
            booking_page_slug=host.booking_page_slug,
            taken_at=EARLY,
        )
    ]
    assert not ports.bookings.taken(ORG, host.external_member_id, between("10:15", "12:00"))


def test_a_booking_keeps_everything_about_it(ports):
    booking = replace(
        a_booking(invited(ports), between("09:00", "10:00")),
        other_guests=("noor@guest.example", "li@guest.example"),
        answers=(Answer("What is it about?", "My work"), Answer("Where from?", "The web")),
        reminders=(timedelta(days=1), timedelta(minutes=30)),
    )

    added(ports, booking)

    assert ports.bookings.get(ORG, booking.booking_id) == booking


@pytest.mark.parametrize("fresh", [True, False])
def test_what_is_taken_is_sorted_by_start(ports, fresh):
    host = invited(ports)
    for hour in ("11", "09", "10"):
        booked(ports, host, between(f"{hour}:00", f"{hour}:30"))

    day = between("00:00", "24:00")
    taken = ports.bookings.taken(ORG, host.external_member_id, day, fresh=fresh)

    assert [each.time.start for each in taken] == [at("09:00"), at("10:00"), at("11:00")]


@pytest.mark.parametrize(
    "time",
    [
        between("09:00", "10:00"),
        between("08:30", "09:05"),
        between("09:55", "10:30"),
        between("09:20", "09:40"),
        between("08:00", "11:00"),
    ],
)
def test_no_other_booking_takes_a_part_of_it(ports, time):
    host = invited(ports)
    booked(ports, host, between("09:00", "10:00"))
    late = a_booking(host, time, a_guest("Noor Ali"))

    with pytest.raises(SlotTaken):
        added(ports, late)

    with pytest.raises(BookingNotFound):
        ports.bookings.get(ORG, late.booking_id)
    with pytest.raises(LinkNotFound):
        ports.links.get(late.guest_link_id)


@pytest.mark.parametrize("time", [between("08:00", "09:00"), between("10:00", "12:15")])
def test_a_booking_may_touch_another(ports, time):
    host = invited(ports)
    booked(ports, host, between("09:00", "10:00"))

    booked(ports, host, time)

    assert len(taken_times(ports, host)) == 2


@pytest.mark.parametrize(
    ("start", "rule", "is_open"),
    [
        ("10:25", BufferRule.SUM, False),
        ("10:30", BufferRule.SUM, True),
        ("10:10", BufferRule.MAX, False),
        ("10:15", BufferRule.MAX, True),
    ],
)
def test_buffers_are_kept_by_the_rule_of_whoever_comes(ports, start, rule, is_open):
    host, quarter = invited(ports), timedelta(minutes=15)
    booked(ports, host, between("09:00", "10:00"), after=quarter)
    late = a_booking(host, between(start, "11:00"), before=quarter, buffer_rule=rule)

    if is_open:
        added(ports, late)
    else:
        with pytest.raises(SlotTaken):
            added(ports, late)


@pytest.mark.parametrize("rule", BufferRule)
@pytest.mark.parametrize("time", [between("08:00", "08:50"), between("10:10", "11:00")])
def test_no_meeting_is_in_the_buffer_of_another(ports, time, rule):
    host, quarter = invited(ports), timedelta(minutes=15)
    booked(ports, host, between("09:00", "10:00"), before=quarter, after=quarter)

    with pytest.raises(SlotTaken):
        booked(ports, host, time, buffer_rule=rule)


def test_a_shared_buffer_stays_with_the_one_who_stays(ports):
    host, quarter = invited(ports), timedelta(minutes=15)
    first = booked(ports, host, between("09:00", "10:00"), after=quarter)
    second = booked(
        ports, host, between("10:15", "11:00"), before=quarter, buffer_rule=BufferRule.MAX
    )
    changed(ports, first, cancelled(first))

    with pytest.raises(SlotTaken):
        booked(ports, host, between("09:45", "10:05"))
    changed(ports, second, cancelled(second))
    booked(ports, host, between("09:45", "10:05"))


def test_a_booking_may_be_long_and_cross_midnight(ports):
    host = invited(ports)
    night = between("18:00", "24:00")
    night = replace(night, end=night.end + timedelta(hours=6))

    booked(ports, host, night)

    after_midnight = replace(night, start=at("24:00"))
    taken = ports.bookings.taken(ORG, host.external_member_id, after_midnight)
    assert [each.time for each in taken] == [night]


def test_hosts_do_not_get_in_each_others_way(ports):
    booked(ports, invited(ports, email="a@example.org"), between("09:00", "10:00"))

    booked(ports, invited(ports, email="b@example.org"), between("09:00", "10:00"))


def test_a_booking_takes_the_time_of_all_its_hosts_or_of_none(ports):
    kenji, mei = an_external_member(), an_external_member()
    booked(ports, mei, between("09:30", "10:00"))

    with pytest.raises(SlotTaken):
        booked(ports, kenji, between("09:00", "10:00"), others=[mei])
    assert not taken_times(ports, kenji)

    booked(ports, kenji, between("10:00", "11:00"), others=[mei])
    for host in (kenji, mei):
        with pytest.raises(SlotTaken):
            booked(ports, host, between("10:30", "11:30"))


# Bookings


def test_the_same_booking_again_is_the_same_booking(ports):
    host = invited(ports)
    booking = booked(ports, host, between("09:00", "10:00"))
    again = replace(booking, guest_link_id=new_link_id(), booked_at=at("00:00"))

    assert added(ports, again) == booking


def test_the_same_booking_again_is_what_became_of_it(ports):
    host = invited(ports)
    booking = booked(ports, host, between("09:00", "10:00"))
    gone = changed(ports, booking, cancelled(booking))

    assert added(ports, booking) == gone


def test_an_identity_is_not_used_for_another_booking(ports):
    host = invited(ports)
    booking = booked(ports, host, between("09:00", "10:00"))

    with pytest.raises(IdempotencyKeyReused):
        added(ports, replace(booking, fingerprint="another"))


def test_a_cancelled_booking_frees_its_time_and_stays_to_be_seen(ports):
    host = invited(ports)
    booking = booked(ports, host, between("09:00", "10:00"))

    gone = changed(ports, booking, cancelled(booking))

    assert ports.bookings.get(ORG, booking.booking_id) == gone
    assert ports.bookings.get(ORG, booking.booking_id).state is BookingState.CANCELLED
    assert not taken_times(ports, host)
    booked(ports, host, between("09:30", "10:30"))


@pytest.mark.parametrize("start", ["08:45", "08:55", "09:05", "09:15", "14:00"])
@pytest.mark.parametrize("rule", BufferRule)
def test_a_moved_booking_takes_its_new_time_and_frees_the_old_one(ports, start, rule):
    host, ten = invited(ports), timedelta(minutes=10)
    before = booked(ports, host, between("09:00", "09:30"), before=ten, after=ten, buffer_rule=rule)
    time = replace(before.time, start=at(start), end=at(start) + timedelta(minutes=30))

    after = changed(ports, before, moved(before, time))

    assert ports.bookings.get(ORG, before.booking_id) == after
    assert taken_times(ports, host) == [time]
    changed(ports, after, cancelled(after))
    booked(ports, host, between("08:00", "16:00"))


def test_a_booking_that_cannot_be_moved_stays_where_it_is(ports):
    host = invited(ports)
    booked(ports, host, between("10:00", "11:00"))
    booking = booked(ports, host, between("09:00", "10:00"))

    with pytest.raises(SlotTaken):
        changed(ports, booking, moved(booking, between("09:30", "10:30")))

    assert ports.bookings.get(ORG, booking.booking_id) == booking
    assert taken_times(ports, host) == [between("09:00", "10:00"), between("10:00", "11:00")]


def test_other_hosts_may_take_a_booking_over(ports):
    kenji, mei, noor = (an_external_member() for _ in range(3))
    time = between("09:00", "10:00")
    booking = booked(ports, kenji, time, others=[mei])

    after = changed(ports, booking, moved(booking, time, mei, noor))

    assert after.former_host_ids == (kenji.external_member_id,)
    assert ports.bookings.get(ORG, booking.booking_id) == after
    assert [taken_times(ports, host) for host in (kenji, mei, noor)] == [[], [time], [time]]


def test_a_moved_booking_prolongs_the_link_of_its_guest(ports):
    booking = booked(ports, invited(ports), between("09:00", "10:00"))
    after = moved(booking, between("11:00", "12:00"))

    changed(ports, booking, after, link_expires_at=at("23:00"))

    assert ports.links.get(booking.guest_link_id).expires_at == at("23:00")
    message = a_message(after, MessageKind.BOOKING_MOVED)
    assert ports.outbox.get(message).state is DeliveryState.QUEUED


def test_of_two_changes_to_the_same_version_the_second_is_refused(ports):
    booking = booked(ports, invited(ports), between("09:00", "10:00"))
    changed(ports, booking, moved(booking, between("11:00", "12:00")))

    with pytest.raises(BookingChanged):
        changed(ports, booking, cancelled(booking))


def test_a_change_whose_answer_was_lost_is_made_once(ports):
    host = invited(ports)
    booking = booked(ports, host, between("09:00", "10:00"))
    after = changed(ports, booking, moved(booking, between("09:30", "10:30")))

    changed(ports, booking, after)

    assert ports.bookings.get(ORG, booking.booking_id) == after
    assert taken_times(ports, host) == [between("09:30", "10:30")]


def test_a_meeting_somebody_missed_still_takes_its_time(ports):
    host = invited(ports)
    booking = booked(ports, host, between("09:00", "10:00"))

    changed(ports, booking, booking.missed(now=at("09:30")))

    assert taken_times(ports, host) == [between("09:00", "10:00")]


# Requests


def test_a_request_takes_its_time_from_the_first_second(ports):
    host = invited(ports)
    request = requested(ports, host, between("09:00", "10:00"))

    assert ports.bookings.get(ORG, request.booking_id) == request
    [taken] = ports.bookings.taken(ORG, host.external_member_id, between("00:00", "24:00"))
    assert taken.expires_at == at("08:00")
    with pytest.raises(SlotTaken):
        booked(ports, host, between("09:00", "10:00"))


def test_a_request_nobody_decides_about_is_overdue(ports):
    request = requested(ports, invited(ports), between("09:00", "10:00"))

    assert not ports.bookings.overdue(now=at("07:59"), limit=9)
    assert list(ports.bookings.overdue(now=at("08:00"), limit=9)) == [request]


def test_an_approved_request_is_not_overdue(ports):
    host = invited(ports)
    request = requested(ports, host, between("09:00", "10:00"))

    changed(ports, request, request.approved(now=at("07:00")))

    assert not ports.bookings.overdue(now=at("23:00"), limit=9)
    [taken] = ports.bookings.taken(ORG, host.external_member_id, between("00:00", "24:00"))
    assert taken.expires_at is None


@pytest.mark.parametrize("ended", ["declined", "expired", "cancelled"])
def test_a_request_that_ended_frees_its_time(ports, ended):
    host = invited(ports)
    request = requested(ports, host, between("09:00", "10:00"))
    after = {
        "declined": partial(request.declined, Recipient.PERSON_IN_CHARGE, "No", now=at("07:00")),
        "expired": partial(request.expired, now=at("08:00")),
        "cancelled": partial(request.cancelled, Recipient.GUEST, "Ill", now=at("07:00")),
    }[ended]()

    changed(ports, request, after)

    assert not ports.bookings.overdue(now=at("23:00"), limit=9)
    assert not taken_times(ports, host)
    booked(ports, host, between("09:00", "10:00"))


def test_a_request_moved_closer_is_overdue_sooner(ports):
    request = requested(ports, invited(ports), between("09:00", "10:00"))

    after = changed(ports, request, moved(request, between("06:00", "07:00")))

    assert list(ports.bookings.overdue(now=at("06:00"), limit=9)) == [after]


# Holds


def test_a_hold_takes_its_time(ports):
    host, ten = invited(ports), timedelta(minutes=10)
    hold = held(ports, host, between("09:00", "10:00"), before=ten, after=ten)

    assert ports.bookings.get_hold(hold.hold_id) == hold
    [taken] = ports.bookings.taken(ORG, host.external_member_id, between("00:00", "24:00"))
    assert (taken.owner_id, taken.is_hold) == (hold.hold_id, True)
    assert (taken.taken_at, taken.expires_at) == (hold.held_at, hold.expires_at)
    with pytest.raises(SlotTaken):
        booked(ports, host, between("10:05", "11:00"))


def test_a_slot_is_held_by_one_guest(ports):
    host = invited(ports)
    held(ports, host, between("09:00", "10:00"))
    late = a_hold(host, between("09:30", "10:30"))

    with pytest.raises(SlotTaken):
        ports.bookings.hold(late)

    with pytest.raises(HoldNotFound):
        ports.bookings.get_hold(late.hold_id)


def test_holding_once_more_changes_nothing(ports):
    hold = held(ports, invited(ports), between("09:00", "10:00"))
    later = replace(hold, held_at=hold.expires_at, expires_at=hold.expires_at + HOLD_LIFE)

    assert ports.bookings.hold(later) == hold
    assert ports.bookings.get_hold(hold.hold_id) == hold


def test_a_released_hold_frees_its_time_and_stays_gone(ports):
    host, ten = invited(ports), timedelta(minutes=10)
    hold = held(ports, host, between("09:00", "10:00"), before=ten, after=ten)

    ports.bookings.release(hold)
    ports.bookings.release(hold)

    with pytest.raises(HoldNotFound):
        ports.bookings.get_hold(hold.hold_id)
    assert not taken_times(ports, host)
    booked(ports, host, between("09:00", "10:00"))


def test_a_slot_that_was_let_go_can_be_held_again_at_once(ports):
    host = invited(ports)
    hold = held(ports, host, between("09:00", "10:00"))
    ports.bookings.release(hold)

    ports.bookings.hold(hold)

    assert ports.bookings.get_hold(hold.hold_id) == hold
    assert taken_times(ports, host) == [between("09:00", "10:00")]


def test_a_hold_that_a_guest_replaced_is_not_released_with_the_former_one(ports):
    former = held(ports, invited(ports), between("09:00", "10:00"))
    ports.bookings.release(former)
    hold = replace(former, expires_at=former.expires_at + timedelta(minutes=1))
    ports.bookings.hold(hold)

    ports.bookings.release(former)

    assert ports.bookings.get_hold(hold.hold_id) == hold


def test_an_expired_hold_takes_its_time_until_it_is_released(ports):
    host = invited(ports)
    hold = held(ports, host, between("09:00", "10:00"))
    assert not ports.bookings.overdue(now=hold.expires_at - timedelta(seconds=1), limit=9)

    assert list(ports.bookings.overdue(now=hold.expires_at, limit=9)) == [hold]
    assert taken_times(ports, host) == [between("09:00", "10:00")]
    ports.bookings.release(hold)

    assert not ports.bookings.overdue(now=hold.expires_at, limit=9)
    assert not taken_times(ports, host)


def test_not_more_is_overdue_at_once_than_was_asked_for(ports):
    host = invited(ports)
    for hour in ("09", "10", "11"):
        held(ports, host, between(f"{hour}:00", f"{hour}:30"))
        requested(ports, host, between(f"{hour}:30", f"{hour}:45"))

    assert len(ports.bookings.overdue(now=at("23:00"), limit=5)) == 5
    assert len(ports.bookings.overdue(now=at("23:00"), limit=9)) == 6


def of_hold(hold, host):
    """Return the booking that is made of a hold."""
    booking = a_booking(host, hold.claim.time)
    return replace(booking, booking_id=hold.hold_id, claim=hold.claim)


def test_a_hold_becomes_a_booking(ports):
    host, ten = invited(ports), timedelta(minutes=10)
    hold = held(ports, host, between("09:00", "10:00"), before=ten, after=ten)
    booking = of_hold(hold, host)

    assert added(ports, booking, hold=hold) == booking

    with pytest.raises(HoldNotFound):
        ports.bookings.get_hold(hold.hold_id)
    [taken] = ports.bookings.taken(ORG, host.external_member_id, between("00:00", "24:00"))
    assert not taken.is_hold
    changed(ports, booking, cancelled(booking))
    booked(ports, host, between("08:30", "10:30"))


def test_a_hold_may_become_a_booking_of_another_time(ports):
    host = invited(ports)
    hold = held(ports, host, between("09:00", "10:00"))
    booking = of_hold(hold, host)
    booking = replace(booking, claim=replace(booking.claim, time=between("09:30", "10:30")))

    added(ports, booking, hold=hold)

    assert taken_times(ports, host) == [between("09:30", "10:30")]
    booked(ports, host, between("09:00", "09:30"))


def test_a_hold_that_is_gone_becomes_nothing(ports):
    host = invited(ports)
    hold = held(ports, host, between("09:00", "10:00"))
    ports.bookings.release(hold)

    with pytest.raises(SlotTaken):
        added(ports, of_hold(hold, host), hold=hold)

    assert not taken_times(ports, host)
    added(ports, of_hold(hold, host))


def test_a_hold_becomes_a_booking_once(ports):
    host = invited(ports)
    hold = held(ports, host, between("09:00", "10:00"))
    booking = added(ports, of_hold(hold, host), hold=hold)

    assert added(ports, of_hold(hold, host), hold=hold) == booking


def test_what_is_booked_is_not_held_as_well(ports):
    host = invited(ports)
    hold = a_hold(host, between("09:00", "10:00"))
    added(ports, of_hold(hold, host))

    with pytest.raises(SlotTaken):
        ports.bookings.hold(
            replace(hold, claim=replace(hold.claim, time=between("14:00", "15:00")))
        )


def test_what_is_held_is_not_booked_past_its_hold(ports):
    host = invited(ports)
    hold = held(ports, host, between("09:00", "10:00"))
    booking = replace(a_booking(host, between("14:00", "15:00")), booking_id=hold.hold_id)

    with pytest.raises(SlotTaken):
        added(ports, booking)


# Counts


def test_nothing_is_counted_before_the_first_booking(ports):
    host = invited(ports)
    counts = [Count(ORG, host.external_member_id), Count(ORG, new_id())]

    assert list(ports.bookings.counted(counts)) == counts
    assert list(ports.bookings.counted([])) == []


def test_a_count_rises_with_each_booking_that_keeps_a_limit(ports):
    host = invited(ports)
    [count] = ports.bookings.counted([Count(ORG, host.external_member_id)])

    added(ports, a_booking(host, between("09:00", "10:00")), counts=[count])
    [after] = ports.bookings.counted([count])
    ports.bookings.hold(a_hold(host, between("10:00", "11:00")), counts=[after])

    assert after.number == 1
    assert [count.number for count in ports.bookings.counted([count])] == [2]


def test_whoever_counted_before_somebody_else_booked_counts_again(ports):
    host = invited(ports)
    count = Count(ORG, host.external_member_id)
    added(ports, a_booking(host, between("09:00", "10:00")), counts=[count])

    with pytest.raises(CountsChanged):
        added(ports, a_booking(host, between("10:00", "11:00")), counts=[count])
    with pytest.raises(CountsChanged):
        ports.bookings.hold(a_hold(host, between("10:00", "11:00")), counts=[count])

    assert taken_times(ports, host) == [between("09:00", "10:00")]


def test_a_move_is_refused_when_somebody_booked_since_it_was_counted(ports):
    host = invited(ports)
    count = Count(ORG, host.external_member_id)
    booking = added(ports, a_booking(host, between("09:00", "10:00")), counts=[count])
    after = moved(booking, between("11:00", "12:00"))

    with pytest.raises(CountsChanged):
        changed(ports, booking, after, counts=[count])
    changed(ports, booking, after, counts=[replace(count, number=1)])

    assert [count.number for count in ports.bookings.counted([count])] == [2]


def test_a_taken_slot_is_taken_whatever_was_counted(ports):
    host = invited(ports)
    count = Count(ORG, host.external_member_id)
    added(ports, a_booking(host, between("09:00", "10:00")), counts=[count])

    with pytest.raises(SlotTaken):
        added(ports, a_booking(host, between("09:00", "10:00")), counts=[count])


# Lists of bookings


@pytest.mark.parametrize("latest_first", [True, False])
def test_bookings_are_listed_by_start_page_by_page(ports, latest_first):
    host = invited(ports)
    bookings = {
        hour: booked(ports, host, between(f"{hour}:00", f"{hour}:30"), a_guest(f"G{hour}"))
        for hour in ("11", "09", "10", "13", "12", "14")
    }
    which = BookingFilter(after=at("10:00"), before=at("14:00"), latest_first=latest_first)

    listed = all_parts(partial(ports.bookings.list, ORG, which), limit=2)

    expected = [bookings[hour] for hour in ("10", "11", "12", "13")]
    assert listed == (expected[::-1] if latest_first else expected)


def test_a_moved_booking_is_listed_where_it_is_now(ports):
    host = invited(ports)
    booking = booked(ports, host, between("09:00", "10:00"))
    after = changed(ports, booking, moved(booking, between("11:00", "12:00")))

    late = ports.bookings.list(ORG, BookingFilter(after=at("10:00")), cursor=None, limit=9)

    assert late.items == (after,)


@pytest.mark.parametrize(
    ("which", "hours"),
    [
        ({}, ["09", "10", "11", "12"]),
        ({"host_id": "mei"}, ["10", "12"]),
        ({"person_in_charge_id": "somebody"}, ["11"]),
        ({"states": (BookingState.CANCELLED,)}, ["12"]),
        ({"states": (BookingState.CANCELLED, BookingState.CONFIRMED)}, ["09", "10", "11", "12"]),
        ({"host_id": "mei", "states": (BookingState.CONFIRMED,)}, ["10"]),
        ({"text": "noor"}, ["10", "11"]),
        ({"text": "portfolio"}, ["09", "10", "11", "12"]),
        ({"text": "mia@guest"}, ["09", "12"]),
        ({"text": "nobody"}, []),
    ],
)
@pytest.mark.parametrize("latest_first", [True, False])
def test_bookings_are_found_by_what_is_asked_of_them(ports, which, hours, latest_first):
    kenji, mei = an_external_member(), replace(an_external_member(), external_member_id="mei")
    noor = a_guest("Noor Ali")
    booked(ports, kenji, between("09:00", "09:30"))
    booked(ports, kenji, between("10:00", "10:30"), noor, others=[mei])
    other = replace(
        a_booking(kenji, between("11:00", "11:30"), a_guest("Li Na")),
        person_in_charge_id="somebody",
        other_guests=(noor.email,),
    )
    added(ports, other)
    last = booked(ports, mei, between("12:00", "12:30"))
    changed(ports, last, cancelled(last))
    which = BookingFilter(after=EARLY, latest_first=latest_first, **which)

    listed = all_parts(partial(ports.bookings.list, ORG, which), limit=1)

    found = [f"{booking.time.start:%H}" for booking in listed]
    assert found == (hours[::-1] if latest_first else hours)


def test_a_list_goes_on_after_its_range_has_moved_on(ports):
    host = invited(ports)
    first = booked(ports, host, between("09:00", "09:30"))
    second = booked(ports, host, between("10:00", "10:30"))
    part = ports.bookings.list(ORG, BookingFilter(after=at("08:00")), cursor=None, limit=1)

    later = BookingFilter(after=at("09:45"))
    rest = ports.bookings.list(ORG, later, cursor=part.next_cursor, limit=9)

    assert (part.items, rest.items) == ((first,), (second,))


def test_another_organization_sees_none_of_it(ports):
    host = invited(ports)
    booking = booked(ports, host, between("09:00", "10:00"))
    other = new_id()

    with pytest.raises(BookingNotFound):
        ports.bookings.get(other, booking.booking_id)
    everything = BookingFilter(after=EARLY)
    assert not ports.bookings.list(other, everything, cursor=None, limit=9).items
    assert not all_external_members(ports, other).items


# Links, sessions, counters


def a_sign_in_link():
    return replace(a_link(an_external_member()), link_id=new_link_id(), purpose=LinkPurpose.SIGN_IN)


def test_a_link_is_used_once(ports):
    link = a_sign_in_link()
    ports.links.add(link)

    ports.links.use(link, an_entry(), now=at("09:00"))

    with pytest.raises(LinkUsed):
        ports.links.use(link, an_entry(), now=at("09:00"))
    assert ports.links.get(link.link_id).used_at == at("09:00")


def test_a_link_that_is_over_is_not_used(ports):
    link = a_sign_in_link()
    ports.links.add(link)

    with pytest.raises(LinkUsed):
        ports.links.use(link, an_entry(), now=link.expires_at)


def test_five_codes_may_be_typed_for_a_link(ports):
    link = a_sign_in_link()
    ports.links.add(link)
    for _ in range(5):
        ports.links.count_code_attempt(link)

    with pytest.raises(LinkUsed):
        ports.links.count_code_attempt(link)


def test_there_is_no_link_that_nobody_made(ports):
    with pytest.raises(LinkNotFound):
        ports.links.get(new_link_id())


def test_a_session_is_there_until_it_is_ended(ports):
    session = Session(
        "hash", ORG, AIKO.member_id, expires_at=at("12:00"), proven_at=at("09:00"), epoch=2
    )
    ports.sessions.add(session)
    assert ports.sessions.get("hash") == session

    ports.sessions.end("hash", an_entry())
    ports.sessions.end("hash", an_entry())

    assert ports.sessions.get("hash") is None


def test_a_limit_lets_so_many_through_in_each_window(ports):
    def allowed(value, now):
        limit = RateLimit("sign_in", 2, timedelta(minutes=15))
        return ports.rate_limits.allows(limit, value, now=now)

    assert [allowed("a", at("09:00")) for _ in range(3)] == [True, True, False]
    assert allowed("b", at("09:00"))
    assert allowed("a", at("09:15"))


# The outbox


def queued(ports):
    host = invited(ports)
    return host.request_mail


def test_a_message_is_claimed_by_one_worker(ports):
    message = queued(ports)

    claimed = ports.outbox.claim(message, now=at("09:00"))

    assert claimed.state is DeliveryState.SENDING
    assert claimed.attempts == 1
    assert ports.outbox.claim(message, now=at("09:00")) is None


def test_a_message_whose_worker_died_is_claimed_again_when_the_lease_is_over(ports):
    message = queued(ports)
    ports.outbox.claim(message, now=at("09:00"))
    assert ports.outbox.claim(message, now=at("09:00") + LEASE - timedelta(seconds=1)) is None

    assert ports.outbox.claim(message, now=at("09:00") + LEASE).attempts == 2


def test_a_sent_message_is_never_claimed_again(ports):
    message = queued(ports)
    ports.outbox.claim(message, now=at("09:00"))
    sent = Delivery(DeliveryState.SENT, 1, sent_at=at("09:00"))

    ports.outbox.record(message, sent)

    assert ports.outbox.get(message) == sent
    assert ports.outbox.claim(message, now=at("23:00")) is None
    assert not ports.outbox.due(now=at("23:00"), limit=9)


def test_a_failed_message_is_due_again_after_its_pause(ports):
    message = queued(ports)
    ports.outbox.claim(message, now=at("09:00"))
    failed = Delivery(DeliveryState.SEND_FAILED, 1, at("09:10"), last_error="Throttling")

    ports.outbox.record(message, failed)

    assert ports.outbox.get(message) == failed
    assert not ports.outbox.due(now=at("09:05"), limit=9)
    assert list(ports.outbox.due(now=at("09:11"), limit=9)) == [message]
    assert ports.outbox.claim(message, now=at("09:11")).attempts == 2


def test_a_message_that_no_stream_announced_is_due(ports):
    message = queued(ports)

    assert list(ports.outbox.due(now=EARLY + timedelta(minutes=1), limit=9)) == [message]


def reminder(booking, which="1440"):
    message = a_message(booking, MessageKind.BOOKING_REMINDER)
    return replace(message, which=which, due_at=at("06:00"))


def with_reminder(ports):
    booking = a_booking(invited(ports), between("09:00", "10:00"))
    message = reminder(booking)
    ports.bookings.add(booking, a_guest_link(booking), [message])
    return message


def test_a_scheduled_message_waits_until_it_is_due(ports):
    message = with_reminder(ports)

    assert ports.outbox.get(message) == Delivery(
        DeliveryState.SCHEDULED, next_attempt_at=at("06:00")
    )
    assert ports.outbox.claim(message, now=at("05:59")) is None
    assert message not in ports.outbox.due(now=at("05:59"), limit=9)


def test_a_scheduled_message_is_due_in_time(ports):
    message = with_reminder(ports)

    [due] = [each for each in ports.outbox.due(now=at("06:00"), limit=9) if each == message]
    assert (due.due_at, due.which) == (at("06:00"), "1440")
    assert ports.outbox.claim(due, now=at("06:00")).state is DeliveryState.SENDING


def test_a_message_that_is_too_late_is_never_sent(ports):
    message = with_reminder(ports)
    ports.outbox.claim(message, now=at("07:00"))

    ports.outbox.record(message, Delivery(DeliveryState.TOO_LATE, 1))

    assert ports.outbox.claim(message, now=at("08:00")) is None
    assert message not in ports.outbox.due(now=at("08:00"), limit=9)


def test_several_hosts_are_written_to_about_one_thing(ports):
    booking = a_booking(invited(ports), between("09:00", "10:00"))
    messages = [
        replace(a_message(booking), recipient=Recipient.HOST, which=which) for which in "ab"
    ]
    ports.bookings.add(booking, a_guest_link(booking), messages)

    ports.outbox.claim(messages[0], now=at("05:00"))

    states = [delivery.state for delivery in ports.outbox.get_all(messages)]
    assert states == [DeliveryState.SENDING, DeliveryState.QUEUED]


def test_a_worker_that_outlived_its_lease_does_not_overwrite_its_successor(ports):
    message = queued(ports)
    ports.outbox.claim(message, now=at("09:00"))
    ports.outbox.claim(message, now=at("10:00"))

    ports.outbox.record(message, Delivery(DeliveryState.SENT, 1, sent_at=at("09:01")))

    assert ports.outbox.get(message).state is DeliveryState.SENDING
