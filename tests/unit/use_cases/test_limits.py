"""How often what may be asked for: one time less, just as often, and once too often."""

from datetime import timedelta

import pytest

from scheduling.domain.availability_request import usual_terms
from scheduling.domain.links import SIGN_IN_CODE_ATTEMPTS
from scheduling.domain.messages import DeliveryState
from scheduling.domain.rate_limits import (
    AVAILABILITY_REQUESTS_PER_ADDRESS,
    BOOKINGS_PER_NETWORK_ADDRESS,
    BOOKINGS_PER_PAGE,
    HOLDS_PER_NETWORK_ADDRESS,
    OPEN_BOOKINGS_PER_GUEST_AND_HOST,
    SIGN_IN_PER_ADDRESS,
    SIGN_IN_PER_ADDRESS_AND_DAY,
    SIGN_IN_PER_NETWORK_ADDRESS,
    SIGN_IN_PER_ORGANIZATION,
    TOKEN_MISSES_PER_NETWORK_ADDRESS,
)
from scheduling.domain.refusals import (
    EmailAlreadyInvited,
    LimiterUnavailable,
    LinkNotFound,
    LinkUsed,
    SignInCodeRefused,
    TooManyHolds,
    TooManyOpenBookings,
    TooManyRequests,
)
from scheduling.domain.time_range import TimeRange
from scheduling.use_cases.availability_requests import ask_again
from scheduling.use_cases.booking import BookingRequest, book_for_guest
from scheduling.use_cases.external_members import BookingsToCome, delete_external_member
from scheduling.use_cases.guest import cancel_guest_booking
from scheduling.use_cases.links import counted_misses
from scheduling.use_cases.sign_in import finish_sign_in, request_sign_in
from tests.support.builders import AIKO, STAFF, at
from tests.support.mail_room import mail_room, sweep
from tests.support.road import book, do, enter, external, hold, invite, make_page, token

HERE, ELSEWHERE = "192.0.2.1", "198.51.100.1"
HALF_HOUR = timedelta(minutes=30)
HOUR = timedelta(hours=1)

around_the_limit = pytest.mark.parametrize("more", [-1, 0, 1])


@pytest.fixture
def host(parley):
    """Somebody who can be booked in 48 half hours, the first of which begins at 09:00."""
    parley.clock = at("08:00")
    member = invite(parley)
    enter(parley, member, TimeRange(at("09:00"), at("09:00") + 48 * HALF_HOUR))
    return member


def passes(ask, refusal, times):
    """Ask so many times, each with a number of its own; return how often it was not refused."""
    passed = 0
    for number in range(times):
        try:
            ask(number)
        except refusal:
            continue
        passed += 1
    return passed


def sign_in(parley, email=AIKO.email, network_address=HERE):
    return do(parley, request_sign_in, email, network_address=network_address)


def resend(parley, host):
    return do(parley, ask_again, STAFF, host.external_member_id, usual_terms(parley.now()))


def start(number):
    return at("09:00") + number * HALF_HOUR


def book_slot(parley, page, number, email="", network_address=HERE, **more):
    """Book the half hour with a number; for a guest of its own, where no address is given."""
    return book(
        parley,
        page,
        start(number),
        email=email or f"guest-{number}@guest.example",
        key=f"form {number}",
        network_address=network_address,
        **more,
    ).booking


def try_token(parley, network_address=HERE, *, is_ours=False):
    with counted_misses(network_address, now=parley.now(), rate_limits=parley.rate_limits):
        if not is_ours:
            raise LinkNotFound


@around_the_limit
def test_s8_signing_in_is_asked_for_so_often_from_one_network_address(parley, more):
    most = SIGN_IN_PER_NETWORK_ADDRESS.most

    passed = passes(lambda n: sign_in(parley, f"n{n}@b.example"), TooManyRequests, most + more)

    assert passed == min(most, most + more)
    sign_in(parley, network_address=ELSEWHERE)


@around_the_limit
def test_s8_an_address_gets_so_many_sign_in_mails_in_a_quarter_of_an_hour(parley, more):
    most = SIGN_IN_PER_ADDRESS.most

    for _ in range(most + more):
        sign_in(parley)

    assert len(parley.store.messages) == min(most, most + more)


@around_the_limit
def test_s8_an_address_gets_so_many_sign_in_mails_a_day(parley, more):
    most = SIGN_IN_PER_ADDRESS_AND_DAY.most

    for number in range(most + more):
        sign_in(parley, network_address=f"192.0.2.{number}")
        parley.clock += timedelta(minutes=15)

    assert len(parley.store.messages) == min(most, most + more)


