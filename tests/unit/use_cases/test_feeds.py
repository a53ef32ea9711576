"""Linked calendars: what they say is so in lists, in bookings and in explanations."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from scheduling.domain.availability_request import usual_terms
from scheduling.domain.feeds import PERIOD, FeedAnswer, FeedFailure, FeedState, FeedTurn
from scheduling.domain.refusals import (
    ExternalMemberGone,
    InvalidInput,
    LinkNotFound,
    LinkReplaced,
    SlotNotOffered,
)
from scheduling.domain.slots import BusySource, Verdict, span_of
from scheduling.ports import FeedNotRead
from scheduling.use_cases.availability import availability_for_link, availability_for_staff
from scheduling.use_cases.availability_requests import ask_again
from scheduling.use_cases.booking_pages import view_booking_page
from scheduling.use_cases.changes import move
from scheduling.use_cases.external_members import delete_external_member
from scheduling.use_cases.feeds import (
    due_turns,
    in_turn,
    link_calendar,
    linked_calendar,
    read_calendars,
    unlink_calendar,
)
from scheduling.use_cases.slots import explain_day, slots_of_page
from tests.support.builders import DAY, STAFF, at, between
from tests.support.road import WHOLE_DAY, book, do, enter, external, invite, make_page, slots, token

ADDRESS = "webcal://calendar.example.org/kenji/private-7f3a/basic.ics"
OTHER = "https://calendar.example.org/kenji/private-2e1b/basic.ics"
SECOND = timedelta(seconds=1)


@dataclass
class Servers:
    """Answer so; remember what they were asked."""

    answer: FeedAnswer | FeedFailure = field(default_factory=lambda: FeedAnswer(b"file"))
    asked: list = field(default_factory=list)

    def read_all(self, requests):
        self.asked += requests
        return [self.answer] * len(requests)


@dataclass
class Files:
    """Say so of each file; remember what they were told."""

    busy: tuple = ()
    told: list = field(default_factory=list)

    def of(self, file, within, **about):
        self.told.append(about | {"file": file, "within": within})
        if isinstance(self.busy, FeedFailure):
            raise FeedNotRead(self.busy)
        return self.busy


@dataclass
class OddFiles(Files):
    """Fail over one owner's file as nobody foresaw."""

    owner_of_odd: str = ""

    def of(self, file, within, *, owner, **about):
        if owner == self.owner_of_odd:
            raise ZeroDivisionError
        return super().of(file, within, owner=owner, **about)


@pytest.fixture
def parley(parley):
    parley.clock = DAY
    parley.calendar_servers = Servers()
    parley.busy_times = Files()
    return parley


@pytest.fixture
def kenji(parley):
    """Kenji, who offers 9:00 to 12:00."""
    member = invite(parley)
    enter(parley, member, between("09:00", "12:00"))
    return member


def link(parley, member, address=ADDRESS):
    return do(parley, link_calendar, token(parley, member.request.link_id), address)


def run(parley):
    """Do what the schedule does, once."""
    turns = do(parley, due_turns)
    return do(parley, read_calendars, turns)


def say(parley, *times):
    """Let every calendar say that its owner is busy at these times, from its next reading on."""
    parley.busy_times.busy = tuple(map(span_of, times))


def calendar_of(parley, member):
    return do(parley, linked_calendar, STAFF, member.external_member_id)


def explained(parley, member, start):
    """Return the explanation of one start on the day."""
    found = do(parley, explain_day, STAFF, member.booking_page_slug, DAY.date())
    [explanation] = [
        each for each in found.explanations if datetime.fromtimestamp(each.start, UTC) == start
    ]
    return explanation


# Linking


def test_a_calendar_is_linked_and_being_read(parley, kenji):
    link(parley, kenji)

    feed = calendar_of(parley, kenji)
    assert feed.host_name == "calendar.example.org"
    assert feed.state(DAY) is FeedState.BEING_READ
    assert [turn.feed_id for turn in do(parley, due_turns)] == [feed.feed_id]


def test_the_address_is_nowhere_but_where_it_is_kept(parley, kenji):
    link(parley, kenji)
    run(parley)

    key = kenji.organization_id, kenji.external_member_id
    assert parley.store.feed_addresses.pop(key).url == ADDRESS.replace("webcal", "https")
    assert "private-7f3a" not in repr(parley.store)


