"""When somebody is busy, out of calendar files: RFC 5545, and what hostile ones cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.adapters.ics.busy_times import ICalendarBusyTimes
from scheduling.domain.feeds import FeedFailure, span_to_read
from scheduling.ports import FeedNotRead

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WITHIN = span_to_read(NOW)
OWNER = "kenji@example.org"


def calendar(*parts, head=""):
    """Return an iCalendar file as bytes; each part is a component in lines."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example//EN", *head.split("\n"), *parts]
    text = "\n".join(lines)
    return "".join(f"{line}\r\n" for line in f"{text}\nEND:VCALENDAR".split("\n") if line).encode()


def event(*lines, uid="one@example.org"):
    return "\n".join(
        ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT"]
    )


def on(*lines, **more):
    """Return an event on Tuesday, 10 March 2026, 09:00–10:00 in UTC."""
    return event("DTSTART:20260310T090000Z", "DTEND:20260310T100000Z", *lines, **more)


def busy(file, *, zone="UTC", apart_from=(), **bounds):
    return ICalendarBusyTimes(**bounds).of(
        file, WITHIN, owner=OWNER, time_zone=zone, apart_from=apart_from
    )


def stretches(file, **more):
    """Return when the owner is busy, as `03-10 09:00/10:00` in UTC."""
    return [
        f"{datetime.fromtimestamp(start, UTC):%m-%d %H:%M}/{datetime.fromtimestamp(end, UTC):%H:%M}"
        for start, end in busy(file, **more)
    ]


def failure_of(file, **bounds):
    with pytest.raises(FeedNotRead) as refused:
        busy(file, **bounds)
    return refused.value.failure


# What is busy


def test_an_event_is_busy():
    assert stretches(calendar(on("SUMMARY:Dentist"))) == ["03-10 09:00/10:00"]


def test_an_empty_calendar_is_free():
    assert stretches(calendar()) == []


@pytest.mark.parametrize(
    "line",
    [
        "TRANSP:TRANSPARENT",
        "TRANSP:transparent",
        "STATUS:CANCELLED",
        "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
        "X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE",
        "ATTENDEE;PARTSTAT=DECLINED:mailto:kenji@example.org",
        "ATTENDEE;PARTSTAT=declined:MAILTO:Kenji@Example.org",
        "ATTENDEE:mailto:a@example.org\nATTENDEE;PARTSTAT=DECLINED:mailto:kenji@example.org",
    ],
)
def test_what_takes_no_time_is_free(line):
    assert stretches(calendar(on(line))) == []


@pytest.mark.parametrize(
    "line",
    [
        "TRANSP:OPAQUE",
        "STATUS:TENTATIVE",
        "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE",
        "X-MICROSOFT-CDO-BUSYSTATUS:OOF",
        "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:kenji@example.org",
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:kenji@example.org",
        "ATTENDEE;PARTSTAT=DECLINED:mailto:somebody@example.org",
        "CLASS:PRIVATE",
    ],
)
def test_everything_else_is_busy(line):
    assert stretches(calendar(on(line))) == ["03-10 09:00/10:00"]


def test_somebody_declines_under_the_address_that_their_calendar_is_called_after():
    declined = on("ATTENDEE;PARTSTAT=DECLINED:mailto:ken@gmail.example")

    assert stretches(calendar(declined, head="X-WR-CALNAME:ken@gmail.example")) == []


def test_our_own_bookings_in_it_are_passed_over():
    file = calendar(on(uid="booking1@mail.example"), on(uid="booking2@mail.example"))

    assert stretches(file, apart_from=["booking1"]) == ["03-10 09:00/10:00"]
    assert stretches(file, apart_from=["booking1", "booking2"]) == []


def test_stretches_that_touch_or_overlap_are_one():
    file = calendar(
        on(),
        event("DTSTART:20260310T100000Z", "DTEND:20260310T103000Z", uid="2"),
        event("DTSTART:20260310T093000Z", "DTEND:20260310T094500Z", uid="3"),
    )

    assert stretches(file) == ["03-10 09:00/10:30"]


def test_an_event_without_length_takes_no_time():
    assert stretches(calendar(event("DTSTART:20260310T090000Z"))) == []


def test_a_length_may_stand_in_place_of_the_end():
    assert stretches(calendar(event("DTSTART:20260310T090000Z", "DURATION:PT90M"))) == [
        "03-10 09:00/10:30"
    ]