@around_the_limit
def test_s8_an_organization_gets_so_many_sign_in_mails_an_hour_and_the_rest_later(parley, more):
    room, limit = mail_room(parley), SIGN_IN_PER_ORGANIZATION
    sent_before = limit.most - 1 + more
    for _ in range(sent_before):
        parley.rate_limits.allows(limit, AIKO.organization_id, now=parley.now())
    sign_in(parley)

    sweep(parley, room)

    [delivery] = parley.store.messages.values()
    assert (delivery.state is DeliveryState.SENT) == (sent_before < limit.most)
    assert delivery.last_error in {"", "too_many_requests"}


def test_a_sign_in_mail_that_waits_until_its_link_has_ended_is_not_sent(parley):
    sign_in(parley)
    parley.clock += timedelta(minutes=10)

    sweep(parley, mail_room(parley))

    [delivery] = parley.store.messages.values()
    assert delivery.state is DeliveryState.SUPERSEDED


@around_the_limit
def test_s8_t8_so_many_codes_can_be_typed_for_one_link(parley, more):
    asked = sign_in(parley)
    [link_id] = parley.store.links

    def type_code(code):
        link = token(parley, link_id)
        return do(parley, finish_sign_in, link, browser_secret=None, code=code)

    for _ in range(SIGN_IN_CODE_ATTEMPTS - 1 + more):
        with pytest.raises(SignInCodeRefused):
            type_code("00000000")

    if more <= 0:
        assert type_code(asked.code).secret
    else:
        with pytest.raises(LinkUsed):
            type_code(asked.code)


@around_the_limit
def test_s8_an_external_member_is_asked_again_so_often_an_hour(parley, host, more):
    most = AVAILABILITY_REQUESTS_PER_ADDRESS.most
    parley.clock += HOUR

    passed = passes(lambda _: resend(parley, host), TooManyRequests, most + more)

    assert passed == min(most, most + more)
    parley.clock += HOUR
    resend(parley, host)


def test_t10_inviting_and_deleting_somebody_over_and_over_sends_three_mails(parley):
    def invite_and_delete(number):
        member = invite(parley, key=f"invitation {number}")
        do(
            parley,
            delete_external_member,
            STAFF,
            member.external_member_id,
            bookings_to_come=BookingsToCome.KEEP,
        )

    passed = passes(invite_and_delete, TooManyRequests, 50)

    assert passed == AVAILABILITY_REQUESTS_PER_ADDRESS.most


def test_an_invitation_that_is_sent_again_or_refused_is_not_counted(parley):
    for _ in range(9):
        invite(parley, key="one form")
        with pytest.raises(EmailAlreadyInvited):
            invite(parley, key="another form")

    assert passes(lambda _: resend(parley, invite(parley, key="one form")), TooManyRequests, 9) == 2


def test_t10_a_thousand_requests_send_three_mails(parley, host):
    parley.clock += HOUR
    before = len(parley.store.messages)

    passes(lambda _: sign_in(parley), TooManyRequests, 1000)
    passes(lambda _: resend(parley, host), TooManyRequests, 1000)

    queued = list(parley.store.messages)[before:]
    sent = [message.kind for message in queued if message.due_at is None]
    assert sent == ["sign_in_link"] * 3 + ["availability_request"] * 3


@around_the_limit
def test_s8_so_many_links_that_were_never_sent_are_tried_from_one_network_address(parley, more):
    most = TOKEN_MISSES_PER_NETWORK_ADDRESS.most
    refused = []
    for _ in range(most + more):
        with pytest.raises((LinkNotFound, TooManyRequests)) as refusal:
            try_token(parley)
        refused.append(refusal.type)

    assert refused.count(LinkNotFound) == min(most, most + more)
    try_token(parley, ELSEWHERE, is_ours=True)


def test_whoever_has_tried_too_many_links_gets_nowhere_with_a_right_one_for_a_while(parley):
    for _ in range(TOKEN_MISSES_PER_NETWORK_ADDRESS.most):
        with pytest.raises(LinkNotFound):
            try_token(parley)

    with pytest.raises(TooManyRequests):
        try_token(parley, is_ours=True)

    parley.clock += TOKEN_MISSES_PER_NETWORK_ADDRESS.window
    try_token(parley, is_ours=True)


@around_the_limit
def test_s8_so_many_slots_are_kept_for_one_network_address(parley, host, more):
    most, slug = HOLDS_PER_NETWORK_ADDRESS.most, host.booking_page_slug

    passed = passes(lambda n: hold(parley, slug, start(n), key=str(n)), TooManyHolds, most + more)

    assert passed == min(most, most + more)