@pytest.mark.parametrize("typed", ["", "http://calendar.example.org/", "https://127.0.0.1/"])
def test_an_address_that_cannot_be_read_is_not_linked(parley, kenji, typed):
    writes = parley.store.writes

    with pytest.raises(InvalidInput):
        link(parley, kenji, typed)

    assert parley.store.writes == writes


def test_only_who_has_the_link_can_link_a_calendar(parley, kenji):
    old = token(parley, kenji.request.link_id)
    do(parley, ask_again, STAFF, kenji.external_member_id, usual_terms(parley.now()))

    with pytest.raises(LinkReplaced):
        do(parley, link_calendar, old, ADDRESS)
    with pytest.raises(LinkNotFound):
        do(parley, unlink_calendar, "s1.1.x.y")


def test_nothing_is_linked_for_somebody_who_was_deleted(parley, kenji):
    do(parley, delete_external_member, STAFF, kenji.external_member_id, bookings_to_come=None)

    with pytest.raises(ExternalMemberGone):
        link(parley, kenji)


def test_the_availability_page_tells_of_the_calendar(parley, kenji):
    link(parley, kenji)

    mine = do(parley, availability_for_link, token(parley, kenji.request.link_id))
    theirs = do(parley, availability_for_staff, STAFF, kenji.external_member_id)

    assert mine.calendar == theirs.calendar == calendar_of(parley, kenji)


def test_the_same_address_once_more_keeps_what_is_known_and_reads_again(parley, kenji):
    link(parley, kenji)
    say(parley, between("10:00", "10:30"))
    run(parley)

    link(parley, kenji)

    assert "10:00" not in slots(parley, kenji.booking_page_slug)
    assert len(do(parley, due_turns)) == 1


def test_another_address_begins_anew(parley, kenji):
    link(parley, kenji)
    say(parley, between("10:00", "10:30"))
    run(parley)

    link(parley, kenji, OTHER)

    assert "10:00" in slots(parley, kenji.booking_page_slug)
    assert calendar_of(parley, kenji).state(DAY) is FeedState.BEING_READ


def test_unlinking_opens_what_the_calendar_closed(parley, kenji):
    link(parley, kenji)
    say(parley, between("10:00", "10:30"))
    run(parley)

    do(parley, unlink_calendar, token(parley, kenji.request.link_id))

    assert "10:00" in slots(parley, kenji.booking_page_slug)
    assert calendar_of(parley, kenji) is None
    parley.clock = DAY + timedelta(days=1)
    assert do(parley, due_turns) == []


# List, book and explain


def test_when_a_calendar_says_busy_nothing_is_listed_booked_or_open(parley, kenji):
    link(parley, kenji)
    say(parley, between("10:10", "10:40"))
    run(parley)

    assert slots(parley, kenji.booking_page_slug) == ["09:00", "09:30", "11:00", "11:30"]
    for start in (at("10:00"), at("10:30")):
        with pytest.raises(SlotNotOffered):
            book(parley, kenji, start)
        found = explained(parley, kenji, start)
        assert (found.verdict, found.source) == (Verdict.BUSY, BusySource.CALENDAR)
        assert found.host_id == kenji.external_member_id
    assert book(parley, kenji, at("11:00")).booking.time.start == at("11:00")


def test_what_is_taken_in_the_calendar_is_refused_with_what_is_free(parley, kenji):
    link(parley, kenji)
    say(parley, between("10:00", "10:30"))
    run(parley)

    with pytest.raises(SlotNotOffered) as refused:
        book(parley, kenji, at("10:00"))

    assert refused.value.alternatives == (at("09:00"), at("09:30"), at("10:30"))


def test_every_listed_slot_books_and_no_other_does(parley, kenji):
    link(parley, kenji)
    say(parley, between("09:05", "09:20"), between("10:30", "11:00"), between("11:59", "13:00"))
    run(parley)
    listed = slots(parley, kenji.booking_page_slug)

    for minutes in range(0, 180, 30):
        start = at("09:00") + timedelta(minutes=minutes)
        verdict = explained(parley, kenji, start).verdict
        if f"{start:%H:%M}" in listed:
            assert verdict is Verdict.OPEN
            book(parley, kenji, start, key=f"{start}")
        else:
            assert verdict is Verdict.BUSY
            with pytest.raises(SlotNotOffered):
                book(parley, kenji, start, key=f"{start}")
    assert listed == ["09:30", "10:00", "11:00"]


