"""The page of the log, and its table (E9)."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from handlers.pages.activity_words import (
    ACTIVITIES,
    actor_in_words,
    details_in_words,
    subject_in_words,
)
from scheduling.domain.audit import (
    SUBJECT_KINDS,
    Activity,
    Actor,
    ActorKind,
    Name,
    ThingKind,
)
from scheduling.domain.directory import DirectoryPart
from scheduling.domain.identifiers import new_id
from scheduling.domain.people import Feature, Role
from scheduling.domain.reputation import PauseReason
from scheduling.use_cases.activity import NamedEntry
from tests.support.builders import AIKO, ORGANIZATION, an_entry, at
from tests.unit.test_bookings_csv import FORMULAS

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

PAGE = "/console/activity"
ORG = ORGANIZATION.organization_id
KILOBYTE = 1000
LONG = "Konstantin Hohenstein"


@pytest.fixture
def log(site: Site) -> Site:
    """The site with nothing in its log."""
    site.store.entries.clear()
    return site


def table(answer) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.body.removeprefix("\ufeff"))))


def test_e9_the_page_says_who_did_what_to_whom_when_and_from_where(staff: Browser, log: Site):
    staff.post(f"/console/bookings/{log.booking.booking_id}/cancellation", {"reason": "Ill"})

    page = staff.get(PAGE).body

    assert "Cancelled a booking" in page
    assert f'<a href="bookings/{log.booking.booking_id}">{log.booking.title}</a>' in page
    assert f'<a href="?person={AIKO.member_id}">Aiko Mori</a>' in page
    assert "Tue 1 December 2026, 18:00" in page, "on the clocks of whoever reads it"
    assert "192.0.2.0/24" in page
    assert "192.0.2.1" not in page


def test_e9_a_guest_and_the_clock_are_called_what_they_are(staff: Browser, log: Site):
    log.store.entries += [
        an_entry(
            Activity.BOOKING_MOVED,
            actor=Actor(ActorKind.GUEST, network="198.51.100.0/24"),
            subject_id=log.booking.booking_id,
            facts={"start": at("15:00").isoformat(), "former_start": at("14:00").isoformat()},
        ),
        an_entry(
            Activity.SENDING_PAUSED,
            actor=Actor(ActorKind.PARLEY),
            subject_id="",
            facts={"reason": PauseReason.BOUNCES.value},
        ),
    ]

    page = staff.get(PAGE).body

    assert "A guest" in page
    assert "From Tue 1 December 2026, 23:00 to Wed 2 December 2026, 00:00" in page
    assert ">Parley</td>" in page
    assert "Too many mails came back." in page


def test_e9_whoever_left_is_a_former_member_and_whoever_was_erased_is_nothing_else(
    staff: Browser, log: Site
):
    log.store.entries += [
        an_entry(Activity.SIGNED_IN, actor=Actor(ActorKind.MEMBER, member_id), subject_id="")
        for member_id in (log.former.member_id, new_id())
    ]

    page = staff.get(PAGE).body

    assert ">Abe Gone (Former member)</a>" in page
    assert ">Former member</a>" in page


def test_e9_what_is_gone_is_not_linked(staff: Browser, log: Site):
    external_id = log.lena.external_member_id
    log.store.entries.append(an_entry(Activity.AVAILABILITY_SEEN, subject_id=external_id))
    linked = f'<a href="external-members/{external_id}">'

    assert linked in staff.get(PAGE).body
    key = ORG, external_id
    gone = replace(log.store.external_members[key], deleted_at=log.now)
    log.store.external_members[key] = gone

    assert linked not in staff.get(PAGE).body


def test_e9_a_booking_page_is_called_by_its_first_host(staff: Browser, log: Site):
    staff.post("/console/booking-pages/workshop/state", {"is_on": "no"})

    page = staff.get(PAGE).body

    assert "Switched a booking page" in page
    assert f'<a href="booking-pages?host={AIKO.member_id}">Booking page of Aiko Mori</a>' in page


def test_e9_the_log_is_filtered_by_person_activity_subject_and_days(staff: Browser, log: Site):
    ben = an_entry(
        Activity.SIGNED_IN,
        actor=Actor(ActorKind.MEMBER, log.ben.member_id),
        subject_id="",
        at=log.now,
    )
    edited = an_entry(subject_id=log.ben.member_id, at=log.now - timedelta(days=2))
    log.store.entries += [ben, edited]
    queries = {
        f"person={log.ben.member_id}": "Signed in",
        "activity=signed_in": "Signed in",
        f"subject={log.ben.member_id}": "Changed a member",
        "from=2026-12-01": "Signed in",
        "to=2026-11-30": "Changed a member",
    }

    for query, found in queries.items():
        rows = table(staff.get(f"{PAGE}.csv?{query}"))
        assert [row[0] for row in rows[1:]] == [
            entry.entry_id for entry in (ben, edited) if ACTIVITIES[entry.activity] == found
        ], query
        assert f'<td role="cell">{found}' in staff.get(f"{PAGE}?{query}").body, query


def test_a_day_that_is_none_is_refused_beside_its_field(staff: Browser, log: Site):
    page = staff.get(f"{PAGE}?from=yesterday").body

    assert "Please choose a day, like 2026-12-01." in page


def test_the_next_part_keeps_the_filter(staff: Browser, log: Site):
    log.store.entries += [an_entry(at=log.now - timedelta(minutes=number)) for number in range(120)]
    address, pages = "?activity=member_edited", 0

    while address:
        page = staff.get(f"{PAGE}{address}").body
        pages += 1
        _, _, rest = page.partition('aria-label="More of this list"><a class="button quiet" href="')
        address = rest.partition('"')[0].replace("&amp;", "&")
        assert not address or "activity=member_edited" in address

    assert pages == 3


def test_fifty_rows_are_at_most_30_kilobytes(staff: Browser, log: Site):
    log.store.members[ORG, AIKO.member_id] = replace(AIKO, name=LONG)
    log.store.entries += [
        an_entry(
            Activity.MEMBER_EDITED,
            at=log.now - timedelta(minutes=number),
            facts={"fields": "name time_zone role", "role": "admin"},
        )
        for number in range(50)
    ]

    assert len(staff.get(PAGE).body.encode()) <= 30 * KILOBYTE


def test_e9_only_admins_see_the_log_and_its_place_in_the_menu(staff: Browser, log: Site):
    assert f'href="{PAGE}"' in staff.get("/console").body

    log.store.members[ORG, AIKO.member_id] = replace(AIKO, role=Role.MEMBER)

    assert f'href="{PAGE}"' not in staff.get("/console").body
    assert staff.get(PAGE).status == 403
    assert staff.get(f"{PAGE}.csv").status == 403


def test_e9_pages_of_things_and_people_lead_to_what_was_done(staff: Browser, site: Site):
    kenji = site.kenji.external_member_id
    for place, address in {
        site.console_page_of(site.booking): f"subject={site.booking.booking_id}",
        site.page_of(site.kenji): f"subject={kenji}",
        f"/console/team/{site.ben.member_id}": f"person={site.ben.member_id}",
    }.items():
        assert f'href="{PAGE}?{address}"' in staff.get(place).body, place

    site.store.members[ORG, AIKO.member_id] = replace(AIKO, role=Role.MEMBER)
    assert PAGE not in staff.get(site.console_page_of(site.booking)).body


@pytest.mark.parametrize("formula", FORMULAS)
def test_t25_no_name_in_the_table_is_a_formula(staff: Browser, log: Site, formula: str):
    log.store.members[ORG, AIKO.member_id] = replace(AIKO, name=formula)
    log.store.entries.append(an_entry())

    [_, row] = table(staff.get(f"{PAGE}.csv"))

    assert row[5] == row[7] == f"'{formula}"


@pytest.mark.parametrize("locale", ["en", "ja"])
@pytest.mark.parametrize("activity", Activity)
def test_each_activity_can_be_told(activity: Activity, locale: str):
    facts = FACTS.get(activity, {})
    if SUBJECT_KINDS[activity] is ThingKind.BOOKING_PAGE:
        facts |= {"host_kind": "member", "host_id": AIKO.member_id}
    entry = an_entry(activity, facts=facts)
    named = NamedEntry(entry, Name("Aiko Mori"), None)

    assert actor_in_words(named, locale) == "Aiko Mori"
    assert isinstance(subject_in_words(SUBJECT_KINDS[activity], None, locale), str)
    assert bool(details_in_words(entry, "Asia/Tokyo", locale)) is (activity in FACTS)


FACTS = {
    Activity.FEATURE_SWITCHED: {"feature": Feature.EXTERNAL_MEMBERS.value, "to": "on"},
    Activity.DIRECTORY_EDITED: {"part": DirectoryPart.DEPARTMENTS.value, "change": "renamed"},
    Activity.MEMBER_EDITED: {"fields": "name locale role", "role": "admin"},
    Activity.MEMBERS_IMPORTED: {"rows": "480"},
    Activity.EXTERNAL_MEMBER_EDITED: {"changed": "email person_in_charge_id"},
    Activity.BOOKING_PAGE_SWITCHED: {"to": "off"},
    Activity.BOOKING_MOVED: {
        "start": "2026-12-01T09:00:00+00:00",
        "former_start": "2026-12-01T10:00:00+00:00",
    },
    Activity.SENDING_PAUSED: {"reason": PauseReason.COMPLAINTS.value},
}
"""What there is more to tell than what was done to whom."""
