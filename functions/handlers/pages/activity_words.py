"""The log in words: what was done, and what else there is to know about it."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING

from babel.lists import format_list

from handlers.feature_words import FEATURES
from scheduling.domain.audit import Activity, ActorKind, ThingKind
from scheduling.domain.connection_words import PLATFORM_NAMES, PROVIDER_NAMES, STATE_WORDS
from scheduling.domain.directory import DirectoryPart
from scheduling.domain.people import Role
from scheduling.domain.refusals import marked
from scheduling.domain.reputation import PauseReason
from translations import times
from translations.catalogue import translations_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from scheduling.domain.audit import Entry, Name
    from scheduling.use_cases.activity import NamedEntry

ACTIVITIES: Mapping[Activity, str] = {
    Activity.ORGANIZATION_CREATED: marked("Started the organization"),
    Activity.ORGANIZATION_EDITED: marked("Changed the organization's settings"),
    Activity.FEATURE_SWITCHED: marked("Switched a feature"),
    Activity.DIRECTORY_EDITED: marked("Changed departments or designations"),
    Activity.SIGNED_IN: marked("Signed in"),
    Activity.SIGNED_OUT: marked("Signed out"),
    Activity.SESSIONS_ENDED: marked("Signed somebody out everywhere"),
    Activity.MEMBER_INVITED: marked("Invited a member"),
    Activity.INVITATION_SENT_AGAIN: marked("Sent an invitation again"),
    Activity.INVITATION_REVOKED: marked("Took an invitation back"),
    Activity.MEMBER_JOINED: marked("Joined the team"),
    Activity.MEMBER_EDITED: marked("Changed a member"),
    Activity.MEMBER_REMOVED: marked("Removed a member"),
    Activity.MEMBERS_IMPORTED: marked("Imported members"),
    Activity.WORKING_HOURS_SAVED: marked("Saved working hours"),
    Activity.EXTERNAL_MEMBER_INVITED: marked("Invited an external member"),
    Activity.EXTERNAL_MEMBER_EDITED: marked("Changed an external member"),
    Activity.EXTERNAL_MEMBER_DELETED: marked("Deleted an external member"),
    Activity.EXTERNAL_MEMBER_HANDED_OVER: marked("Handed an external member over"),
    Activity.MAILBOX_TRUSTED_AGAIN: marked("Had a mailbox written to again"),
    Activity.AVAILABILITY_REQUESTED: marked("Asked for times"),
    Activity.AVAILABILITY_SEEN: marked("Looked at an availability page"),
    Activity.AVAILABILITY_LINK_COPIED: marked("Copied an availability link"),
    Activity.AVAILABILITY_SAVED: marked("Entered times"),
    Activity.AVAILABILITY_CONFIRMED: marked("Confirmed times"),
    Activity.CALENDAR_LINKED: marked("Linked a calendar"),
    Activity.CALENDAR_UNLINKED: marked("Unlinked a calendar"),
    Activity.BOOKING_PAGE_MADE: marked("Made a booking page"),
    Activity.BOOKING_PAGE_EDITED: marked("Changed a booking page"),
    Activity.BOOKING_PAGE_SWITCHED: marked("Switched a booking page"),
    Activity.BOOKING_PAGE_HANDED_OVER: marked("Handed a booking page over"),
    Activity.BOOKED_FOR_GUEST: marked("Booked for a guest"),
    Activity.BOOKING_APPROVED: marked("Approved a booking"),
    Activity.BOOKING_DECLINED: marked("Declined a booking"),
    Activity.BOOKING_EXPIRED: marked("Let a request expire"),
    Activity.BOOKING_MOVED: marked("Moved a booking"),
    Activity.BOOKING_CANCELLED: marked("Cancelled a booking"),
    Activity.BOOKING_HANDED_OVER: marked("Handed a booking over"),
    Activity.GUEST_MISSED: marked("Noted that a guest did not come"),
    Activity.SENDING_PAUSED: marked("Paused mails"),
    Activity.SENDING_RESUMED: marked("Resumed mails"),
    Activity.CONNECTED: marked("Connected a platform"),
    Activity.RECONNECTED: marked("Connected a platform again"),
    Activity.DISCONNECTED: marked("Disconnected a platform"),
    Activity.CONNECTION_BROKEN: marked("Found a connection broken"),
    Activity.CONNECTION_MENDED: marked("Found a connection working again"),
    Activity.CONNECTION_REMOVED: marked("Disconnected somebody's account"),
    Activity.CONNECT_REQUESTED: marked("Asked somebody to connect a platform"),
    Activity.CALENDARS_CHOSEN: marked("Chose calendars"),
    Activity.PLATFORM_POLICY_CHANGED: marked("Changed what may be connected"),
    Activity.GRANTS_REVOKED: marked("Ended connections for safety"),
    Activity.PERSON_EXPORTED: marked("Exported what is held about a person"),
    Activity.PERSON_ERASED: marked("Erased a person"),
}

_FIELDS = {
    "name": marked("Name"),
    "email": marked("E-mail"),
    "time_zone": marked("Time zone"),
    "locale": marked("Language"),
    "department_id": marked("Department"),
    "designation_id": marked("Designation"),
    "manager_id": marked("Manager"),
    "role": marked("Role"),
    "person_in_charge_id": marked("Person in charge"),
    "blocked_platforms": marked("Platforms"),
    "account_domains": marked("Domains of accounts"),
    "refuses_other_accounts": marked("Accounts of other domains"),
}

_BY_FACT: Mapping[str, Mapping[str, str]] = {
    "feature": {feature: words.name for feature, words in FEATURES.items()},
    "part": {
        DirectoryPart.DEPARTMENTS: marked("Department"),
        DirectoryPart.DESIGNATIONS: marked("Designation"),
    },
    "change": {
        "added": marked("Added"),
        "renamed": marked("Renamed"),
        "removed": marked("Removed"),
    },
    "role": {Role.ADMIN: marked("Admin"), Role.MEMBER: marked("Member")},
    "to": {"on": marked("On"), "off": marked("Off")},
    "provider": {provider.value: name for provider, name in PROVIDER_NAMES.items()},
    "platform": {platform.value: name for platform, name in PLATFORM_NAMES.items()},
    "state": {state: words.name for state, words in STATE_WORDS.items()},
    "reason": {
        PauseReason.BOUNCES: marked("Too many mails came back."),
        PauseReason.COMPLAINTS: marked("Too many mails were marked as spam."),
    },
}
"""Of facts that are one of a few: what each stands for."""

_NAMELESS = {
    ThingKind.MEMBER: marked("Former member"),
    ThingKind.INVITATION: marked("Invitation"),
    ThingKind.MEMBER_IMPORT: marked("Import"),
    ThingKind.LISTED: marked("Departments and designations"),
    ThingKind.EXTERNAL_MEMBER: marked("Former external member"),
    ThingKind.BOOKING_PAGE: marked("Booking page"),
    ThingKind.BOOKING: marked("Booking"),
}
"""What stands for a thing that has no name, or no more."""


def activities_in_words(locale: str) -> dict[Activity, str]:
    """Return what each activity is called, in the order of these words."""
    _ = translations_for(locale).gettext
    named = {activity: _(text) for activity, text in ACTIVITIES.items()}
    return dict(sorted(named.items(), key=itemgetter(1)))


def actor_in_words(named: NamedEntry, locale: str) -> str:
    """Return who did it."""
    _ = translations_for(locale).gettext
    match named.entry.actor.kind:
        case ActorKind.MEMBER:
            return person_in_words(ThingKind.MEMBER, named.actor, locale)
        case ActorKind.EXTERNAL_MEMBER:
            return person_in_words(ThingKind.EXTERNAL_MEMBER, named.actor, locale)
        case ActorKind.GUEST:
            return _("A guest")
        case ActorKind.PARLEY:
            return "Parley"


def person_in_words(kind: ThingKind, name: Name | None, locale: str) -> str:
    """Return what a person is called, and whether they are here no more."""
    _ = translations_for(locale).gettext
    if name is None:
        return _(_NAMELESS[kind])
    if not name.is_gone:
        return name.text
    return _("%(name)s (%(state)s)") % {"name": name.text, "state": _(_NAMELESS[kind])}


def subject_in_words(kind: ThingKind, name: Name | None, locale: str) -> str:
    """Return what it was done to; empty for the organization."""
    _ = translations_for(locale).gettext
    match kind:
        case ThingKind.ORGANIZATION:
            return ""
        case ThingKind.MEMBER | ThingKind.EXTERNAL_MEMBER:
            return person_in_words(kind, name, locale)
        case ThingKind.BOOKING_PAGE if name is not None:
            return _("Booking page of %(name)s") % {"name": name.text}
        case _:
            return name.text if name else _(_NAMELESS[kind])


def details_in_words(entry: Entry, zone: str, locale: str) -> str:
    """Return what else is known of it, with times as clocks in `zone` show them; often empty."""
    return " · ".join(_details(entry, partial(times.moment, zone=zone, locale=locale), locale))


def _details(entry: Entry, moment: Callable[[datetime], str], locale: str) -> Iterator[str]:
    facts, words = entry.facts, translations_for(locale)
    _ = words.gettext
    for changed in ("fields", "changed"):
        if changed in facts:
            names = [_(_FIELDS[field]) for field in facts[changed].split()]
            yield format_list(names, locale=locale)
    for name, texts in _BY_FACT.items():
        # What a platform is called tells the provider, too.
        if name in facts and not (name == "provider" and "platform" in facts):
            yield _(texts[facts[name]])
    if "rows" in facts:
        rows = int(facts["rows"])
        yield words.ngettext("%(count)d row", "%(count)d rows", rows) % {"count": rows}
    if "former_start" in facts:
        start, former = (datetime.fromisoformat(facts[at]) for at in ("start", "former_start"))
        yield _("From %(former)s to %(start)s") % {"former": moment(former), "start": moment(start)}