def test_tasks_and_journals_take_no_time():
    task = "BEGIN:VTODO\nUID:1\nDTSTART:20260310T090000Z\nDUE:20260310T100000Z\nEND:VTODO"

    assert stretches(calendar(task)) == []


def test_published_stretches_are_busy_unless_free():
    published = (
        "BEGIN:VFREEBUSY\nUID:1\nFREEBUSY:20260310T090000Z/PT1H\n"
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20260311T090000Z/20260311T100000Z,20260312T090000Z/PT1H\n"
        "FREEBUSY;FBTYPE=FREE:20260313T090000Z/PT1H\nEND:VFREEBUSY"
    )

    assert stretches(calendar(published)) == [
        "03-10 09:00/10:00",
        "03-11 09:00/10:00",
        "03-12 09:00/10:00",
    ]


def test_what_lies_outside_of_what_can_be_booked_is_not_kept():
    file = calendar(
        event("DTSTART:20200310T090000Z", "DTEND:20200310T100000Z", uid="past"),
        event("DTSTART:20290310T090000Z", "DTEND:20290310T100000Z", uid="future"),
        event("DTSTART:20200101T000000Z", "DTEND:20300101T000000Z", uid="all the time"),
    )

    assert busy(file) == ((int(WITHIN.start.timestamp()), int(WITHIN.end.timestamp())),)


# Days, clocks and zones


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", ["03-10 00:00/00:00"]),
        ("Asia/Tokyo", ["03-09 15:00/15:00"]),
        ("America/New_York", ["03-10 04:00/04:00"]),
    ],
)
def test_a_whole_day_is_that_of_the_owners_zone(zone, expected):
    assert stretches(calendar(event("DTSTART;VALUE=DATE:20260310")), zone=zone) == expected


def test_a_whole_day_is_that_of_the_calendars_own_zone_if_it_has_one():
    file = calendar(event("DTSTART;VALUE=DATE:20260310"), head="X-WR-TIMEZONE:Asia/Tokyo")

    assert stretches(file, zone="America/New_York") == ["03-09 15:00/15:00"]


def test_a_zone_that_nobody_knows_is_as_none():
    file = calendar(event("DTSTART;VALUE=DATE:20260310"), head="X-WR-TIMEZONE:Mars/Base")

    assert stretches(file, zone="Asia/Tokyo") == ["03-09 15:00/15:00"]


def test_a_day_on_which_clocks_change_is_as_long_as_it_is():
    file = calendar(
        event("DTSTART;VALUE=DATE:20260329", "DTEND;VALUE=DATE:20260330", uid="spring"),
        event("DTSTART;VALUE=DATE:20261025", "DTEND;VALUE=DATE:20261026", uid="autumn"),
    )

    lengths = [(end - start) // 3600 for start, end in busy(file, zone="Europe/Berlin")]

    assert lengths == [23, 25]


def test_a_holiday_of_several_days_that_takes_no_time_is_free():
    days = ("DTSTART;VALUE=DATE:20260310", "DTEND;VALUE=DATE:20260320")

    assert len(busy(calendar(event(*days)))) == 1
    assert busy(calendar(event(*days, "TRANSP:TRANSPARENT"))) == ()


def test_clocks_without_a_zone_are_the_owners():
    floating = event("DTSTART:20260310T090000", "DTEND:20260310T100000")

    assert stretches(calendar(floating), zone="Asia/Tokyo") == ["03-10 00:00/01:00"]
    assert stretches(calendar(floating, head="X-WR-TIMEZONE:Europe/Berlin"), zone="Asia/Tokyo") == [
        "03-10 08:00/09:00"
    ]


def test_a_clock_time_that_a_change_skips_is_the_change():
    floating = event("DTSTART:20260329T023000", "DTEND:20260329T040000")

    assert stretches(calendar(floating), zone="Europe/Berlin") == ["03-29 01:00/02:00"]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "W. Europe Standard Time"])
def test_zones_are_known_by_the_names_that_programs_give_them(zone):
    file = calendar(
        event(f'DTSTART;TZID="{zone}":20260310T090000', f'DTEND;TZID="{zone}":20260310T100000')
    )

    assert stretches(file) == ["03-10 08:00/09:00"]


def test_a_zone_that_is_defined_nowhere_is_the_owners():
    file = calendar(event("DTSTART;TZID=Office:20260310T090000", "DURATION:PT1H"))

    assert stretches(file, zone="Asia/Tokyo") == ["03-10 00:00/01:00"]