def test_where_one_host_is_busy_in_their_calendar_another_is_booked(parley, kenji):
    lena = invite(parley, name="Lena Fischer", email="lena@example.org")
    enter(parley, lena, between("09:00", "12:00"))
    page = make_page(parley, external(kenji), external(lena), needed_hosts=1)
    link(parley, kenji)
    say(parley, between("09:00", "12:00"))
    run(parley)

    booked = book(parley, page.slug, at("10:00")).booking

    assert booked.host_ids == (lena.external_member_id,)


def test_busy_stretches_have_no_buffers_but_ours_are_kept_to_them(parley, kenji):
    link(parley, kenji)
    say(parley, between("10:00", "10:30"))
    run(parley)
    page = parley.store.booking_pages[kenji.booking_page_slug]
    rules = replace(page.rules, buffer_before=timedelta(minutes=30))
    parley.store.booking_pages[page.slug] = replace(page, rules=rules)

    assert slots(parley, page.slug) == ["09:00", "09:30", "11:00", "11:30"]
    found = explained(parley, kenji, at("10:30"))
    assert (found.verdict, found.source) == (Verdict.BUFFER, BusySource.CALENDAR)


# What cannot be verified


def is_unverified(parley, member):
    """Tell what each of three ways to look at the page says; they say the same."""
    slug = member.booking_page_slug
    [said] = {
        do(parley, slots_of_page, slug, WHOLE_DAY).is_unverified,
        do(parley, view_booking_page, slug).is_unverified,
        bool(do(parley, explain_day, STAFF, slug, DAY.date()).unverified),
    }
    return said


def test_a_page_without_calendars_needs_no_verifying(parley, kenji):
    assert not is_unverified(parley, kenji)


def test_a_page_is_unverified_until_its_calendar_was_read(parley, kenji):
    link(parley, kenji)
    assert is_unverified(parley, kenji)

    run(parley)
    assert not is_unverified(parley, kenji)


def test_an_hour_after_the_last_reading_a_page_is_unverified_and_what_was_read_counts(
    parley, kenji
):
    link(parley, kenji)
    say(parley, between("10:00", "10:30"))
    run(parley)

    parley.clock = DAY + 2 * PERIOD
    assert not is_unverified(parley, kenji)
    parley.clock += SECOND
    assert is_unverified(parley, kenji)
    assert slots(parley, kenji.booking_page_slug) == ["09:00", "09:30", "10:30", "11:00", "11:30"]
    with pytest.raises(SlotNotOffered):
        book(parley, kenji, at("10:00"))


@pytest.mark.parametrize("failure", FeedFailure)
def test_a_failure_is_told_and_what_was_read_before_stays(parley, kenji, failure):
    link(parley, kenji)
    say(parley, between("10:00", "10:30"))
    run(parley)
    parley.clock = DAY + PERIOD
    parley.calendar_servers.answer = failure

    assert run(parley) == {failure: 1}

    feed = calendar_of(parley, kenji)
    assert (feed.failure, feed.checked_at, feed.verified_at) == (failure, DAY + PERIOD, DAY)
    assert "10:00" not in slots(parley, kenji.booking_page_slug)


def test_a_file_that_cannot_be_understood_is_a_failure(parley, kenji):
    link(parley, kenji)
    parley.busy_times.busy = FeedFailure.NOT_A_CALENDAR

    assert run(parley) == {"not_a_calendar": 1}
    assert calendar_of(parley, kenji).state(DAY) is FeedState.UNVERIFIED


# Reading


def test_a_reader_is_told_whose_calendar_it_is(parley, kenji):
    link(parley, kenji)
    booked = book(parley, kenji, at("10:00")).booking

    assert run(parley) == {"verified": 1}

    [told] = parley.busy_times.told
    assert told["owner"] == "kenji@example.org"
    assert told["time_zone"] == "Asia/Tokyo"
    assert told["apart_from"] == (booked.booking_id,)
    assert told["within"].start < DAY
    assert told["within"].end > DAY + timedelta(days=366)


def test_a_booking_that_the_calendar_shows_too_can_be_moved_to_overlap_itself(parley, kenji):
    booked = book(parley, kenji, at("10:00")).booking
    link(parley, kenji)
    run(parley)

    moved = do(parley, move, booked, at("10:30"))

    assert moved.time.start == at("10:30")


