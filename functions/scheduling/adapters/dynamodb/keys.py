"""Every key of the tables, built here and nowhere else.

| what is asked | table | key |
| --- | --- | --- |
| an organization | scheduling | `T#<org>` / `A` |
| a member | scheduling | `T#<org>#M` / `M#<member>` |
| active members by name | by_time | `T#<org>#M` / `<name>#<member>` |
| former members by name | by_time | `T#<org>#FM` / `<name>#<member>` |
| who the active admins are | scheduling | `T#<org>` / `ADMINS` |
| who has this address, anywhere | scheduling | `E#<sha256 of address>` / `T#<org>` |
| the departments and designations of an organization | scheduling | `T#<org>` / `DIRECTORY` |
| an invitation to the team | scheduling | `T#<org>#I#<invitation>` / `A` |
| all open invitations, newest first | by_time | `T#<org>#I` / `<invited>#<invitation>` |
| members from a file | scheduling | `T#<org>#MI#<import>` / `IMPORT` |
| 25 rows of that file | scheduling | `T#<org>#MI#<import>` / `ROWS#<nn>` |
| rows of all files | by_time | `T#<org>#MI` / `<created>#<import>#<nn>` |
| imports that are running, by when to go on | by_time | `IMPORTS` / `<when>#<import>` |
| has this address an open invitation | scheduling | `T#<org>#IE#<sha256 of address>` / `A` |
| which other invitations went to this address | scheduling | the same / `I#<invitation>` |
| an external member with their times | scheduling | `T#<org>#X#<external member>` / `A` |
| all external members, newest first | by_time | `T#<org>#X` / `<created>#<external member>` |
| external members that may need a look | to_look_at | `T#<org>#LOOK` / `<when>#<external member>` |
| an external member's linked calendar | scheduling | `T#<org>#X#<external member>` / `CALENDAR` |
| when it is read next | scheduling | `T#<org>#X#<external member>` / `FEED` |
| calendars that are due | by_time | `FEED#<0..3>` / `<due>#<external member>` |
| where a linked calendar is read from | access | `T#<org>#X#<external member>` / `CALENDAR` |
| is this address invited | scheduling | `T#<org>#XE#<sha256 of address>` / `A` |
| whose was it before | scheduling | the same / `X#<external member>` |
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
| messages about one thing | scheduling | key of the subject / `OB#…` |
| messages that are due | by_time | `OBQ#<0..3>` / `<when>#<message id>` |
| messages that wait for their organization | by_time | `T#<org>#PAUSED` / `<when>#<message id>` |
| whether an organization may send | scheduling | `T#<org>#MAIL` / `A` |
| what became of a day's mails | scheduling | `T#<org>#MAIL` / `D#<yyyymmdd>` |
| is this address written to at all | scheduling | `T#<org>#NOMAIL#<sha256 of address>` / `A` |
| are mails of a category sent to it | scheduling | the same / `C#<category>` |
| what was done, the latest first | scheduling | `T#<org>#AU` / `<moment>#<entry>` |
| what a member connected at a provider | scheduling | `T#<org>#CN` / `<member>#<provider>` |
| what the members of an organization connected | scheduling | `T#<org>#CN` / all |
| who has an account connected | scheduling | `ACC#<provider>#<sha256 of it>` / `T#<org>#<member>` |
| when a member is busy elsewhere | scheduling | `T#<org>#CN#<member>` / `BUSY#<provider>` |
| what was read of a calendar | scheduling | the same / `CAL#<provider>#<sha256 of its id>` |
| when a connection is read next | scheduling | `T#<org>#CN#<member>` / `TURN#<provider>` |
| connections whose turn has come | by_time | `SYNC#<0..3>` / `<due>#<member>#<provider>` |
| how often a member was asked for it | scheduling | `T#<org>#CN#<member>` / `ASKED#<platform>` |
| whether a provider answers an organization | scheduling | `T#<org>#CIRCUIT` / `<provider>` |
| what is to be written into calendars of a booking | scheduling | key of the booking / `EVENTS` |
| bookings whose calendar events are due | by_time | `EVQ#<0..3>` / `<due>#<booking>` |
| bookings that no calendar took | to_look_at | `T#<org>#UNWRITTEN` / `<start>#<booking>` |
| a booking's event in a host's calendar | scheduling | key of the booking / `EVENT#<host>` |
| a booking's online meeting | scheduling | key of the booking / `MEETING` |
| the tokens of a connection | connections | `T#<org>#CN#<member>` / `<provider>` |
| somebody who was sent to a provider | access | `OA#<hash of state>` / `A` |
| a link | access | `TOK#<link>` / `A` |
| links that were asked for with this address | access | `E#<sha256 of address>` / `TOK#<link>` |
| a session | access | `SES#<hash>` / `A` |
| a counter | limits | `RL#<scope>#<sha256 of value>#<window>` / `A` |

Identifiers have one length and `#` never occurs in one, so no tenant's key is
a prefix of another's. Instants are seconds since 1970 in ten digits.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, assert_never

from scheduling.domain.messages import Message, Subject
from scheduling.domain.people import comparable

if TYPE_CHECKING:
    from datetime import date, datetime

    from scheduling.domain.connections import ConnectionKey, Platform, Provider
    from scheduling.domain.reputation import MailCategory

type Key = dict[str, str]

BY_TIME = "by_time"
"""The index of most lists; sparse, its keys are `GSI1PK` and `GSI1SK`."""

TO_LOOK_AT = "to_look_at"
"""The index of what may need a human, by when; sparse, its keys are `GSI2PK` and `GSI2SK`."""

QUEUES = 4
"""Over how many partitions due messages are spread, what is overdue, and due calendars."""

RUNNING_IMPORTS = "IMPORTS"
"""They are few: one partition has them all."""

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


def former_members(organization_id: str) -> str:
    return f"T#{organization_id}#FM"


def member_place(organization_id: str, member_id: str, name: str, *, is_active: bool) -> Key:
    """Return the index keys of a member; of a long name its beginning stands for all of it."""
    partition = members if is_active else former_members
    return {
        "GSI1PK": partition(organization_id),
        "GSI1SK": f"{comparable(name)[:40]}#{member_id}",
    }


def admins(organization_id: str) -> Key:
    return {"PK": f"T#{organization_id}", "SK": "ADMINS"}


def member_address(email: str, organization_id: str) -> Key:
    return {"PK": addressees(email), "SK": f"T#{organization_id}"}


def addressees(email: str) -> str:
    return f"E#{digest(email)}"


def directory(organization_id: str) -> Key:
    return {"PK": f"T#{organization_id}", "SK": "DIRECTORY"}


def invitation(organization_id: str, invitation_id: str) -> Key:
    return {"PK": f"T#{organization_id}#I#{invitation_id}", "SK": ONLY}


def invitations(organization_id: str) -> str:
    return f"T#{organization_id}#I"


def member_import(organization_id: str, import_id: str) -> Key:
    return {"PK": f"T#{organization_id}#MI#{import_id}", "SK": "IMPORT"}


def import_rows(organization_id: str, import_id: str, number: int) -> Key:
    return {"PK": f"T#{organization_id}#MI#{import_id}", "SK": f"ROWS#{number:02d}"}


def import_place(import_id: str, due_at: datetime) -> Key:
    """Return the index keys of an import that is running."""
    return {"GSI1PK": RUNNING_IMPORTS, "GSI1SK": f"{moment(due_at)}#{import_id}"}


def imported_rows(organization_id: str) -> str:
    return f"T#{organization_id}#MI"


def imported_rows_place(
    organization_id: str, import_id: str, number: int, created_at: datetime
) -> Key:
    """Return the index keys of rows of a file."""
    return {
        "GSI1PK": imported_rows(organization_id),
        "GSI1SK": f"{moment(created_at)}#{import_id}#{number:02d}",
    }


def invitation_address(organization_id: str, email: str) -> Key:
    return {"PK": f"T#{organization_id}#IE#{digest(email)}", "SK": ONLY}


def former_invitation_address(organization_id: str, email: str, invitation_id: str) -> Key:
    return {**invitation_address(organization_id, email), "SK": f"I#{invitation_id}"}


def external_member(organization_id: str, external_member_id: str) -> Key:
    return {"PK": f"T#{organization_id}#X#{external_member_id}", "SK": ONLY}


def external_members(organization_id: str) -> str:
    return f"T#{organization_id}#X"


def looks(organization_id: str) -> str:
    return f"T#{organization_id}#LOOK"


def look_place(organization_id: str, external_member_id: str, when: datetime) -> Key:
    """Return the index keys of somebody whom a human may have to look at from an instant on."""
    return {"GSI2PK": looks(organization_id), "GSI2SK": f"{moment(when)}#{external_member_id}"}


def calendar_feed(organization_id: str, external_member_id: str) -> Key:
    """Return the key of a linked calendar in one table, of its address in the other."""
    return {**external_member(organization_id, external_member_id), "SK": "CALENDAR"}


def feed_turn(organization_id: str, external_member_id: str) -> Key:
    return {**external_member(organization_id, external_member_id), "SK": "FEED"}


def feed_queue(number: int) -> str:
    return f"FEED#{number}"


def feed_place(external_member_id: str, due_at: datetime) -> Key:
    """Return the index keys of a calendar that is read at an instant."""
    return {
        "GSI1PK": feed_queue(_queue_number(external_member_id)),
        "GSI1SK": f"{moment(due_at)}#{external_member_id}",
    }


def external_member_address(organization_id: str, email: str) -> Key:
    return {"PK": f"T#{organization_id}#XE#{digest(email)}", "SK": ONLY}


def former_external_member_address(
    organization_id: str, email: str, external_member_id: str
) -> Key:
    return {
        **external_member_address(organization_id, email),
        "SK": f"X#{external_member_id}",
    }


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


MESSAGES = "OB#"
"""How the sort key of a message begins."""


def message(what: Message) -> Key:
    return {
        "PK": messages(what.organization_id, what.subject, what.subject_id),
        "SK": f"{MESSAGES}{what.version:06d}#{what.kind}#{what.name}",
    }


def messages(organization_id: str, subject: Subject, subject_id: str) -> str:
    match subject:
        case Subject.SIGN_IN:
            return f"T#{organization_id}#L#{subject_id}"
        case Subject.EXTERNAL_MEMBER:
            return external_member(organization_id, subject_id)["PK"]
        case Subject.BOOKING:
            return booking(organization_id, subject_id)["PK"]
        case Subject.INVITATION:
            return invitation(organization_id, subject_id)["PK"]
        case Subject.CONNECTION:
            return connected(organization_id, subject_id)
        case _:
            assert_never(subject)


def message_queue(number: int) -> str:
    return f"OBQ#{number}"


def queue_of(what: Message) -> str:
    return message_queue(_queue_number(what.subject_id))


def paused_messages(organization_id: str) -> str:
    return f"T#{organization_id}#PAUSED"


def sending(organization_id: str) -> Key:
    return {"PK": f"T#{organization_id}#MAIL", "SK": ONLY}


def sending_day(organization_id: str, day: date) -> Key:
    return {"PK": f"T#{organization_id}#MAIL", "SK": f"D#{day:%Y%m%d}"}


def suppression(
    organization_id: str, address_hash: str, category: MailCategory | None = None
) -> Key:
    return {
        "PK": f"T#{organization_id}#NOMAIL#{address_hash}",
        "SK": f"C#{category}" if category else ONLY,
    }


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


def connections(organization_id: str) -> str:
    return f"T#{organization_id}#CN"


def connection(whose: ConnectionKey) -> Key:
    return {
        "PK": connections(whose.organization_id),
        "SK": f"{whose.member_id}#{whose.provider}",
    }


def connected(organization_id: str, member_id: str) -> str:
    """Return the partition of what was read through a member's connections, and of their grants."""
    return f"T#{organization_id}#CN#{member_id}"


