from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.adapters.ics.calendar_files import ICalendarFiles
from scheduling.domain.mails import CalendarEntry, CalendarMethod, Mailbox
from scheduling.domain.typed_text import in_lines, on_one_line, place, unlinked
from tests.unit.mails.samples import ENTRY
from tests.unit.pages.test_injection import CORPUS

CANCELLATION = replace(
    ENTRY,
    method=CalendarMethod.CANCEL,
    sequence=1,
    changed_at=datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
)

hostile_texts = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            [
                "\r\n", "\n", "\r", "\x00", "\x0b", "\x85", "\u2028", "\\n", "\\", ";", ",", ":",
                '"', "^n", "BEGIN:VEVENT", "END:VEVENT", "ATTENDEE:mailto:eve@evil.example",
                " ", "\t", "\N{PILE OF POO}", "é" * 40, "日本語" * 20, "a" * 80,
            ]
        ),
        max_size=12,
    ).map("".join),
)  # fmt: skip

patient = settings(deadline=None)
"""A busy machine is no failure."""


def read(entry: CalendarEntry) -> Any:
    """Parse the file with other code than wrote it."""
    return vobject.readOne(ICalendarFiles().render(entry).decode())


def names(component: Any) -> list[str]:
    return sorted(child.name for child in component.getChildren())


def test_a_confirmed_booking_is_a_request_to_keep_the_time() -> None:
    calendar = read(ENTRY)

    assert calendar.method.value == "REQUEST"
    assert calendar.version.value == "2.0"
    assert calendar.vevent.status.value == "CONFIRMED"
    assert calendar.vevent.sequence.value == "0"
    assert calendar.vevent.dtstart.value == ENTRY.time.start
    assert calendar.vevent.dtend.value == ENTRY.time.end
    assert calendar.vevent.dtstamp.value == ENTRY.changed_at
    assert calendar.vevent.last_modified.value == ENTRY.changed_at


def test_times_are_written_in_utc() -> None:
    file = ICalendarFiles().render(ENTRY)

    assert b"\r\nDTSTART:20261201T013000Z\r\n" in file
    assert b"\r\nDTEND:20261201T020000Z\r\n" in file
    assert b"TZID" not in file


def test_a_cancellation_names_the_same_event_at_a_later_sequence() -> None:
    before, after = read(ENTRY).vevent, read(CANCELLATION).vevent

    assert read(CANCELLATION).method.value == "CANCEL"
    assert after.status.value == "CANCELLED"
    assert after.uid.value == before.uid.value
    assert int(after.sequence.value) > int(before.sequence.value)


def test_the_recipient_is_the_only_attendee_and_has_agreed() -> None:
    event = read(ENTRY).vevent

    assert [attendee.value for attendee in event.attendee_list] == ["mailto:maria@garcia.example"]
    assert event.attendee.params == {
        "CN": ["María García"],
        "ROLE": ["REQ-PARTICIPANT"],
        "PARTSTAT": ["ACCEPTED"],
        "RSVP": ["FALSE"],
    }


def test_the_organizer_is_the_organization_at_the_sending_domain() -> None:
    organizer = read(ENTRY).vevent.organizer

    assert organizer.value == "mailto:bookings@parley.example"
    assert organizer.params == {"CN": ["Hanami Studio"]}


def test_who_takes_part_is_busy() -> None:
    event = read(ENTRY).vevent

    assert event.transp.value == "OPAQUE"
    assert event.x_microsoft_cdo_busystatus.value == "BUSY"


def test_who_is_only_informed_stays_free() -> None:
    event = read(replace(ENTRY, takes_part=False)).vevent

    assert event.transp.value == "TRANSPARENT"
    assert event.x_microsoft_cdo_busystatus.value == "FREE"
    assert event.attendee.params["ROLE"] == ["NON-PARTICIPANT"]


def test_the_same_entry_is_the_same_file_when_it_is_sent_again() -> None:
    assert ICalendarFiles().render(ENTRY) == ICalendarFiles().render(ENTRY)


def test_a_note_cannot_be_turned_into_a_link_by_the_calendar() -> None:
    event = read(replace(ENTRY, description="see https://evil.example")).vevent

    assert "evil.example" not in event.description.value
    assert "https://" not in event.description.value


@patient
@given(summary=hostile_texts, description=hostile_texts, location=hostile_texts, name=hostile_texts)
def test_s16_t23_no_text_adds_a_property_or_breaks_a_line(
    summary: str, description: str, location: str, name: str
) -> None:
    entry = replace(
        ENTRY,
        summary=summary,
        description=description,
        location=location,
        organizer=Mailbox(name, ENTRY.organizer.email),
        attendee=Mailbox(name, ENTRY.attendee.email),
    )

    file = ICalendarFiles().render(entry)
    calendar = vobject.readOne(file.decode())

    assert names(calendar) == names(read(ENTRY))
    assert names(calendar.vevent) == names(read(ENTRY).vevent)
    assert calendar.vevent.attendee.value == "mailto:maria@garcia.example"
    assert calendar.vevent.organizer.value == "mailto:bookings@parley.example"
    assert calendar.vevent.summary.value == unlinked(on_one_line(summary))
    assert calendar.vevent.description.value == unlinked(in_lines(description))
    assert calendar.vevent.location.value == place(location)
    lines = file.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert not any(b"\n" in line or b"\r" in line for line in lines)


def test_s16_t23_none_of_two_hundred_payloads_adds_a_property() -> None:
    for words in (f"{payload}\r\nATTENDEE:mailto:eve@evil.example" for payload in CORPUS):
        who = {
            "organizer": Mailbox(words, ENTRY.organizer.email),
            "attendee": Mailbox(words, ENTRY.attendee.email),
        }
        calendar = read(replace(ENTRY, summary=words, description=words, location=words, **who))

        assert names(calendar) == names(read(ENTRY)), words
        assert names(calendar.vevent) == names(read(ENTRY).vevent), words
