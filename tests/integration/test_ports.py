"""What each port promises, promised by the adapter and by its stand-in in memory."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from scheduling.adapters.dynamodb.access import (
    DynamoDbLinks,
    DynamoDbRateLimits,
    DynamoDbSessions,
)
from scheduling.adapters.dynamodb.booking_pages import DynamoDbBookingPages
from scheduling.adapters.dynamodb.bookings import DynamoDbBookings
from scheduling.adapters.dynamodb.external_members import DynamoDbExternalMembers
from scheduling.adapters.dynamodb.organizations import DynamoDbMembers, DynamoDbOrganizations
from scheduling.adapters.dynamodb.outbox import DynamoDbOutbox
from scheduling.domain.availability import Availability
from scheduling.domain.booking import BookingState
from scheduling.domain.booking_page import BookingRules
from scheduling.domain.identifiers import new_id
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
from scheduling.domain.refusals import (
    AvailabilityChanged,
    BookingChanged,
    BookingNotFound,
    BookingPageNotFound,
    EmailAlreadyInvited,
    ExternalMemberNotFound,
    IdempotencyKeyReused,
    InvalidInput,
    LinkNotFound,
    LinkUsed,
    MemberNotFound,
    SlotTaken,
)
from scheduling.domain.sessions import Session
from tests.support.builders import (
    AIKO,
    EARLY,
    ORGANIZATION,
    a_booking,
    a_guest,
    a_guest_link,
    a_link,
    a_message,
    a_page,
    an_external_member,
    at,
    between,
)
from tests.support.in_memory import InMemoryAdapters

ORG = ORGANIZATION.organization_id


@pytest.fixture(params=["in memory", "dynamodb"])
def ports(request):
    if request.param == "in memory":
        return InMemoryAdapters()
    scheduling, access = request.getfixturevalue("tables")
    return SimpleNamespace(
        organizations=DynamoDbOrganizations(scheduling),
        members=DynamoDbMembers(scheduling),
        external_members=DynamoDbExternalMembers(scheduling, access),
        booking_pages=DynamoDbBookingPages(scheduling),
        bookings=DynamoDbBookings(scheduling, access),
        links=DynamoDbLinks(scheduling, access),
        sessions=DynamoDbSessions(access),
        rate_limits=DynamoDbRateLimits(access),
        outbox=DynamoDbOutbox(scheduling),
    )


def invited(ports, *windows, **details):
    host = an_external_member(*windows, **details)
    ports.external_members.add(host, a_page(host), a_link(host), host.request)
    return host


def booked(ports, host, time, guest=None):
    booking = a_booking(host, time, guest)
    ports.bookings.add(booking, a_guest_link(booking), [a_message(booking)])
    return booking


def cancelled(booking):
    return booking.cancelled(Recipient.GUEST, "Ill", now=EARLY + timedelta(hours=1))


# Organizations and members


def test_an_organization_is_stored_with_its_first_member(ports):
    ports.organizations.add(ORGANIZATION, AIKO)

    assert ports.organizations.get(ORG) == ORGANIZATION
    assert ports.members.get(ORG, AIKO.member_id) == AIKO
    assert ports.members.with_email(AIKO.email) == [AIKO]


def test_a_member_is_found_in_their_organization_only(ports):
    ports.organizations.add(ORGANIZATION, AIKO)

    with pytest.raises(MemberNotFound):
        ports.members.get(new_id(), AIKO.member_id)


# External members


def test_an_invited_external_member_has_a_page_a_link_and_a_message(ports):
    host = invited(ports)

    assert ports.external_members.get(ORG, host.external_member_id) == host
    assert ports.booking_pages.get(host.booking_page_slug) == a_page(host)
    assert ports.links.get(host.request_link_id) == a_link(host)
    assert ports.outbox.get(host.request).state is DeliveryState.QUEUED


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
        ports.external_members.add(host, a_page(host), a_link(host), host.request)

    listed, cursor = [], None
    while True:
        page = ports.external_members.list(ORG, cursor=cursor, limit=2)
        listed += page.items
        cursor = page.next_cursor
        if cursor is None:
            break

    assert listed == hosts[::-1]


@pytest.mark.parametrize("cursor", ["?", "AAAA=", "\u00e9"])
def test_a_cursor_that_no_list_gave_out_is_named(ports, cursor):
    with pytest.raises(InvalidInput) as refused:
        ports.external_members.list(ORG, cursor=cursor, limit=2)

    assert [problem.field for problem in refused.value.problems] == ["cursor"]


def test_asking_again_ends_the_old_link(ports):
    host = invited(ports)
    link = replace(a_link(host), link_id=new_link_id(), generation=2)
    again = replace(host, request_number=2, request_link_id=link.link_id, requested_at=at("09:00"))

    ports.external_members.ask_again(again, link, again.request, replaces=host.request_link_id)

    assert ports.external_members.get(ORG, host.external_member_id) == again
    assert ports.links.get(host.request_link_id).replaced_at == at("09:00")
    assert ports.links.get(link.link_id).replaced_at is None
    assert ports.outbox.get(again.request).state is DeliveryState.QUEUED


def test_only_one_of_two_who_ask_again_at_once_does(ports):
    host = invited(ports)
    link = replace(a_link(host), link_id=new_link_id(), generation=2)
    again = replace(host, request_number=2, request_link_id=link.link_id)
    ports.external_members.ask_again(again, link, again.request, replaces=host.request_link_id)
    other = replace(link, link_id=new_link_id())

    with pytest.raises(ExternalMemberNotFound):
        ports.external_members.ask_again(again, other, again.request, replaces=host.request_link_id)


def saved(host, version):
    times = (between("09:00", "10:00"), between("13:00", "14:00"))
    return replace(host, availability=Availability(version, "Asia/Tokyo", times, EARLY))


def entered(member):
    return Message(
        organization_id=ORG,
        subject=Subject.EXTERNAL_MEMBER,
        subject_id=member.external_member_id,
        version=member.availability.version,
        kind=MessageKind.AVAILABILITY_ENTERED,
        recipient=Recipient.PERSON_IN_CHARGE,
    )


def test_saved_times_are_read_back_and_prolong_the_link(ports):
    host = invited(ports)
    member = saved(host, 1)

    ports.external_members.replace_availability(
        member, entered(member), link_expires_at=EARLY + timedelta(days=60)
    )

    assert ports.external_members.get(ORG, host.external_member_id) == member
    assert ports.links.get(host.request_link_id).expires_at == EARLY + timedelta(days=60)
    assert ports.outbox.get(entered(member)).state is DeliveryState.QUEUED


def test_of_two_saves_from_the_same_version_the_second_is_refused(ports):
    host = invited(ports)
    member = saved(host, 1)
    ports.external_members.replace_availability(member, entered(member), link_expires_at=EARLY)

    with pytest.raises(AvailabilityChanged) as refused:
        ports.external_members.replace_availability(member, entered(member), link_expires_at=EARLY)

    assert refused.value.current_version == 1


# Booking pages


def test_a_page_keeps_its_rules(ports):
    host = an_external_member()
    rules = BookingRules(
        duration=timedelta(minutes=45),
        interval=timedelta(minutes=15),
        minimum_notice=timedelta(0),
        buffer_before=timedelta(minutes=5),
        buffer_after=timedelta(minutes=10),
        horizon=timedelta(days=7),
    )
    ports.external_members.add(host, a_page(host, rules), a_link(host), host.request)

    assert ports.booking_pages.get_all([host.booking_page_slug]) == [a_page(host, rules)]


def test_there_is_no_page_at_an_unknown_address(ports):
    with pytest.raises(BookingPageNotFound):
        ports.booking_pages.get("nobody")


# Bookings


def test_a_booking_takes_its_time(ports):
    host = invited(ports)
    booking = booked(ports, host, between("09:00", "10:00"))

    assert ports.bookings.get(ORG, booking.booking_id) == booking
    assert ports.links.get(booking.guest_link_id) == a_guest_link(booking)
    assert ports.bookings.claimed(ORG, host.external_member_id, between("09:30", "12:00")) == [
        between("09:00", "10:00")
    ]


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
        ports.bookings.add(late, a_guest_link(late), [a_message(late)])

    with pytest.raises(BookingNotFound):
        ports.bookings.get(ORG, late.booking_id)
    with pytest.raises(LinkNotFound):
        ports.links.get(late.guest_link_id)


@pytest.mark.parametrize("time", [between("08:00", "09:00"), between("10:00", "12:15")])
def test_a_booking_may_touch_another(ports, time):
    host = invited(ports)
    booked(ports, host, between("09:00", "10:00"))

    booked(ports, host, time)

    assert len(ports.bookings.claimed(ORG, host.external_member_id, between("00:00", "24:00"))) == 2


def test_a_booking_may_be_long_and_cross_midnight(ports):
    host = invited(ports)
    night = between("18:00", "24:00")
    night = replace(night, end=night.end + timedelta(hours=6))

    booked(ports, host, night)

    after_midnight = replace(night, start=at("24:00"))
    assert ports.bookings.claimed(ORG, host.external_member_id, after_midnight) == [night]


def test_hosts_do_not_get_in_each_others_way(ports):
    booked(ports, invited(ports, email="a@example.org"), between("09:00", "10:00"))

    booked(ports, invited(ports, email="b@example.org"), between("09:00", "10:00"))


def test_the_same_booking_again_is_the_same_booking(ports):
    host = invited(ports)
    booking = booked(ports, host, between("09:00", "10:00"))
    again = replace(booking, guest_link_id=new_link_id(), booked_at=at("00:00"))

    assert ports.bookings.add(again, a_guest_link(again), [a_message(again)]) == booking


def test_the_same_booking_again_is_what_became_of_it(ports):
    host = invited(ports)
    booking = booked(ports, host, between("09:00", "10:00"))
    ports.bookings.cancel(
        cancelled(booking), [a_message(cancelled(booking), MessageKind.BOOKING_CANCELLED)]
    )

    stored = ports.bookings.add(booking, a_guest_link(booking), [a_message(booking)])

    assert stored == cancelled(booking)


def test_an_identity_is_not_used_for_another_booking(ports):
    host = invited(ports)
    booking = booked(ports, host, between("09:00", "10:00"))
    other = replace(booking, guest=a_guest("Noor Ali"))

    with pytest.raises(IdempotencyKeyReused):
        ports.bookings.add(other, a_guest_link(other), [a_message(other)])


def test_a_cancelled_booking_frees_its_time_and_stays_to_be_seen(ports):
    host = invited(ports)
    booking = booked(ports, host, between("09:00", "10:00"))
    gone = cancelled(booking)

    ports.bookings.cancel(gone, [a_message(gone, MessageKind.BOOKING_CANCELLED)])

    assert ports.bookings.get(ORG, booking.booking_id) == gone
    assert ports.bookings.get(ORG, booking.booking_id).state is BookingState.CANCELLED
    assert not ports.bookings.claimed(ORG, host.external_member_id, between("00:00", "24:00"))
    booked(ports, host, between("09:30", "10:30"))


def test_a_booking_is_cancelled_once(ports):
    host = invited(ports)
    gone = cancelled(booked(ports, host, between("09:00", "10:00")))
    message = a_message(gone, MessageKind.BOOKING_CANCELLED)
    ports.bookings.cancel(gone, [message])

    with pytest.raises(BookingChanged):
        ports.bookings.cancel(gone, [message])


def test_bookings_are_listed_by_start_page_by_page(ports):
    host = invited(ports)
    hours = ["11:00", "09:00", "10:00", "13:00", "12:00"]
    bookings = {
        hour: booked(ports, host, between(hour, hour[:2] + ":30"), a_guest(f"G{hour[:2]}"))
        for hour in hours
    }

    first = ports.bookings.list(ORG, after=at("09:30"), cursor=None, limit=3)
    rest = ports.bookings.list(ORG, after=at("09:30"), cursor=first.next_cursor, limit=3)

    expected = [bookings[hour] for hour in ("10:00", "11:00", "12:00", "13:00")]
    assert [*first.items, *rest.items] == expected
    assert rest.next_cursor is None


def test_another_organization_sees_none_of_it(ports):
    host = invited(ports)
    booking = booked(ports, host, between("09:00", "10:00"))
    other = new_id()

    with pytest.raises(BookingNotFound):
        ports.bookings.get(other, booking.booking_id)
    assert not ports.bookings.list(other, after=EARLY, cursor=None, limit=9).items
    assert not ports.external_members.list(other, cursor=None, limit=9).items


# Links, sessions, counters


def a_sign_in_link():
    return replace(a_link(an_external_member()), link_id=new_link_id(), purpose=LinkPurpose.SIGN_IN)


def test_a_link_is_used_once(ports):
    link = a_sign_in_link()
    ports.links.add(link)

    ports.links.use(link, now=at("09:00"))

    with pytest.raises(LinkUsed):
        ports.links.use(link, now=at("09:00"))
    assert ports.links.get(link.link_id).used_at == at("09:00")


def test_a_link_that_is_over_is_not_used(ports):
    link = a_sign_in_link()
    ports.links.add(link)

    with pytest.raises(LinkUsed):
        ports.links.use(link, now=link.expires_at)


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
    session = Session("hash", ORG, AIKO.member_id, expires_at=at("12:00"))
    ports.sessions.add(session)
    assert ports.sessions.get("hash") == session

    ports.sessions.end("hash")
    ports.sessions.end("hash")

    assert ports.sessions.get("hash") is None


def test_a_limit_lets_so_many_through_in_each_window(ports):
    def allowed(value, now):
        return ports.rate_limits.allows(
            "sign_in", value, limit=2, window=timedelta(minutes=15), now=now
        )

    assert [allowed("a", at("09:00")) for _ in range(3)] == [True, True, False]
    assert allowed("b", at("09:00"))
    assert allowed("a", at("09:15"))


# The outbox


def queued(ports):
    host = invited(ports)
    return host.request


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


def test_a_worker_that_outlived_its_lease_does_not_overwrite_its_successor(ports):
    message = queued(ports)
    ports.outbox.claim(message, now=at("09:00"))
    ports.outbox.claim(message, now=at("10:00"))

    ports.outbox.record(message, Delivery(DeliveryState.SENT, 1, sent_at=at("09:01")))

    assert ports.outbox.get(message).state is DeliveryState.SENDING
