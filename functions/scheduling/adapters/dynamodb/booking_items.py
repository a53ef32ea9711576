"""How bookings and holds are stored, and what they show in their hosts' time."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.notation import length, seconds
from scheduling.adapters.dynamodb.table import (
    from_optional_seconds,
    from_seconds,
    to_optional_seconds,
    to_seconds,
)
from scheduling.domain.booking import Answer, BookedHost, Booking, BookingState, Claim, Hold, Taken
from scheduling.domain.connections import Platform
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.messages import Recipient
from scheduling.domain.people import Guest
from scheduling.domain.slots import BufferRule
from scheduling.domain.time_range import TimeRange

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from scheduling.adapters.dynamodb.table import Item

SCHEMA = 2
"""Stored on each booking, for code that meets older or newer ones."""


def booking_item(booking: Booking) -> Item:
    former_time = booking.former_time
    return {
        **keys.booking(booking.organization_id, booking.booking_id),
        "GSI1PK": keys.bookings(booking.organization_id),
        "GSI1SK": f"{keys.moment(booking.time.start)}#{booking.booking_id}",
        "schema": SCHEMA,
        "booking_id": booking.booking_id,
        "booking_page_slug": booking.booking_page_slug,
        "title": booking.title,
        "location": booking.location,
        **({"online_meeting": booking.online_meeting.value} if booking.online_meeting else {}),
        **_claim_attributes(booking.claim, booking.hosts),
        "person_in_charge_id": booking.person_in_charge_id,
        "guest": asdict(booking.guest),
        "other_guests": list(booking.other_guests),
        "answers": [asdict(answer) for answer in booking.answers],
        "searched": _searched(booking),
        "state": booking.state.value,
        "version": booking.version,
        "fingerprint": booking.fingerprint,
        "guest_link_id": booking.guest_link_id,
        "booked_at": to_seconds(booking.booked_at),
        "changed_at": to_seconds(booking.changed_at),
        "expires_at": to_optional_seconds(booking.expires_at),
        "reminders": [seconds(before) for before in booking.reminders],
        "ended_by": None if booking.ended_by is None else booking.ended_by.value,
        "reason": booking.reason,
        "former_time": former_time and [to_seconds(former_time.start), to_seconds(former_time.end)],
        "former_host_ids": list(booking.former_host_ids),
        **({"erasures": booking.erasures} if booking.erasures else {}),
    }


def unchanged(before: Booking) -> tuple[str, Item]:
    """Return the condition that the stored booking is still as it was read, and its values."""
    if before.erasures:
        values = {":before": before.version, ":erasures": before.erasures}
        return "version = :before AND erasures = :erasures", values
    return "version = :before AND attribute_not_exists(erasures)", {":before": before.version}


def stored_booking(item: Item) -> Booking:
    if item["schema"] == 1:
        return _booking_of_schema_1(item)
    ended_by, former_time = item["ended_by"], item["former_time"]
    return Booking(
        booking_id=item["booking_id"],
        organization_id=item["organization_id"],
        booking_page_slug=item["booking_page_slug"],
        title=item["title"],
        location=item["location"],
        hosts=_hosts(item),
        person_in_charge_id=item["person_in_charge_id"],
        guest=Guest(**item["guest"]),
        claim=_claim(item, item["booking_id"]),
        state=BookingState(item["state"]),
        version=int(item["version"]),
        guest_link_id=item["guest_link_id"],
        booked_at=from_seconds(item["booked_at"]),
        changed_at=from_seconds(item["changed_at"]),
        fingerprint=item["fingerprint"],
        other_guests=tuple(item["other_guests"]),
        answers=tuple(Answer(**answer) for answer in item["answers"]),
        reminders=tuple(map(length, item["reminders"])),
        expires_at=from_optional_seconds(item["expires_at"]),
        ended_by=None if ended_by is None else Recipient(ended_by),
        reason=item["reason"],
        former_time=former_time and TimeRange(*map(from_seconds, former_time)),
        former_host_ids=tuple(item["former_host_ids"]),
        erasures=int(item.get("erasures", 0)),
        # Those from before meetings could be online have none.
        online_meeting=Platform(item["online_meeting"]) if "online_meeting" in item else None,
    )


def _booking_of_schema_1(item: Item) -> Booking:
    """Return a booking of one external member, from before moves, holds and requests."""
    time = TimeRange(from_seconds(item["start"]), from_seconds(item["end"]))
    cancelled_by = item["cancelled_by"]
    return Booking(
        booking_id=item["booking_id"],
        organization_id=item["organization_id"],
        booking_page_slug=item["booking_page_slug"],
        title=item["title"],
        location=item["location"],
        hosts=(BookedHost(HostKey(HostKind.EXTERNAL_MEMBER, item["host_id"]), item["host_name"]),),
        person_in_charge_id=item["person_in_charge_id"],
        guest=Guest(**item["guest"]),
        claim=Claim(
            owner_id=item["booking_id"],
            organization_id=item["organization_id"],
            host_ids=(item["host_id"],),
            time=time,
            before=time.start - from_seconds(item["claimed_from"]),
            after=from_seconds(item["claimed_to"]) - time.end,
        ),
        state=BookingState(item["state"]),
        version=int(item["version"]),
        guest_link_id=item["guest_link_id"],
        booked_at=from_seconds(item["booked_at"]),
        changed_at=from_seconds(item["changed_at"]),
        ended_by=None if cancelled_by is None else Recipient(cancelled_by),
        reason=item["cancellation_reason"],
    )


def _searched(booking: Booking) -> str:
    """Return what bookings are found by, in lower case, one thing a line."""
    guest = booking.guest
    return "\n".join([booking.title, guest.name, guest.email, *booking.other_guests]).lower()


def expiry_item(booking: Booking, expires_at: datetime) -> Item:
    """Return what stands in the queue of what is overdue, for a request."""
    return {
        **keys.booking_expiry(booking.organization_id, booking.booking_id),
        **keys.overdue_place(booking.booking_id, expires_at),
        "organization_id": booking.organization_id,
        "booking_id": booking.booking_id,
    }


def guest_items(booking: Booking) -> list[Item]:
    """Return what leads from the address of each guest to the booking, for as long as it is kept.

    Written once: who the guests are never changes. Whoever was erased has none any more.
    """
    return [
        {
            **keys.guest_booking(booking.organization_id, address, booking.booking_id),
            "organization_id": booking.organization_id,
            "booking_id": booking.booking_id,
        }
        for address in (booking.guest.email, *booking.other_guests)
        if address
    ]


def hold_item(hold: Hold) -> Item:
    return {
        **keys.hold(hold.hold_id),
        **keys.overdue_place(hold.hold_id, hold.expires_at),
        "hold_id": hold.hold_id,
        "booking_page_slug": hold.booking_page_slug,
        **_claim_attributes(hold.claim, hold.hosts),
        "held_at": to_seconds(hold.held_at),
        "expires_at": to_seconds(hold.expires_at),
        "to_look_into": list(hold.to_look_into),
    }


def stored_hold(item: Item) -> Hold:
    return Hold(
        hold_id=item["hold_id"],
        booking_page_slug=item["booking_page_slug"],
        hosts=_hosts(item),
        claim=_claim(item, item["hold_id"]),
        held_at=from_seconds(item["held_at"]),
        expires_at=from_seconds(item["expires_at"]),
        to_look_into=tuple(item.get("to_look_into", ())),
    )


def host_items(owner: Booking | Hold | None) -> list[Item]:
    """Return what stands in each host's time for a booking or a hold that takes some."""
    match owner:
        case Hold():
            when, is_hold = owner.held_at, True
        case Booking() if owner.state.takes_time:
            when, is_hold = owner.booked_at, False
        case _:
            return []
    claim = owner.claim
    return [
        {
            **keys.host_booking(claim.organization_id, host_id, claim.whole.start, claim.owner_id),
            "owner_id": claim.owner_id,
            "starts_at": to_seconds(claim.time.start),
            "ends_at": to_seconds(claim.time.end),
            "before": seconds(claim.before),
            "after": seconds(claim.after),
            "booking_page_slug": owner.booking_page_slug,
            "taken_at": to_seconds(when),
            "is_hold": is_hold,
            "expires_at": to_optional_seconds(owner.expires_at),
        }
        for host_id in claim.host_ids
    ]