def test_a_zone_may_be_defined_in_the_file():
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Office\nBEGIN:STANDARD\nDTSTART:19700101T000000\n"
        "TZOFFSETFROM:+0530\nTZOFFSETTO:+0530\nEND:STANDARD\nEND:VTIMEZONE"
    )
    file = calendar(
        zone, event("DTSTART;TZID=Office:20260310T090000", "DTEND;TZID=Office:20260310T100000")
    )

    assert stretches(file) == ["03-10 03:30/04:30"]


# What recurs


def test_a_weekly_meeting_stays_at_its_clock_time_when_clocks_change():
    weekly = event(
        "DTSTART;TZID=Europe/Berlin:20260316T090000",
        "DTEND;TZID=Europe/Berlin:20260316T100000",
        "RRULE:FREQ=WEEKLY;COUNT=3",
    )

    assert stretches(calendar(weekly)) == [
        "03-16 08:00/09:00",
        "03-23 08:00/09:00",
        "03-30 07:00/08:00",
    ]


def test_a_series_in_utc_stays_at_its_clock_time_in_the_zone_of_the_calendar():
    weekly = event(
        "DTSTART:20260323T080000Z", "DTEND:20260323T090000Z", "RRULE:FREQ=WEEKLY;COUNT=2"
    )

    assert stretches(calendar(weekly, head="X-WR-TIMEZONE:Europe/Berlin")) == [
        "03-23 08:00/09:00",
        "03-30 07:00/08:00",
    ]


def test_a_series_that_began_years_ago_goes_on_for_all_that_can_be_booked():
    daily = event("DTSTART:20150101T090000Z", "DTEND:20150101T100000Z", "RRULE:FREQ=DAILY")

    found = busy(calendar(daily))

    assert len(found) == (WITHIN.end - WITHIN.start).days
    assert datetime.fromtimestamp(found[-1][1], UTC) > NOW + timedelta(days=366)


def test_a_series_ends_when_it_says_so():
    until = event(
        "DTSTART:20260310T090000Z",
        "DTEND:20260310T100000Z",
        "RRULE:FREQ=DAILY;UNTIL=20260311T090000Z",
    )

    assert stretches(calendar(until)) == ["03-10 09:00/10:00", "03-11 09:00/10:00"]


def test_a_date_that_is_left_out_is_free_and_one_that_is_added_is_busy():
    series = event(
        "DTSTART:20260310T090000Z",
        "DTEND:20260310T100000Z",
        "RRULE:FREQ=DAILY;COUNT=3",
        "EXDATE:20260311T090000Z",
        "RDATE:20260320T140000Z",
    )

    assert stretches(calendar(series)) == [
        "03-10 09:00/10:00",
        "03-12 09:00/10:00",
        "03-20 14:00/15:00",
    ]


SERIES = event("DTSTART:20260310T090000Z", "DTEND:20260310T100000Z", "RRULE:FREQ=DAILY;COUNT=3")


def test_an_occurrence_that_was_moved_frees_its_old_time():
    moved = event(
        "RECURRENCE-ID:20260311T090000Z", "DTSTART:20260311T150000Z", "DTEND:20260311T153000Z"
    )

    assert stretches(calendar(SERIES, moved)) == [
        "03-10 09:00/10:00",
        "03-11 15:00/15:30",
        "03-12 09:00/10:00",
    ]


@pytest.mark.parametrize(
    "line", ["STATUS:CANCELLED", "TRANSP:TRANSPARENT", f"ATTENDEE;PARTSTAT=DECLINED:mailto:{OWNER}"]
)
def test_an_occurrence_that_was_called_off_is_free(line):
    off = event(
        "RECURRENCE-ID:20260311T090000Z", "DTSTART:20260311T090000Z", "DTEND:20260311T100000Z", line
    )

    assert stretches(calendar(SERIES, off)) == ["03-10 09:00/10:00", "03-12 09:00/10:00"]


def test_whole_days_recur_as_days():
    yearly = event("DTSTART;VALUE=DATE:20200310", "RRULE:FREQ=YEARLY")

    assert stretches(calendar(yearly), zone="Asia/Tokyo") == ["03-09 15:00/15:00"]