@around_the_limit
def test_s8_so_many_slots_are_booked_from_one_network_address(parley, host, more):
    most = BOOKINGS_PER_NETWORK_ADDRESS.most

    passed = passes(lambda n: book_slot(parley, host, n), TooManyRequests, most + more)

    assert passed == min(most, most + more)
    assert book_slot(parley, host, 40, network_address=ELSEWHERE)


@around_the_limit
def test_s8_so_many_slots_of_one_page_are_booked_in_a_minute(parley, host, more):
    most = BOOKINGS_PER_PAGE.most

    passed = passes(
        lambda n: book_slot(parley, host, n, network_address=f"192.0.2.{n}"),
        TooManyRequests,
        most + more,
    )

    assert passed == min(most, most + more)
    parley.clock += timedelta(minutes=1)
    assert book_slot(parley, host, 40)


def test_a_form_that_was_booked_is_answered_alike_however_often_it_is_sent(parley, host):
    booked = book_slot(parley, host, 0)

    again = [book_slot(parley, host, 0) for _ in range(64)]

    assert again == [booked] * 64


@around_the_limit
def test_t40_a_guest_has_so_many_meetings_to_come_with_one_host(parley, host, more):
    most = OPEN_BOOKINGS_PER_GUEST_AND_HOST

    passed = passes(
        lambda n: book_slot(parley, host, n, "mia@guest.example"), TooManyOpenBookings, most + more
    )

    assert passed == min(most, most + more)


def test_t40_a_meeting_that_was_cancelled_or_is_over_counts_no_more(parley, host):
    first, *_ = [book_slot(parley, host, n, "mia@guest.example") for n in range(3)]

    do(parley, cancel_guest_booking, token(parley, first.guest_link_id), reason="")
    assert book_slot(parley, host, 3, "mia@guest.example")

    parley.clock = start(1)
    assert book_slot(parley, host, 4, "mia@guest.example")


def test_t40_another_host_another_guest_and_staff_can_book_still(parley, host):
    other = invite(parley, name="Hana Sato", email="hana@example.org")
    enter(parley, other, TimeRange(start(0), start(9)))
    for number in range(3):
        book_slot(parley, host, number, "mia@guest.example")

    assert book_slot(parley, other, 3, "mia@guest.example")
    assert book_slot(parley, host, 4, "noor@guest.example", other_guests=["mia@guest.example"])
    request = BookingRequest(start(5), "Mia Weber", "mia@guest.example")
    assert do(parley, book_for_guest, STAFF, host.booking_page_slug, request, key="by staff")


def test_t40_a_page_of_several_hosts_refuses_whom_one_of_them_has_met_enough(parley, host):
    other = invite(parley, name="Hana Sato", email="hana@example.org")
    enter(parley, other, TimeRange(start(0), start(9)))
    page = make_page(parley, external(host), external(other))
    for number in range(3):
        book_slot(parley, host, number, "mia@guest.example")

    with pytest.raises(TooManyOpenBookings):
        book_slot(parley, page.slug, 4, "mia@guest.example")


@pytest.mark.parametrize("is_held", [False, True])
def test_t40_a_page_of_any_host_gives_whom_the_guest_has_not_met_enough(parley, host, is_held):
    other = invite(parley, name="Hana Sato", email="hana@example.org")
    enter(parley, other, TimeRange(start(0), start(9)))
    page = make_page(parley, external(host), external(other), needed_hosts=1)
    for number in range(3):
        book_slot(parley, host, number, "mia@guest.example")
    for number in range(3, 8):
        book_slot(parley, other, number, f"guest{number}@guest.example")
    held = hold(parley, page.slug, start(8)).hold_id if is_held else ""

    booked = book_slot(parley, page.slug, 8, "mia@guest.example", hold_id=held)

    assert booked.host_ids == (other.external_member_id,)


def test_t40_what_is_held_cannot_be_booked_past_the_limit_either(parley, host):
    for number in range(3):
        book_slot(parley, host, number, "mia@guest.example")
    held = hold(parley, host.booking_page_slug, start(4))

    with pytest.raises(TooManyOpenBookings):
        book_slot(parley, host, 4, "mia@guest.example", hold_id=held.hold_id)


@pytest.mark.parametrize("ask", [sign_in, try_token])
def test_s8_without_its_counters_nothing_is_done(parley, ask):
    parley.rate_limits.broken = True

    with pytest.raises(LimiterUnavailable):
        ask(parley)

    assert parley.store.messages == {}


def test_s8_without_its_counters_nothing_is_booked_or_sent_again(parley, host):
    parley.rate_limits.broken = True

    for ask in (
        lambda: book_slot(parley, host, 0),
        lambda: hold(parley, host.booking_page_slug, start(0)),
        lambda: resend(parley, host),
    ):
        with pytest.raises(LimiterUnavailable):
            ask()

    assert parley.store.bookings == parley.store.holds == {}