def account(provider: Provider, account_id: str, organization_id: str, member_id: str) -> Key:
    return {"PK": accounts(provider, account_id), "SK": f"T#{organization_id}#{member_id}"}


def accounts(provider: Provider, account_id: str) -> str:
    return f"ACC#{provider}#{digest(account_id)}"


def connected_busy(whose: ConnectionKey) -> Key:
    return {
        "PK": connected(whose.organization_id, whose.member_id),
        "SK": f"BUSY#{whose.provider}",
    }


def synced_calendars(provider: Provider) -> str:
    """Return how the sort keys of a connection's calendars begin."""
    return f"CAL#{provider}#"


def synced_calendar(whose: ConnectionKey, calendar_id: str) -> Key:
    return {
        "PK": connected(whose.organization_id, whose.member_id),
        "SK": f"{synced_calendars(whose.provider)}{digest(calendar_id)}",
    }


def sync_turn(whose: ConnectionKey) -> Key:
    return {
        "PK": connected(whose.organization_id, whose.member_id),
        "SK": f"TURN#{whose.provider}",
    }


def sync_queue(number: int) -> str:
    return f"SYNC#{number}"


def sync_place(whose: ConnectionKey, due_at: datetime) -> Key:
    """Return the index keys of a connection that is read at an instant."""
    return {
        "GSI1PK": sync_queue(_queue_number(whose.member_id)),
        "GSI1SK": f"{moment(due_at)}#{whose.member_id}#{whose.provider}",
    }


