"""The steps of the road, on adapters in memory."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from scheduling.domain.booking_page import BookingRules
from scheduling.domain.links import token_for
from scheduling.use_cases.availability import save_availability
from scheduling.use_cases.booking import book_slot
from scheduling.use_cases.external_members import invite_external_member
from tests.support.builders import AIKO, STAFF
from tests.support.in_memory import KEY, InMemoryAdapters

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling.domain.availability import Availability
    from scheduling.domain.people import ExternalMember
    from scheduling.domain.time_range import TimeRange
    from scheduling.use_cases.booking import BookedSlot

HALF_HOUR = BookingRules(duration=timedelta(minutes=30), minimum_notice=timedelta(0))


def invite(
    parley: InMemoryAdapters,
    *,
    name: str = "Kenji Tanaka",
    email: str = "kenji@example.org",
    person_in_charge_id: str = AIKO.member_id,
    title: str = "Portfolio review",
    rules: BookingRules = HALF_HOUR,
) -> ExternalMember:
    return invite_external_member(
        STAFF,
        name=name,
        email=email,
        person_in_charge_id=person_in_charge_id,
        title=title,
        location="",
        rules=rules,
        now=parley.now(),
        members=parley.members,
        external_members=parley.external_members,
    )


def token(parley: InMemoryAdapters, link_id: str) -> str:
    return token_for(parley.store.links[link_id], KEY)


def enter(
    parley: InMemoryAdapters, member: ExternalMember, *windows: TimeRange, version: int = 0
) -> Availability:
    return save_availability(
        token(parley, member.request_link_id),
        version=version,
        time_zone="Asia/Tokyo",
        entries=[(window.start, window.end) for window in windows],
        now=parley.now(),
        links=parley.links,
        link_keys=parley.link_keys,
        external_members=parley.external_members,
    )


def book(
    parley: InMemoryAdapters,
    member: ExternalMember,
    start: datetime,
    *,
    name: str = "Mia Weber",
    email: str = "mia@guest.example",
    note: str = "",
    time_zone: str = "Europe/Berlin",
    key: str = "form",
) -> BookedSlot:
    return book_slot(
        member.booking_page_slug,
        start,
        name=name,
        email=email,
        note=note,
        time_zone=time_zone,
        key=key,
        now=parley.now(),
        base_url=parley.base_url,
        booking_pages=parley.booking_pages,
        external_members=parley.external_members,
        bookings=parley.bookings,
        links=parley.links,
        link_keys=parley.link_keys,
    )
