"""Who did what, when, from where: written with the change, never changed afterwards.

An entry has ids only. Names are looked up by whoever reads it, so erasing a
person leaves what happened and takes who they were.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from scheduling.domain.identifiers import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from scheduling.domain.sessions import SignedIn


class ActorKind(StrEnum):
    MEMBER = "member"
    EXTERNAL_MEMBER = "external_member"
    GUEST = "guest"
    PARLEY = "parley"
    """Nobody: the clock, or a report of the mail service."""


class Activity(StrEnum):
    """What was done, in the past tense."""

    ORGANIZATION_CREATED = "organization_created"
    ORGANIZATION_EDITED = "organization_edited"
    FEATURE_SWITCHED = "feature_switched"
    DIRECTORY_EDITED = "directory_edited"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SESSIONS_ENDED = "sessions_ended"
    """All of a member's, wherever they are."""
    MEMBER_INVITED = "member_invited"
    INVITATION_SENT_AGAIN = "invitation_sent_again"
    INVITATION_REVOKED = "invitation_revoked"
    MEMBER_JOINED = "member_joined"
    MEMBER_EDITED = "member_edited"
    MEMBER_REMOVED = "member_removed"
    MEMBERS_IMPORTED = "members_imported"
    WORKING_HOURS_SAVED = "working_hours_saved"
    EXTERNAL_MEMBER_INVITED = "external_member_invited"
    EXTERNAL_MEMBER_EDITED = "external_member_edited"
    EXTERNAL_MEMBER_DELETED = "external_member_deleted"
    EXTERNAL_MEMBER_HANDED_OVER = "external_member_handed_over"
    """To another person in charge, because the former one leaves; so the two further down."""
    MAILBOX_TRUSTED_AGAIN = "mailbox_trusted_again"
    """An address that a mail came back from is written to again."""
    AVAILABILITY_REQUESTED = "availability_requested"
    AVAILABILITY_SEEN = "availability_seen"
    """By staff, on the page behind the external member's link."""
    AVAILABILITY_LINK_COPIED = "availability_link_copied"
    AVAILABILITY_SAVED = "availability_saved"
    AVAILABILITY_CONFIRMED = "availability_confirmed"
    CALENDAR_LINKED = "calendar_linked"
    CALENDAR_UNLINKED = "calendar_unlinked"
    BOOKING_PAGE_MADE = "booking_page_made"
    BOOKING_PAGE_EDITED = "booking_page_edited"
    BOOKING_PAGE_SWITCHED = "booking_page_switched"
    BOOKING_PAGE_HANDED_OVER = "booking_page_handed_over"
    BOOKED_FOR_GUEST = "booked_for_guest"
    """By staff. What guests book has no entry: the booking itself tells when, and by whom."""
    BOOKING_APPROVED = "booking_approved"
    BOOKING_DECLINED = "booking_declined"
    BOOKING_EXPIRED = "booking_expired"
    BOOKING_MOVED = "booking_moved"
    BOOKING_CANCELLED = "booking_cancelled"
    BOOKING_HANDED_OVER = "booking_handed_over"
    GUEST_MISSED = "guest_missed"
    """The guest of a booking did not come."""
    SENDING_PAUSED = "sending_paused"
    SENDING_RESUMED = "sending_resumed"
    CONNECTED = "connected"
    RECONNECTED = "reconnected"
    DISCONNECTED = "disconnected"
    """By the member; a platform of several was switched off, or the last one."""
    CONNECTION_BROKEN = "connection_broken"
    CONNECTION_MENDED = "connection_mended"
    """It works again without anything its member did here."""
    CONNECTION_REMOVED = "connection_removed"
    """By an admin."""
    CONNECT_REQUESTED = "connect_requested"
    CALENDARS_CHOSEN = "calendars_chosen"
    PLATFORM_POLICY_CHANGED = "platform_policy_changed"
    GRANTS_REVOKED = "grants_revoked"
    """All of an organization or of a provider, by whoever operates the deployment."""
    PERSON_EXPORTED = "person_exported"
    PERSON_ERASED = "person_erased"


class ThingKind(StrEnum):
    """What an id in the log is the id of."""

    ORGANIZATION = "organization"
    """Which needs none."""
    MEMBER = "member"
    INVITATION = "invitation"
    MEMBER_IMPORT = "member_import"
    LISTED = "listed"
    """A department or a designation."""
    EXTERNAL_MEMBER = "external_member"
    BOOKING_PAGE = "booking_page"
    BOOKING = "booking"