def test_a_calendar_that_has_not_changed_is_not_read_again(parley, kenji):
    link(parley, kenji)
    say(parley, between("10:00", "10:30"))
    parley.calendar_servers.answer = FeedAnswer(b"file", '"v1"')
    run(parley)
    parley.clock = DAY + PERIOD
    parley.calendar_servers.answer = FeedAnswer(None, '"v1"')

    assert run(parley) == {"verified": 1}

    assert [request.etag for request in parley.calendar_servers.asked] == ["", '"v1"']
    assert len(parley.busy_times.told) == 1
    assert calendar_of(parley, kenji).verified_at == DAY + PERIOD
    assert "10:00" not in slots(parley, kenji.booking_page_slug)


def test_a_calendar_is_read_every_half_hour(parley, kenji):
    link(parley, kenji)
    read_at = []
    for minute in range(121):
        parley.clock = DAY + timedelta(minutes=minute)
        if run(parley):
            read_at.append(minute)

    assert read_at == [0, 30, 60, 90, 120]


def test_after_failures_a_calendar_is_tried_later_and_later(parley, kenji):
    link(parley, kenji)
    parley.calendar_servers.answer = FeedFailure.UNREACHABLE
    tried_at = []
    for minute in range(0, 24 * 60, 5):
        parley.clock = DAY + timedelta(minutes=minute)
        if run(parley):
            tried_at.append(minute)

    assert tried_at == [0, 10, 30, 70, 150, 310, 630, 990, 1350]


def test_a_calendar_that_takes_the_function_down_is_not_tried_again_at_once(parley, kenji):
    link(parley, kenji)

    class Fatal:
        def read_all(self, requests):
            raise MemoryError

    parley.calendar_servers = Fatal()
    with pytest.raises(MemoryError):
        run(parley)

    assert do(parley, due_turns) == []
    parley.clock = DAY + timedelta(minutes=10)
    assert [turn.failures for turn in do(parley, due_turns)] == [1]


def test_two_runs_never_read_the_same_calendar(parley, kenji):
    link(parley, kenji)
    turns = do(parley, due_turns)

    ends = [do(parley, read_calendars, turns) for _ in range(2)]

    assert ends == [{"verified": 1}, {}]
    assert len(parley.calendar_servers.asked) == 1


def test_a_calendar_that_was_replaced_while_it_was_read_stays_replaced(parley, kenji):
    link(parley, kenji)
    say(parley, between("10:00", "10:30"))

    class Meanwhile(Servers):
        def read_all(self, requests):
            link(parley, kenji, OTHER)
            return super().read_all(requests)

    parley.calendar_servers = Meanwhile()
    run(parley)

    assert calendar_of(parley, kenji).busy == ()
    parley.calendar_servers = Servers()
    run(parley)
    assert [request.address.url for request in parley.calendar_servers.asked] == [OTHER]


def test_a_calendar_that_was_unlinked_is_not_asked_for(parley, kenji):
    link(parley, kenji)
    turns = do(parley, due_turns)
    do(parley, unlink_calendar, token(parley, kenji.request.link_id))

    assert do(parley, read_calendars, turns) == {}
    assert parley.calendar_servers.asked == []


def test_t45_the_organizations_take_turns():
    crowd = [FeedTurn("big", f"b{n}", f"b{n}", due_at=DAY + n * SECOND) for n in range(5000)]
    others = [
        FeedTurn(f"small{n}", "s", f"s{n}", due_at=DAY + timedelta(hours=1)) for n in range(9)
    ]

    ordered = in_turn([*crowd, *others])

    assert {turn.organization_id for turn in ordered[:10]} == {
        "big",
        *(f"small{n}" for n in range(9)),
    }
    assert [turn for turn in ordered if turn.organization_id == "big"] == crowd


@pytest.mark.parametrize("at_fault", ["its file", "its owner"])
def test_a_calendar_that_fails_as_nobody_foresaw_takes_no_other_with_it(parley, kenji, at_fault):
    broken = invite(parley, name="Omar Haddad", email="omar@example.org")
    for member in (broken, kenji):
        link(parley, member)
    if at_fault == "its file":
        parley.busy_times = OddFiles(owner_of_odd=broken.email)
    else:
        del parley.store.external_members[broken.organization_id, broken.external_member_id]

    with pytest.raises(ExceptionGroup) as raised:
        run(parley)

    assert len(raised.value.exceptions) == 1
    assert calendar_of(parley, kenji).state(DAY) is FeedState.VERIFIED
    assert calendar_of(parley, broken).state(DAY) is FeedState.BEING_READ
