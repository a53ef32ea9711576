"""The small world that the sample events in `events/` speak about: it is 28 November 2026.

Hanami Studio asked Kenji Tanaka for his times; he offers 1 December, 10:00–12:00 in Tokyo. Mia
Weber has booked 10:30, a hold of 11:00 has expired, Noor Ali has asked for 11:30, and Ana Silva was
to come this morning. Kenji's calendar is linked, under a name that leads to this machine. Yuki Sato
was invited into the team, as a designer. Aiko has connected her Google Calendar, and is at Zoom to
connect that; Ben Ode has connected his Zoom account. Every identity is fixed, so the links in the
events fit.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb.access import DynamoDbLinks, DynamoDbSessions
from scheduling.adapters.dynamodb.bookings import DynamoDbBookings
from scheduling.adapters.dynamodb.calendar_feeds import DynamoDbCalendarFeeds
from scheduling.adapters.dynamodb.connect_attempts import DynamoDbConnectAttempts
from scheduling.adapters.dynamodb.connections import DynamoDbConnections
from scheduling.adapters.dynamodb.directories import DynamoDbDirectories
from scheduling.adapters.dynamodb.external_members import DynamoDbExternalMembers
from scheduling.adapters.dynamodb.invitations import DynamoDbInvitations
from scheduling.adapters.dynamodb.organizations import DynamoDbOrganizations, member_item
from scheduling.domain.audit import Activity
from scheduling.domain.availability import Availability
from scheduling.domain.booking import Booking, BookingState
from scheduling.domain.connections import ConnectionKey, Platform, Provider
from scheduling.domain.directory import Directory, DirectoryPart, Listed
from scheduling.domain.feeds import CalendarFeed, FeedAddress, FeedTurn
from scheduling.domain.identifiers import derived_id
from scheduling.domain.links import INVITATION_LIFE, hashed
from scheduling.domain.messages import MessageKind, Recipient
from scheduling.domain.people import Member, Role
from scheduling.domain.sessions import Session
from scheduling.domain.time_range import TimeRange
from scheduling.provider_ports import ConnectAttempt
from scheduling.use_cases.sign_in import sign_in_link
from tests.support.builders import (
    AIKO,
    EARLY,
    ORGANIZATION,
    a_booking,
    a_guest,
    a_guest_link,
    a_hold,
    a_link,
    a_message,
    a_page,
    a_request,
    an_entry,
    an_external_member,
    an_invitation,
    an_invitation_link,
    between,
)
from tests.support.connecting import a_connection

if TYPE_CHECKING:
    from scheduling.adapters.dynamodb.table import Table

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
SESSION = "the-secret-of-the-session-in-the-sample-events"

BEN = Member(
    derived_id("ben"),
    AIKO.organization_id,
    "Ben Ode",
    "ben@hanami.example",
    Role.MEMBER,
    "Europe/London",
)
KENJI = replace(
    an_external_member(between("01:00", "03:00")),
    external_member_id=derived_id("kenji"),
    booking_page_slug="kenji-tanaka-k7d2xm4q",
    request=a_request(fulfilled_at=EARLY, link_id="kenji-link-kenji-link-"),
)
_BOOKED = a_booking(KENJI, between("01:30", "02:00"))


def _named(booking: Booking, name: str) -> Booking:
    """Return a booking with the identity that belongs to `name`."""
    booking_id = derived_id(name)
    return replace(
        booking,
        booking_id=booking_id,
        claim=replace(booking.claim, owner_id=booking_id),
        guest_link_id=f"{name}-link-{name}-link-"[-22:],
    )


BOOKING = replace(
    _named(a_booking(KENJI, between("01:30", "02:00")), "booking"),
    guest_link_id="guest-link-guest-link-",
)
REQUEST = replace(
    _named(a_booking(KENJI, between("02:30", "03:00"), a_guest("Noor Ali")), "request"),
    state=BookingState.PENDING,
    expires_at=NOW + timedelta(days=1),
)
BEGUN = _named(
    a_booking(KENJI, TimeRange(NOW - timedelta(hours=1), NOW), a_guest("Ana Silva")), "begun"
)
_HOLD = a_hold(KENJI, between("02:00", "02:30"))
HOLD = replace(
    _HOLD,
    hold_id=derived_id("hold"),
    claim=replace(_HOLD.claim, owner_id=derived_id("hold")),
)
CONFIRMATION = a_message(BOOKING)
SIGN_IN_LINK = replace(
    sign_in_link(AIKO.email, now=NOW, life=timedelta(minutes=10)), link_id="staff-link-staff-link-"
)


DIRECTORY = (
    Directory(AIKO.organization_id)
    .having(DirectoryPart.DEPARTMENTS, Listed(derived_id("design"), "Brand design"))
    .having(DirectoryPart.DESIGNATIONS, Listed(derived_id("designer"), "Designer"))
)
INVITATION = an_invitation(
    "yuki@hanami.example",
    invitation_id=derived_id("invitation"),
    link_id="invited-link-invited-l",
    invited_at=NOW,
    sent_at=NOW,
    expires_at=NOW + INVITATION_LIFE,
)

CALENDAR = a_connection(
    connection_id=derived_id("connection"),
    platforms=frozenset({Platform.GOOGLE_CALENDAR}),
    scopes=frozenset(
        f"https://www.googleapis.com/auth/calendar.{scope}"
        for scope in ("calendarlist.readonly", "events.freebusy", "events.owned")
    ),
)
AT_ZOOM = ConnectAttempt(
    state_hash=hashed("the-state-in-the-sample-events"),
    session_hash=hashed(SESSION),
    key=ConnectionKey(AIKO.organization_id, AIKO.member_id, Provider.ZOOM),
    platforms=frozenset({Platform.ZOOM}),
    verifier="v" * 43,
    nonce="n" * 43,
    redirect_uri="https://parley.example/connections/zoom/callback",
    expires_at=NOW + timedelta(minutes=10),
)


def populate(scheduling: Table, access: Table) -> None:
    DynamoDbOrganizations(scheduling).add(ORGANIZATION, AIKO, an_entry())
    scheduling.put_new(member_item(BEN))
    DynamoDbConnections(scheduling).put(
        a_connection(
            Provider.ZOOM, member_id=BEN.member_id, connection_id=derived_id("connection")
        ),
        an_entry(Activity.CONNECTED),
    )
    DynamoDbDirectories(scheduling).replace(replace(DIRECTORY, version=1), an_entry(at=NOW))
    DynamoDbInvitations(scheduling, access).add(
        INVITATION, an_invitation_link(INVITATION), an_entry(Activity.MEMBER_INVITED)
    )
    members = DynamoDbExternalMembers(scheduling, access)
    asked = replace(
        KENJI,
        availability=Availability(0, "Asia/Tokyo", ()),
        request=replace(KENJI.request, fulfilled_at=None),
    )
    members.add(asked, a_page(KENJI), a_link(KENJI), [KENJI.request_mail], an_entry())
    entered = replace(
        KENJI.request_mail,
        kind=MessageKind.AVAILABILITY_ENTERED,
        recipient=Recipient.PERSON_IN_CHARGE,
    )
    members.replace_availability(KENJI, [entered], an_entry(), now=EARLY)
    whose = KENJI.organization_id, KENJI.external_member_id
    DynamoDbCalendarFeeds(scheduling, access).link(
        CalendarFeed(*whose, derived_id("calendar"), "localhost", linked_at=NOW),
        FeedAddress("localhost", "/basic.ics"),
        FeedTurn(*whose, derived_id("calendar"), due_at=NOW),
        an_entry(),
    )
    bookings = DynamoDbBookings(scheduling, access)
    bookings.add(BOOKING, a_guest_link(BOOKING), [CONFIRMATION])
    for booking in (REQUEST, BEGUN):
        bookings.add(booking, a_guest_link(booking), [])
    bookings.hold(HOLD)
    DynamoDbConnections(scheduling).put(CALENDAR, an_entry(Activity.CONNECTED))
    DynamoDbConnectAttempts(access).add(AT_ZOOM)
    links = DynamoDbLinks(scheduling, access)
    links.add(SIGN_IN_LINK)
    DynamoDbSessions(scheduling, access).add(
        Session(
            hashed(SESSION), AIKO.organization_id, AIKO.member_id, NOW + timedelta(hours=1), NOW
        )
    )