SUBJECT_KINDS: Mapping[Activity, ThingKind] = {
    Activity.ORGANIZATION_CREATED: ThingKind.MEMBER,
    Activity.ORGANIZATION_EDITED: ThingKind.ORGANIZATION,
    Activity.FEATURE_SWITCHED: ThingKind.ORGANIZATION,
    Activity.DIRECTORY_EDITED: ThingKind.LISTED,
    Activity.SIGNED_IN: ThingKind.ORGANIZATION,
    Activity.SIGNED_OUT: ThingKind.ORGANIZATION,
    Activity.SESSIONS_ENDED: ThingKind.MEMBER,
    Activity.MEMBER_INVITED: ThingKind.INVITATION,
    Activity.INVITATION_SENT_AGAIN: ThingKind.INVITATION,
    Activity.INVITATION_REVOKED: ThingKind.INVITATION,
    Activity.MEMBER_JOINED: ThingKind.MEMBER,
    Activity.MEMBER_EDITED: ThingKind.MEMBER,
    Activity.MEMBER_REMOVED: ThingKind.MEMBER,
    Activity.MEMBERS_IMPORTED: ThingKind.MEMBER_IMPORT,
    Activity.WORKING_HOURS_SAVED: ThingKind.MEMBER,
    Activity.EXTERNAL_MEMBER_INVITED: ThingKind.EXTERNAL_MEMBER,
    Activity.EXTERNAL_MEMBER_EDITED: ThingKind.EXTERNAL_MEMBER,
    Activity.EXTERNAL_MEMBER_DELETED: ThingKind.EXTERNAL_MEMBER,
    Activity.EXTERNAL_MEMBER_HANDED_OVER: ThingKind.EXTERNAL_MEMBER,
    Activity.MAILBOX_TRUSTED_AGAIN: ThingKind.EXTERNAL_MEMBER,
    Activity.AVAILABILITY_REQUESTED: ThingKind.EXTERNAL_MEMBER,
    Activity.AVAILABILITY_SEEN: ThingKind.EXTERNAL_MEMBER,
    Activity.AVAILABILITY_LINK_COPIED: ThingKind.EXTERNAL_MEMBER,
    Activity.AVAILABILITY_SAVED: ThingKind.EXTERNAL_MEMBER,
    Activity.AVAILABILITY_CONFIRMED: ThingKind.EXTERNAL_MEMBER,
    Activity.CALENDAR_LINKED: ThingKind.EXTERNAL_MEMBER,
    Activity.CALENDAR_UNLINKED: ThingKind.EXTERNAL_MEMBER,
    Activity.BOOKING_PAGE_MADE: ThingKind.BOOKING_PAGE,
    Activity.BOOKING_PAGE_EDITED: ThingKind.BOOKING_PAGE,
    Activity.BOOKING_PAGE_SWITCHED: ThingKind.BOOKING_PAGE,
    Activity.BOOKING_PAGE_HANDED_OVER: ThingKind.BOOKING_PAGE,
    Activity.BOOKED_FOR_GUEST: ThingKind.BOOKING,
    Activity.BOOKING_APPROVED: ThingKind.BOOKING,
    Activity.BOOKING_DECLINED: ThingKind.BOOKING,
    Activity.BOOKING_EXPIRED: ThingKind.BOOKING,
    Activity.BOOKING_MOVED: ThingKind.BOOKING,
    Activity.BOOKING_CANCELLED: ThingKind.BOOKING,
    Activity.BOOKING_HANDED_OVER: ThingKind.BOOKING,
    Activity.GUEST_MISSED: ThingKind.BOOKING,
    Activity.SENDING_PAUSED: ThingKind.ORGANIZATION,
    Activity.SENDING_RESUMED: ThingKind.ORGANIZATION,
    Activity.CONNECTED: ThingKind.MEMBER,
    Activity.RECONNECTED: ThingKind.MEMBER,
    Activity.DISCONNECTED: ThingKind.MEMBER,
    Activity.CONNECTION_BROKEN: ThingKind.MEMBER,
    Activity.CONNECTION_MENDED: ThingKind.MEMBER,
    Activity.CONNECTION_REMOVED: ThingKind.MEMBER,
    Activity.CONNECT_REQUESTED: ThingKind.MEMBER,
    Activity.CALENDARS_CHOSEN: ThingKind.MEMBER,
    Activity.PLATFORM_POLICY_CHANGED: ThingKind.ORGANIZATION,
    Activity.GRANTS_REVOKED: ThingKind.ORGANIZATION,
    Activity.PERSON_EXPORTED: ThingKind.ORGANIZATION,
    Activity.PERSON_ERASED: ThingKind.ORGANIZATION,
}
"""What `subject_id` is the id of. Who was exported or erased, no id tells."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that can be done to, or somebody who can do it."""

    kind: ThingKind
    thing_id: str


@dataclass(frozen=True, slots=True)
class Name:
    """What a thing is called today."""

    text: str
    is_gone: bool = False
    """Whether it was removed or deleted."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, and from where."""

    kind: ActorKind
    actor_id: str = ""
    """Of a member or an external member; empty for others."""
    network: str = ""
    """As `masked_network` writes it; empty where nobody came from anywhere."""

    @property
    def thing(self) -> Thing | None:
        """Who they are, where they have an id."""
        return Thing(ThingKind(self.kind), self.actor_id) if self.actor_id else None


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done."""

    organization_id: str
    at: datetime
    actor: Actor
    activity: Activity
    subject_id: str = ""
    """The id of what it was done to; empty for the organization, or for the actor."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What else there is to know, without anything that tells who a person is."""
    entry_id: str = field(default_factory=new_id)

    @property
    def named_thing(self) -> Thing | None:
        """Whose name tells best what it was done to: of a booking page, its first host's."""
        kind = SUBJECT_KINDS[self.activity]
        if kind is ThingKind.BOOKING_PAGE:
            return Thing(ThingKind(self.facts["host_kind"]), self.facts["host_id"])
        return Thing(kind, self.subject_id) if self.subject_id else None


def actor_of(by: SignedIn) -> Actor:
    return Actor(ActorKind.MEMBER, by.member.member_id, by.network)


def entry_by(
    by: SignedIn, activity: Activity, *, now: datetime, subject_id: str = "", **facts: str
) -> Entry:
    """Return the entry of something that a member did."""
    return Entry(
        organization_id=by.organization.organization_id,
        at=now,
        actor=actor_of(by),
        activity=activity,
        subject_id=subject_id,
        facts=facts,
    )


def masked_network(address: str) -> str:
    """Return the network that an address belongs to: `203.0.113.0/24`, `2001:db8:7::/48`.

    Enough to see that somebody came from elsewhere, too little to find a person by.
    """
    parsed = ipaddress.ip_address(address)
    length = 24 if parsed.version == 4 else 48  # noqa: PLR2004 - the versions of IP
    return str(ipaddress.ip_network((parsed, length), strict=False))
