"""Every key of the tables, built here and nowhere else.

| what is asked | table | key |
| --- | --- | --- |
| an organization | scheduling | `T#<org>` / `A` |
| a member; all members of an organization | scheduling | `T#<org>#M` / `M#<member>` |
| who has this address, anywhere | scheduling | `E#<sha256 of address>` / `T#<org>` |
| an external member with their times | scheduling | `T#<org>#X#<external member>` / `A` |
| all external members, newest first | by_time | `T#<org>#X` / `<created>#<external member>` |
| is this address invited | scheduling | `T#<org>#XE#<sha256 of address>` / `A` |
| a member's hours | scheduling | `T#<org>#WH#<member>` / `A` |
| a booking page | scheduling | `P#<slug>` / `A` |
| all booking pages, newest first | by_time | `T#<org>#P` / `<created>#<slug>` |
| a booking | scheduling | `T#<org>#B#<booking>` / `A` |
| all bookings by start | by_time | `T#<org>#B` / `<start>#<booking>` |
| a booking that waits for a decision | scheduling | `T#<org>#B#<booking>` / `EXPIRES` |
| the bookings of a guest | scheduling | `T#<org>#G#<sha256 of address>` / `B#<booking>` |
| a hold | scheduling | `HO#<hold>` / `A` |
| holds and requests whose time is up | by_time | `OVERDUE#<0..3>` / `<expires>#<hold or booking>` |
| what takes a host's time | scheduling | `T#<org>#HB#<host>` / `<from>#<booking or hold>` |
| who owns which five minutes of an hour | scheduling | `T#<org>#C#<host>#<yyyymmdd>` / `H#<hh>` |
| how often a host was booked under a limit | scheduling | `T#<org>#L#<host>` / `A` |
| a message | scheduling | key of its subject / `OB#<version>#<kind>#<whom>` |
| messages that are due | by_time | `OBQ#<0..3>` / `<when>#<message id>` |
| what was done, the latest first | scheduling | `T#<org>#AU` / `<moment>#<entry>` |
| a link | access | `TOK#<link>` / `A` |
| a session | access | `SES#<hash>` / `A` |
| a counter | limits | `RL#<scope>#<sha256 of value>#<window>` / `A` |

Identifiers have one length and `#` never occurs in one, so no tenant's key is
a prefix of another's. Instants are seconds since 1970 in ten digits.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, assert_never

from scheduling.domain.messages import Message, Subject

if TYPE_CHECKING:
    from datetime import datetime

type Key = dict[str, str]

BY_TIME = "by_time"
"""The one index; sparse, its keys are `GSI1PK` and `GSI1SK`."""

QUEUES = 4
"""Over how many partitions due messages are spread, and what is overdue."""

ONLY = "A"
"""The sort key where a partition holds one item, or its main one."""


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def moment(instant: datetime) -> str:
    """Return the whole second, written so that text order is time order."""
    return f"{int(instant.timestamp()):010d}"


def organization(organization_id: str) -> Key:
    return {"PK": f"T#{organization_id}", "SK": ONLY}


def member(organization_id: str, member_id: str) -> Key:
    return {"PK": members(organization_id), "SK": f"M#{member_id}"}


def members(organization_id: str) -> str:
    return f"T#{organization_id}#M"


def member_address(email: str, organization_id: str) -> Key:
    return {"PK": addressees(email), "SK": f"T#{organization_id}"}


def addressees(email: str) -> str:
    return f"E#{digest(email)}"


def external_member(organization_id: str, external_member_id: str) -> Key:
    return {"PK": f"T#{organization_id}#X#{external_member_id}", "SK": ONLY}


def external_members(organization_id: str) -> str:
    return f"T#{organization_id}#X"


def external_member_address(organization_id: str, email: str) -> Key:
    return {"PK": f"T#{organization_id}#XE#{digest(email)}", "SK": ONLY}


def working_hours(organization_id: str, member_id: str) -> Key:
    return {"PK": f"T#{organization_id}#WH#{member_id}", "SK": ONLY}


def booking_page(slug: str) -> Key:
    return {"PK": f"P#{slug}", "SK": ONLY}


def booking_pages(organization_id: str) -> str:
    return f"T#{organization_id}#P"


def booking(organization_id: str, booking_id: str) -> Key:
    return {"PK": f"T#{organization_id}#B#{booking_id}", "SK": ONLY}


def booking_expiry(organization_id: str, booking_id: str) -> Key:
    return {"PK": f"T#{organization_id}#B#{booking_id}", "SK": "EXPIRES"}


def guest_booking(organization_id: str, email: str, booking_id: str) -> Key:
    return {"PK": guest_bookings(organization_id, email), "SK": f"B#{booking_id}"}


def guest_bookings(organization_id: str, email: str) -> str:
    return f"T#{organization_id}#G#{digest(email)}"


def hold(hold_id: str) -> Key:
    return {"PK": f"HO#{hold_id}", "SK": ONLY}


def bookings(organization_id: str) -> str:
    return f"T#{organization_id}#B"


def host_bookings(organization_id: str, host_id: str) -> str:
    return f"T#{organization_id}#HB#{host_id}"


def host_booking(organization_id: str, host_id: str, claimed_from: datetime, owner_id: str) -> Key:
    return {
        "PK": host_bookings(organization_id, host_id),
        "SK": f"{moment(claimed_from)}#{owner_id}",
    }


def host_hour(organization_id: str, host_id: str, hour: datetime) -> Key:
    """Return the key of an hour of a host's time; `hour` is in UTC."""
    return {
        "PK": f"T#{organization_id}#C#{host_id}#{hour:%Y%m%d}",
        "SK": f"H#{hour:%H}",
    }


def count(organization_id: str, host_id: str) -> Key:
    return {"PK": f"T#{organization_id}#L#{host_id}", "SK": ONLY}


def message(what: Message) -> Key:
    match what.subject:
        case Subject.SIGN_IN:
            partition = f"T#{what.organization_id}#L#{what.subject_id}"
        case Subject.EXTERNAL_MEMBER:
            partition = external_member(what.organization_id, what.subject_id)["PK"]
        case Subject.BOOKING:
            partition = booking(what.organization_id, what.subject_id)["PK"]
        case _:
            assert_never(what.subject)
    return {"PK": partition, "SK": f"OB#{what.version:06d}#{what.kind}#{what.name}"}


def message_queue(number: int) -> str:
    return f"OBQ#{number}"


def queue_of(what: Message) -> str:
    return message_queue(_queue_number(what.subject_id))


def overdue_queue(number: int) -> str:
    return f"OVERDUE#{number}"


def overdue_place(owner_id: str, expires_at: datetime) -> Key:
    """Return the index keys of a hold, or of a request, that ends at an instant."""
    return {
        "GSI1PK": overdue_queue(_queue_number(owner_id)),
        "GSI1SK": f"{moment(expires_at)}#{owner_id}",
    }


def _queue_number(identifier: str) -> int:
    return int(digest(identifier)[:8], 16) % QUEUES


def entries(organization_id: str) -> str:
    return f"T#{organization_id}#AU"


def entry(organization_id: str, at: datetime, entry_id: str) -> Key:
    return {"PK": entries(organization_id), "SK": f"{moment(at)}#{entry_id}"}


def link(link_id: str) -> Key:
    return {"PK": f"TOK#{link_id}", "SK": ONLY}


def session(session_hash: str) -> Key:
    return {"PK": f"SES#{session_hash}", "SK": ONLY}


def counter(scope: str, value: str, window: int) -> Key:
    return {"PK": f"RL#{scope}#{digest(value)}#{window}", "SK": ONLY}