# What is no calendar, or too much of one


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"\x00\xff\xfe",
        b"<!doctype html><title>Sign in</title>",
        b'{"events": []}',
        b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Kenji\r\nEND:VCARD\r\n",
        b"BEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\n",
        calendar(event("SUMMARY:It never begins")),
        calendar(event("DTSTART:20269910T090000Z")),
        calendar(event("DTSTART:tomorrow")),
        calendar(event("DTSTART:20260310T090000Z", "RRULE:FREQ=NEVER")),
        calendar(event("DTSTART:20260310T090000Z", "RRULE:COUNT=3")),
        calendar(on(), head="CALSCALE:CHINESE"),
        calendar(on(), "BEGIN:VEVENT"),
        calendar(*["BEGIN:VEVENT"] * 5000, *["END:VEVENT"] * 5000),
    ],
    ids=range(14),
)
def test_what_is_no_calendar_is_told_so(file):
    assert failure_of(file) is FeedFailure.NOT_A_CALENDAR


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY",
        "FREQ=SECONDLY;COUNT=2",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))) + ";BYMINUTE=1,11,21,31,41,51",
        "FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30",
    ],
)
def test_a_rule_that_costs_too_much_is_given_up_in_time(rule):
    file = calendar(event("DTSTART:19000101T090000Z", "DURATION:PT1S", f"RRULE:{rule}"))

    assert failure_of(file, cpu_seconds=0.1) is FeedFailure.TOO_MUCH


def test_a_megabyte_of_lines_is_given_up_in_time():
    file = calendar(*["X:1"] * 190_000)

    assert failure_of(file, cpu_seconds=0.1) is FeedFailure.TOO_MUCH


def test_more_stretches_than_are_kept_are_too_much():
    daily = event("DTSTART:20260310T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3")

    assert len(busy(calendar(daily), most=3)) == 3
    assert failure_of(calendar(daily), most=2) is FeedFailure.TOO_MUCH


def test_after_a_hostile_calendar_the_next_is_read():
    endless = event("DTSTART:20260310T090000Z", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")
    failure_of(calendar(endless), cpu_seconds=0.2)

    assert stretches(calendar(on())) == ["03-10 09:00/10:00"]


def test_a_byte_order_mark_and_odd_bytes_do_no_harm():
    file = b"\xef\xbb\xbf" + calendar(on("SUMMARY:Caf\xe9")).replace("é".encode(), b"\xe9")

    assert stretches(file) == ["03-10 09:00/10:00"]


def test_several_calendars_in_one_file_are_read_together():
    later = event("DTSTART:20260311T090000Z", "DTEND:20260311T100000Z")

    assert stretches(calendar(on()) + calendar(later)) == ["03-10 09:00/10:00", "03-11 09:00/10:00"]


VALUES = [
    "20260310T090000Z", "20260310", "T", "-P1D", "PT1H", "00000000T000000Z", "99991231T235959Z",
    "20260310T090000Z/PT1H", "FREQ=DAILY;COUNT=2", "FREQ=WEEKLY;BYDAY=XX", "FREQ=DAILY;INTERVAL=0",
    "INTERVAL=1", "", "\\", "mailto:kenji@example.org", "CANCELLED", "+9999",
]  # fmt: skip
NAMES = [
    "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID", "STATUS",
    "ATTENDEE", "UID", "SEQUENCE", "TRANSP", "DTSTART;VALUE=DATE", "RDATE;VALUE=PERIOD",
    "DTSTART;TZID=Nowhere", "DTEND;TZID=Europe/Berlin", "FREEBUSY", "X-WR-TIMEZONE", "BEGIN", "END",
    "RECURRENCE-ID;RANGE=THISANDFUTURE", "ATTENDEE;PARTSTAT=", "FREEBUSY;FBTYPE=BUSY",
]  # fmt: skip
lines = st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)).map(":".join)
kinds = st.sampled_from(["VEVENT", "VFREEBUSY", "VTIMEZONE"])


@settings(max_examples=1500, deadline=None, derandomize=True, database=None)
@given(parts=st.lists(st.tuples(kinds, st.lists(lines, max_size=6)), max_size=3))
def test_whatever_stands_in_a_file_it_is_read_or_refused(parts):
    components = ["\n".join([f"BEGIN:{kind}", *body, f"END:{kind}"]) for kind, body in parts]
    try:
        found = busy(calendar(*components))
    except FeedNotRead:
        return
    assert list(found) == sorted(found)