def stored_taken(item: Item) -> Taken:
    if "from" in item:
        return _taken_of_schema_1(item)
    return Taken(
        owner_id=item["owner_id"],
        time=_time(item),
        before=length(item["before"]),
        after=length(item["after"]),
        booking_page_slug=item["booking_page_slug"],
        taken_at=from_seconds(item["taken_at"]),
        is_hold=item["is_hold"],
        expires_at=from_optional_seconds(item["expires_at"]),
    )


def _taken_of_schema_1(item: Item) -> Taken:
    """Return what a booking took with its buffers; of which page, and since when, is unknown."""
    return Taken(
        owner_id=item["SK"].partition("#")[2],
        time=TimeRange(from_seconds(item["from"]), from_seconds(item["to"])),
        before=length(0),
        after=length(0),
        booking_page_slug="",
        taken_at=from_seconds(0),
    )


def _claim_attributes(claim: Claim, hosts: Iterable[BookedHost]) -> Item:
    return {
        "organization_id": claim.organization_id,
        "hosts": [
            {"kind": host.key.kind.value, "host_id": host.host_id, "name": host.name}
            for host in hosts
        ],
        "host_ids": list(claim.host_ids),
        "starts_at": to_seconds(claim.time.start),
        "ends_at": to_seconds(claim.time.end),
        "before": seconds(claim.before),
        "after": seconds(claim.after),
        "buffer_rule": claim.buffer_rule.value,
    }


def _claim(item: Item, owner_id: str) -> Claim:
    return Claim(
        owner_id=owner_id,
        organization_id=item["organization_id"],
        host_ids=tuple(item["host_ids"]),
        time=_time(item),
        before=length(item["before"]),
        after=length(item["after"]),
        buffer_rule=BufferRule(item["buffer_rule"]),
    )


def _hosts(item: Item) -> tuple[BookedHost, ...]:
    return tuple(
        BookedHost(HostKey(HostKind(host["kind"]), host["host_id"]), host["name"])
        for host in item["hosts"]
    )


def _time(item: Item) -> TimeRange:
    return TimeRange(from_seconds(item["starts_at"]), from_seconds(item["ends_at"]))
