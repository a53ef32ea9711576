"""What the port Calendars promises, promised in memory and by Google's adapter over HTTP."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from dev.providers.google.conferences import Outcome
from dev.providers.google.state import Role
from scheduling.adapters.google.calendars import GoogleCalendars
from scheduling.domain.connections import ProviderCalendar
from scheduling.domain.provider_events import WantedEvent, event_id_of
from scheduling.domain.time_range import TimeRange
from scheduling.provider_ports import (
    AccessTokenRejected,
    CalendarGone,
    CursorExpired,
    EventChangedMeanwhile,
    EventIdUsed,
    PermissionMissing,
    ProviderUnavailable,
)
from tests.support.builders import EARLY, between
from tests.support.google import AIKO as OWN
from tests.support.google import REN, SCOPES, running_google
from tests.support.in_memory_calendars import InMemoryCalendars

DAY = timedelta(days=1)
WEEK = TimeRange(EARLY, EARLY + 7 * DAY)

TEN, ELEVEN, NOON = between("10:00", "11:00"), between("11:00", "12:00"), between("12:00", "12:30")
NEXT_MONTH = TimeRange(TEN.start + 30 * DAY, TEN.end + 30 * DAY)

CHANNEL = {
    "channel_id": "channel-1",
    "token": "secret",
    "address": "https://parley.example/notifications/google",
}


def span(time):
    return int(time.start.timestamp()), int(time.end.timestamp())


class InMemory:
    """An account with a calendar of its own and one that Ren lets it read."""

    def __init__(self):
        self.port = InMemoryCalendars(lambda: EARLY)
        self.token = "token"
        self.shared = "shared"
        for calendar_id, is_own in ((OWN, True), (self.shared, False)):
            calendar = ProviderCalendar(
                calendar_id,
                calendar_id,
                "Asia/Tokyo",
                is_primary=is_own,
                can_write=is_own,
                offers_meet=is_own,
            )
            self.port.add_calendar(self.token, calendar)

    def add(self, time, *, is_busy=True):
        return self.port.add_event(OWN, span(time), is_busy=is_busy)

    def move(self, event_id, time):
        self.port.move_event(OWN, event_id, span(time))

    def delete(self, event_id):
        self.port.delete_event(OWN, event_id)

    def invite_and_decline(self, time):
        event_id = self.add(time)
        self.port.decline_event(OWN, event_id)
        return event_id

    def forget_cursors(self):
        self.port.forget_cursors(OWN)

    def lose(self, calendar_id):
        self.port.remove_calendar(calendar_id)

    def hide_busy(self, calendar_id):
        self.port.calendars[calendar_id].is_unknown = True

    def make_meetings(self, *, after_reads=0, at_all=True):
        self.port.reads_until_meet, self.port.makes_meet = after_reads, at_all

    def finish_meetings(self):
        self.port.finish_meetings()

    def show_rows(self, count):
        self.port.rows_per_page = count

    def open_channels(self):
        return [
            (channel.channel_id, token, to) for channel, _, token, to in self.port.channels.values()
        ]


class OverHttp:
    """The same at the stand-in of Google."""

    def __init__(self, google, port):
        self.world = google.world
        self.port = port
        self.token = self.world.sign_in(OWN, *SCOPES).access_token
        self.shared = REN
        self.world.share(REN, OWN, Role.READER)

    def add(self, time, *, is_busy=True):
        transparency = "opaque" if is_busy else "transparent"
        return self.world.add_event(OWN, time.start, time.end, transparency=transparency)

    def move(self, event_id, time):
        self.world.move_event(OWN, event_id, time.start, time.end)

    def delete(self, event_id):
        self.world.delete_event(OWN, event_id)

    def invite_and_decline(self, time):
        event_id = self.world.add_event(
            OWN, time.start, time.end, organizer=REN, attendees=[{"email": OWN}, {"email": REN}]
        )
        self.world.answer(OWN, event_id, "declined")
        return event_id

    def forget_cursors(self):
        self.world.forget_sync_tokens(OWN)

    def lose(self, calendar_id):
        self.world.unshare(calendar_id, OWN)

    def hide_busy(self, calendar_id):
        self.world.calendar(calendar_id).free_busy_error = "internalError"

    def make_meetings(self, *, after_reads=0, at_all=True):
        conferences = self.world.conferences
        conferences.reads = after_reads
        conferences.outcome = Outcome.PENDING if after_reads else Outcome.AT_ONCE
        if not at_all:
            conferences.outcome = Outcome.FAILURE

    def finish_meetings(self):
        self.world.finish_conferences()

    def show_rows(self, count):
        self.world.rows_per_page = count

    def open_channels(self):
        return [(each.channel_id, each.token, each.address) for each in self.world.channels()]


@contextmanager
def over_http():
    with running_google(EARLY) as google, closing(GoogleCalendars(google.origin)) as port:
        yield OverHttp(google, port)


@pytest.fixture(params=["in memory", "google"])
def account(request):
    if request.param == "in memory":
        yield InMemory()
        return
    with over_http() as account:
        yield account


def wanted(time=TEN, generation=1, **fields):
    event = WantedEvent(
        event_id_of("booking-1", "host-1", generation),
        "booking-1",
        "mark-1",
        "Intro with Sora",
        "Everything about it",
        "",
        time,
        "Asia/Tokyo",
    )
    return replace(event, **fields)


def everything(account, cursor=None):
    """Return the changes since a cursor, of all pages by id, and the next cursor."""
    found, page = {}, None
    while True:
        part = account.port.changes(account.token, OWN, cursor=cursor, page=page, within=WEEK)
        found |= {event.event_id: event for event in part.events}
        page = part.next_page
        if page is None:
            return found, part.cursor
        assert part.cursor is None


def inserted(account, **fields):
    return account.port.insert(account.token, OWN, wanted(**fields))


def read(account, event_id):
    return account.port.read(account.token, OWN, event_id)


def test_an_account_has_calendars(account):
    own, shared = account.port.all(account.token)

    assert (own.calendar_id, own.time_zone) == (OWN, "Asia/Tokyo")
    assert (own.is_primary, own.can_write, own.offers_meet) == (True, True, True)
    assert (shared.calendar_id, shared.is_primary) == (account.shared, False)
    assert not shared.can_write


def test_events_of_a_range_say_when_their_owner_is_busy(account):
    busy, free = account.add(TEN), account.add(ELEVEN, is_busy=False)
    declined, later = account.invite_and_decline(NOON), account.add(NEXT_MONTH)

    found, _ = everything(account)

    assert later not in found
    assert {event_id: event.busy for event_id, event in found.items()} == {
        busy: span(TEN),
        free: None,
        declined: None,
    }
    assert [found[each].is_gone for each in (busy, free, declined)] == [False, False, True]
    assert found[free].time == span(ELEVEN)


def test_pages_hold_each_event_once_and_the_last_one_the_cursor(account):
    event_ids = {account.add(time) for time in (TEN, ELEVEN, NOON)}
    account.show_rows(2)

    found, cursor = everything(account)

    assert found.keys() == event_ids
    assert cursor


def test_a_cursor_leads_to_what_has_changed_since(account):
    moved, deleted, left = (account.add(time) for time in (TEN, ELEVEN, NOON))
    _, cursor = everything(account)

    account.move(moved, ELEVEN)
    account.delete(deleted)
    added = account.add(TEN)
    found, cursor = everything(account, cursor)

    assert left not in found
    assert found[moved].busy == span(ELEVEN)
    assert found[added].busy == span(TEN)
    assert (found[deleted].busy, found[deleted].is_gone) == (None, True)
    assert everything(account, cursor)[0] == {}


def test_what_changes_while_pages_are_read_is_a_later_change(account):
    first, *_ = [account.add(time) for time in (TEN, ELEVEN, NOON)]
    account.show_rows(2)
    part = account.port.changes(account.token, OWN, cursor=None, page=None, within=WEEK)

    account.move(first, NOON)
    part = account.port.changes(account.token, OWN, cursor=None, page=part.next_page, within=WEEK)
    found, _ = everything(account, part.cursor)

    assert found[first].busy == span(NOON)


def test_an_event_that_moves_out_of_the_range_says_where_it_is(account):
    event_id = account.add(TEN)
    _, cursor = everything(account)

    account.move(event_id, NEXT_MONTH)

    found, _ = everything(account, cursor)
    assert (found[event_id].is_gone, found[event_id].time) == (False, span(NEXT_MONTH))


def test_a_cursor_may_be_forgotten(account):
    _, cursor = everything(account)
    account.forget_cursors()

    with pytest.raises(CursorExpired):
        everything(account, cursor)


def test_an_event_of_ours_is_recognized_wherever_its_owner_moves_it(account):
    event = wanted()
    inserted(account)
    account.move(event.event_id, NOON)

    found, _ = everything(account)

    own = found[event.event_id]
    assert (own.booking_id, own.shared_mark) == ("booking-1", "mark-1")
    assert (own.content_hash, own.time) == (event.content_hash, span(NOON))


def test_an_event_is_read_as_it_was_written(account):
    written = inserted(account)

    assert written == read(account, written.event_id)
    assert (written.event_id, written.time) == (wanted().event_id, span(TEN))
    assert written.content_hash == wanted().content_hash
    assert not written.is_gone


def test_an_accounts_own_calendar_is_known_without_its_id(account):
    event = wanted()
    made = account.port.insert(account.token, "primary", event)

    assert read(account, event.event_id).time == span(TEN)
    moved = wanted(ELEVEN)
    account.port.update(account.token, "primary", moved, etag=made.etag)
    assert account.port.read(account.token, "primary", event.event_id).time == span(ELEVEN)
    account.port.delete(account.token, "primary", event.event_id)
    assert read(account, event.event_id).is_gone


def test_an_event_that_was_never_written_cannot_be_read(account):
    assert read(account, wanted().event_id) is None


def test_an_id_is_taken_once_and_for_all(account):
    written = inserted(account)

    with pytest.raises(EventIdUsed):
        inserted(account)
    account.port.delete(account.token, OWN, written.event_id)
    with pytest.raises(EventIdUsed):
        inserted(account)

    assert read(account, written.event_id).is_gone


def test_an_event_is_brought_to_another_time(account):
    written = inserted(account)
    later = wanted(ELEVEN)

    updated = account.port.update(account.token, OWN, later, etag=written.etag)

    assert (updated.time, updated.content_hash) == (span(ELEVEN), later.content_hash)
    assert updated.etag != written.etag
    assert read(account, written.event_id) == updated


def test_an_event_that_its_owner_has_moved_is_not_overwritten_unread(account):
    written = inserted(account)
    account.move(written.event_id, NOON)

    with pytest.raises(EventChangedMeanwhile):
        account.port.update(account.token, OWN, wanted(ELEVEN), etag=written.etag)

    assert read(account, written.event_id).time == span(NOON)


def test_an_event_that_is_gone_cannot_be_changed(account):
    written = inserted(account)
    account.delete(written.event_id)
    etag = read(account, written.event_id).etag

    with pytest.raises(EventChangedMeanwhile):
        account.port.update(account.token, OWN, wanted(ELEVEN), etag=etag)
    with pytest.raises(EventChangedMeanwhile):
        account.port.update(account.token, OWN, wanted(ELEVEN, generation=2), etag=etag)


def test_deleting_what_is_gone_or_never_was_is_fine(account):
    written = inserted(account)

    account.port.delete(account.token, OWN, written.event_id)
    account.port.delete(account.token, OWN, written.event_id)
    account.port.delete(account.token, OWN, wanted(generation=2).event_id)

    assert everything(account)[0] == {}


def test_busy_times_are_merged_and_cut(account):
    for time in (TEN, ELEVEN, NEXT_MONTH):
        account.add(time)
    inserted(account, time=NOON)
    account.add(between("13:00", "14:00"), is_busy=False)

    busy = account.port.busy(account.token, [OWN], between("10:30", "18:00"))

    assert busy == {OWN: (span(between("10:30", "12:30")),)}


def test_busy_times_of_many_months_are_whole(account):
    far = TimeRange(TEN.start + 120 * DAY, TEN.end + 120 * DAY)
    across = TimeRange(EARLY + 59 * DAY, EARLY + 61 * DAY)
    for time in (TEN, far, across):
        account.add(time)

    busy = account.port.busy(account.token, [OWN], TimeRange(EARLY, EARLY + 150 * DAY))

    assert busy == {OWN: (span(TEN), span(across), span(far))}


def test_a_calendar_that_cannot_say_is_unknown_and_never_free(account):
    account.hide_busy(OWN)

    busy = account.port.busy(account.token, [OWN, account.shared, "nobody@example.org"], WEEK)

    assert busy == {OWN: None, account.shared: (), "nobody@example.org": None}


def test_a_calendar_may_be_gone(account):
    account.lose(OWN)

    for ask in (
        lambda: everything(account),
        lambda: inserted(account),
        lambda: account.port.watch(account.token, OWN, life=DAY, **CHANNEL),
    ):
        with pytest.raises(CalendarGone):
            ask()
    assert account.port.busy(account.token, [OWN], WEEK) == {OWN: None}


def test_a_token_that_is_no_good_opens_nothing(account):
    account.token = "another"

    for ask in (
        lambda: account.port.all(account.token),
        lambda: everything(account),
        lambda: account.port.busy(account.token, [OWN], WEEK),
        lambda: inserted(account),
        lambda: read(account, wanted().event_id),
        lambda: account.port.delete(account.token, OWN, wanted().event_id),
    ):
        with pytest.raises(AccessTokenRejected):
            ask()


def test_nothing_is_written_into_the_calendar_of_somebody_else(account):
    with pytest.raises(PermissionMissing):
        account.port.insert(account.token, account.shared, wanted())


def test_a_meeting_comes_with_its_event(account):
    written = inserted(account, wants_meet=True)

    assert written.join_url.startswith("https://meet.")
    assert not written.meet_failed
    assert not inserted(account, generation=2).join_url


def test_a_meeting_may_come_later(account):
    account.make_meetings(after_reads=2)

    written = inserted(account, wants_meet=True)
    read(account, written.event_id)
    finished = read(account, written.event_id)

    assert (written.join_url, written.meet_failed) == ("", False)
    assert finished.join_url
    assert finished == read(account, written.event_id)


def test_a_meeting_may_not_come_about(account):
    account.make_meetings(at_all=False)

    written = inserted(account, wants_meet=True)

    assert (written.join_url, written.meet_failed) == ("", True)
    assert read(account, written.event_id) == written


def test_a_meeting_stays_the_same_when_its_event_moves(account):
    written = inserted(account, wants_meet=True)

    moved = account.port.update(
        account.token, OWN, wanted(ELEVEN, wants_meet=True), etag=written.etag
    )

    assert moved.join_url == written.join_url


def test_an_event_that_wants_no_meeting_any_more_loses_it(account):
    written = inserted(account, wants_meet=True)

    account.port.update(account.token, OWN, wanted(), etag=written.etag)

    assert read(account, written.event_id).join_url == ""


def test_a_channel_rings_until_it_is_stopped(account):
    channel = account.port.watch(account.token, OWN, life=DAY, **CHANNEL)

    assert (channel.channel_id, channel.expires_at) == ("channel-1", EARLY + DAY)
    assert account.open_channels() == [tuple(CHANNEL.values())]

    account.port.stop(account.token, channel)
    account.port.stop(account.token, channel)
    assert account.open_channels() == []


# What only those in memory do, for tests of what uses them


@pytest.mark.parametrize("has_effect", [False, True])
def test_in_memory_an_answer_can_be_lost_before_or_after_its_effect(has_effect):
    account = InMemory()
    account.port.fail(ProviderUnavailable("timeout"), call="insert", after=has_effect)

    account.port.all(account.token)
    with pytest.raises(ProviderUnavailable):
        inserted(account)

    assert bool(account.port.events(OWN)) is has_effect
    assert account.port.calls == {"all": 1, "insert": 1}


def test_in_memory_others_can_come_between():
    account, moments = InMemory(), []
    account.port.pause = lambda moment: moments.append((moment, len(account.port.events(OWN))))

    inserted(account)

    assert moments == [("insert", 0), ("insert done", 1)]


def test_in_memory_a_change_rings():
    account = InMemory()
    account.port.watch(account.token, OWN, life=DAY, **CHANNEL)

    account.add(TEN)

    assert account.port.rung == ["channel-1"]