def asked_to_connect(organization_id: str, member_id: str, platform: Platform) -> Key:
    return {"PK": connected(organization_id, member_id), "SK": f"ASKED#{platform}"}


def circuit(organization_id: str, provider: Provider) -> Key:
    return {"PK": f"T#{organization_id}#CIRCUIT", "SK": provider.value}


def calendar_events(organization_id: str, booking_id: str) -> Key:
    return {**booking(organization_id, booking_id), "SK": "EVENTS"}


def calendar_events_queue(number: int) -> str:
    return f"EVQ#{number}"


def calendar_events_place(booking_id: str, due_at: datetime) -> Key:
    """Return the index keys of a booking whose calendar events are looked at at an instant."""
    return {
        "GSI1PK": calendar_events_queue(_queue_number(booking_id)),
        "GSI1SK": f"{moment(due_at)}#{booking_id}",
    }


def unwritten_events(organization_id: str) -> str:
    return f"T#{organization_id}#UNWRITTEN"


def unwritten_place(organization_id: str, booking_id: str, when: datetime) -> Key:
    """Return the index keys of a booking that a human has to look at."""
    return {
        "GSI2PK": unwritten_events(organization_id),
        "GSI2SK": f"{moment(when)}#{booking_id}",
    }


def calendar_event(organization_id: str, booking_id: str, host_id: str) -> Key:
    return {**booking(organization_id, booking_id), "SK": f"EVENT#{host_id}"}


def meeting(organization_id: str, booking_id: str) -> Key:
    return {**booking(organization_id, booking_id), "SK": "MEETING"}


def grant(whose: ConnectionKey) -> Key:
    return {
        "PK": connected(whose.organization_id, whose.member_id),
        "SK": whose.provider.value,
    }


def connect_attempt(state_hash: str) -> Key:
    return {"PK": f"OA#{state_hash}", "SK": ONLY}


def link(link_id: str) -> Key:
    return {"PK": f"TOK#{link_id}", "SK": ONLY}


def typed_links(email: str) -> str:
    return f"E#{digest(email)}"


def typed_link(email: str, link_id: str) -> Key:
    return {"PK": typed_links(email), "SK": f"TOK#{link_id}"}


def session(session_hash: str) -> Key:
    return {"PK": f"SES#{session_hash}", "SK": ONLY}


def counter(scope: str, value: str, window: int) -> Key:
    return {"PK": f"RL#{scope}#{digest(value)}#{window}", "SK": ONLY}
