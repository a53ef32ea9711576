"""Two organizations that have one of everything, and those who come to their doors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from handlers.pages.assets import asset_address
from handlers.wiring import Adapters, adapters
from scheduling.adapters.dynamodb.access import DynamoDbSessions
from scheduling.adapters.dynamodb.organizations import new_member_puts
from scheduling.adapters.dynamodb.table import transact
from scheduling.domain.audit import Activity, entry_by
from scheduling.domain.availability_request import usual_terms
from scheduling.domain.booking_page import BookingRules
from scheduling.domain.connecting import ATTEMPT_LIFE
from scheduling.domain.connections import (
    Connection,
    ConnectionKey,
    ConnectionState,
    Platform,
    Provider,
    ProviderCalendar,
)
from scheduling.domain.directory import DirectoryPart
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.identifiers import new_id
from scheduling.domain.invitations import Placement
from scheduling.domain.links import (
    SIGN_IN_LIFE,
    LinkPurpose,
    hashed,
    new_link_id,
    new_secret,
    token_for,
)
from scheduling.domain.member_imports import ImportRow
from scheduling.domain.message_tags import address_hash
from scheduling.domain.people import Feature, Member, Organization, Role
from scheduling.domain.reputation import MailCategory
from scheduling.domain.sessions import Session, SignedIn
from scheduling.domain.sign_ups import SignUp
from scheduling.domain.unsubscribing import Subscription
from scheduling.domain.unsubscribing import token_for as unsubscribe_token_for
from scheduling.provider_ports import ConnectAttempt
from scheduling.use_cases.availability import save_availability
from scheduling.use_cases.booking import BookingRequest, book_slot, hold_slot
from scheduling.use_cases.directory import add_to_directory
from scheduling.use_cases.external_members import invite_external_member
from scheduling.use_cases.feeds import link_calendar
from scheduling.use_cases.invitations import invite_members
from scheduling.use_cases.member_imports import import_members
from scheduling.use_cases.organization_features import switch_feature
from scheduling.use_cases.organizations import create_organization
from scheduling.use_cases.page_settings import PageSettings, add_booking_page
from scheduling.use_cases.sign_in import sign_in_link
from tests.support.road import do

if TYPE_CHECKING:
    from collections.abc import Mapping

    from time_machine import Coordinates

    from scheduling.domain.booking import Booking
    from scheduling.domain.booking_page import BookingPage
    from tests.support.deployment import Deployment

NOW = datetime(2026, 12, 1, 3, tzinfo=UTC)
"""Tuesday, noon in Tokyo, where everybody works from 9 to 5."""
YESTERDAY = NOW - timedelta(days=1)
TOMORROW = datetime(2026, 12, 2, tzinfo=UTC)
"""9:00 in Tokyo."""

AT_ONCE = BookingRules(durations=(timedelta(minutes=30),), minimum_notice=timedelta(0))


class Caller(StrEnum):
    ANONYMOUS = "anonymous"
    GUEST = "guest link"
    EXTERNAL = "external link"
    MEMBER = "member"
    ADMIN = "admin"
    OTHER_ADMIN = "admin of another organization"


@dataclass(frozen=True)
class House:
    """An organization, with what routes can be about."""

    things: Mapping[str, str]
    """Identifiers, links and addresses, by what they are called in the table of routes."""
    credentials: Mapping[Caller, str]
    """Session secrets and link tokens."""
    personal: frozenset[str]
    """What nobody of another organization may read: names, addresses, identifiers."""
    secrets: frozenset[str]
    """What opens something to whoever knows it."""


@dataclass(frozen=True)
class People:
    """Who an organization consists of; no name or address occurs in two of them."""

    organization: str
    admin: str
    member: str
    external_member: str
    guest: str
    newcomer: str
    """Who is invited to the team."""
    department: str
    designation: str

    def address(self, name: str) -> str:
        return f"{name.split(maxsplit=1)[0].lower()}@{self.organization.split()[0].lower()}.example"


OURS = {"feature", "file", "platform", "platform_on", "provider"}
"""What paths name that belongs to no organization."""

HANAMI = People(
    organization="Hanami Studio",
    admin="Aiko Mori",
    member="Ben Ode",
    external_member="Kenji Tanaka",
    guest="Mia Weber",
    newcomer="Rin Abe",
    department="Flower Shop",
    designation="Lead Florist",
)
KOBO = People(
    organization="Kobo Works",
    admin="Chiara Rossi",
    member="Dag Lund",
    external_member="Lena Fischer",
    guest="Omar Haddad",
    newcomer="Eva Novak",
    department="Machine Hall",
    designation="Head Welder",
)


def build_house(people: People, deployed: Deployment, clock: Coordinates) -> House:
    """Have an organization live through yesterday and this morning; ends at `NOW`."""
    clock.move_to(YESTERDAY)
    parley = adapters()
    created = do(
        parley,
        create_organization,
        people.organization,
        people.admin,
        people.address(people.admin),
        "Asia/Tokyo",
        link_life=timedelta(days=7),
    )
    organization = parley.organizations.get(created.organization_id)
    admin = parley.members.get(created.organization_id, created.member_id)
    member = _second_member(people, organization, deployed)
    by = SignedIn(admin, organization, proven_at=YESTERDAY)
    do(parley, switch_feature, by, Feature.EXTERNAL_MEMBERS, is_enabled=True)
    by = replace(by, organization=parley.organizations.get(created.organization_id))

    external_member = do(
        parley,
        invite_external_member,
        by,
        name=people.external_member,
        email=people.address(people.external_member),
        person_in_charge_id=admin.member_id,
        title=f"Meeting {people.external_member}",
        location="",
        rules=AT_ONCE,
        terms=usual_terms(YESTERDAY),
    )
    external_link = parley.links.get(external_member.request.link_id)
    external_token = token_for(external_link, parley.link_keys.current())
    window = TOMORROW + timedelta(days=1), TOMORROW + timedelta(days=1, hours=8)
    do(
        parley,
        save_availability,
        external_token,
        version=0,
        time_zone="Asia/Tokyo",
        entries=[window],
        network="203.0.113.0/24",
    )
    calendar_secret = new_secret()
    do(parley, link_calendar, external_token, f"https://calendar.example.org/{calendar_secret}.ics")
    newcomers = _invite_to_team(parley, by, people)

    page = _add_page(parley, by)
    on_request = _add_page(parley, by, needs_approval=True)
    booking = _book(parley, people, page, TOMORROW)
    request = _book(parley, people, on_request, TOMORROW + timedelta(hours=1))
    begun = _book(parley, people, page, NOW - timedelta(hours=2))
    clock.move_to(NOW)
    hold = do(
        parley,
        hold_slot,
        page.slug,
        TOMORROW + timedelta(hours=2),
        duration=None,
        key="form",
        network_address="203.0.113.9",
    )

    guest_token = token_for(parley.links.get(booking.guest_link_id), parley.link_keys.current())
    credentials = {
        Caller.ADMIN: _sign_in(deployed, admin),
        Caller.MEMBER: _sign_in(deployed, member),
        Caller.GUEST: guest_token,
        Caller.EXTERNAL: external_token,
    }
    for person in (admin, member):
        _connect_calendar(parley, by, person)
    connect_state = _begin_to_connect(parley, admin, credentials[Caller.ADMIN])
    things = {
        "organization_id": organization.organization_id,
        "admin_id": admin.member_id,
        "member_id": member.member_id,
        "external_member_id": external_member.external_member_id,
        "slug": page.slug,
        "booking_id": booking.booking_id,
        "request_id": request.booking_id,
        "begun_id": begun.booking_id,
        "hold_id": hold.hold_id,
        "sign_in_token": created.sign_in_url.rpartition("/l/")[2],
        "sign_up_token": _sign_up_token(parley, people),
        **newcomers,
        "unsubscribe_token": _unsubscribe_token(parley, people, organization),
        "guest_token": guest_token,
        "external_token": external_token,
        "file": asset_address("parley.css").rpartition("/")[2],
        "feature": Feature.EXTERNAL_MEMBERS.value,
        "platform": Platform.GOOGLE_MEET.value,
        "platform_on": Platform.GOOGLE_CALENDAR.value,
        "provider": Provider.GOOGLE.value,
        "connect_state": connect_state,
    }
    tokens = {value for name, value in things.items() if name.endswith("token")}
    names = [people.admin, people.member, people.external_member, people.guest, people.newcomer]
    return House(
        things=things,
        credentials=credentials,
        personal=frozenset(
            {
                people.organization,
                people.department,
                people.designation,
                *names,
                *map(people.address, names),
                *(value for name, value in things.items() if name not in OURS),
                on_request.slug,
                external_member.booking_page_slug,
            }
        ),
        secrets=frozenset({*tokens, *credentials.values(), calendar_secret, connect_state}),
    )


def unknown(name: str) -> str:
    """Return what nobody ever had, in the place of `name`."""
    match name:
        case "slug":
            return f"nobody-{new_id()}"
        case "file":
            return "parley.000000000000.css"
    return f"s1.1.{new_link_id()}.{new_secret()}" if name.endswith("token") else new_id()


def forged(things: Mapping[str, str], name: str) -> str:
    """Return the token `things[name]` as somebody makes it with a key that is not ours."""
    unsigned = things[name].rpartition(".")[0]
    return f"{unsigned}.{new_secret()}"


def _second_member(people: People, organization: Organization, deployed: Deployment) -> Member:
    member = Member(
        member_id=new_id(),
        organization_id=organization.organization_id,
        name=people.member,
        email=people.address(people.member),
        role=Role.MEMBER,
        time_zone="Asia/Tokyo",
    )
    transact(deployed.scheduling.client, new_member_puts(deployed.scheduling, member))
    return member


def _invite_to_team(parley: Adapters, by: SignedIn, people: People) -> dict[str, str]:
    """Return, by their names, the things that come with an invitation and an import."""
    department, designation = (
        do(parley, add_to_directory, by, part, name, key="")
        for part, name in (
            (DirectoryPart.DEPARTMENTS, people.department),
            (DirectoryPart.DESIGNATIONS, people.designation),
        )
    )
    placement = Placement(department.listed_id, designation.listed_id, by.member.member_id)
    email = people.address(people.newcomer)
    [invited] = do(parley, invite_members, by, email, placement, key="form")
    invitation = parley.invitations.get(by.organization.organization_id, invited.invitation_id)
    tried_out = do(parley, import_members, by, [ImportRow(2, {"email": email})], is_dry_run=True)
    return {
        "department_id": department.listed_id,
        "designation_id": designation.listed_id,
        "invitation_id": invitation.invitation_id,
        "invitation_token": token_for(
            parley.links.get(invitation.link_id), parley.link_keys.current()
        ),
        "import_id": tried_out.import_id,
    }


def _connect_calendar(parley: Adapters, by: SignedIn, member: Member) -> None:
    """Let a member have connected a calendar, which is not enough for Meet."""
    main = ProviderCalendar("main", member.name, "Asia/Tokyo", is_primary=True, can_write=True)
    connection = Connection(
        key=ConnectionKey(member.organization_id, member.member_id, Provider.GOOGLE),
        connection_id=new_id(),
        platforms=frozenset({Platform.GOOGLE_CALENDAR}),
        account_id=new_id(),
        account=member.email,
        scopes=frozenset({"openid"}),
        state=ConnectionState.OK,
        state_since=YESTERDAY,
        connected_at=YESTERDAY,
        calendars=(main,),
        conflict_calendar_ids=("main",),
        write_calendar_id="main",
    )
    facts = {"provider": Provider.GOOGLE.value, "platform": Platform.GOOGLE_CALENDAR.value}
    entry = entry_by(by, Activity.CONNECTED, now=YESTERDAY, subject_id=member.member_id, **facts)
    parley.connections.put(connection, entry)


def _begin_to_connect(parley: Adapters, member: Member, session: str) -> str:
    """Send a member to a provider; return the state that they come back with."""
    state = new_secret()
    attempt = ConnectAttempt(
        state_hash=hashed(state),
        session_hash=hashed(session),
        key=ConnectionKey(member.organization_id, member.member_id, Provider.GOOGLE),
        platforms=frozenset({Platform.GOOGLE_CALENDAR, Platform.GOOGLE_MEET}),
        verifier=new_secret(),
        nonce=new_secret(),
        redirect_uri=f"{parley.base_url}/connections/google/callback",
        expires_at=NOW + ATTEMPT_LIFE,
    )
    parley.connect_attempts.add(attempt)
    return state


def _unsubscribe_token(parley: Adapters, people: People, organization: Organization) -> str:
    subscription = Subscription(
        organization.organization_id,
        address_hash(people.address(people.guest)),
        MailCategory.REMINDERS,
    )
    return unsubscribe_token_for(subscription, parley.link_keys.current(), now=parley.now())


def _sign_up_token(parley: Adapters, people: People) -> str:
    wanted = SignUp(f"{people.organization} Two", people.guest, "Asia/Tokyo", locale="en")
    link = replace(
        sign_in_link(people.address(people.guest), now=NOW, life=SIGN_IN_LIFE),
        purpose=LinkPurpose.SIGN_UP,
        sign_up=wanted,
    )
    parley.links.add(link)
    return token_for(link, parley.link_keys.current())


def _sign_in(deployed: Deployment, member: Member) -> str:
    secret = new_secret()
    ends = NOW + timedelta(hours=12)
    session = Session(hashed(secret), member.organization_id, member.member_id, ends, proven_at=NOW)
    DynamoDbSessions(deployed.scheduling, deployed.access).add(session)
    return secret


def _add_page(parley: Adapters, by: SignedIn, *, needs_approval: bool = False) -> BookingPage:
    settings = PageSettings(
        title=f"Meeting {by.member.name}",
        hosts=(HostKey(HostKind.MEMBER, by.member.member_id),),
        person_in_charge_id=by.member.member_id,
        rules=AT_ONCE,
        needs_approval=needs_approval,
    )
    return do(parley, add_booking_page, by, settings, slug="")


def _book(parley: Adapters, people: People, page: BookingPage, start: datetime) -> Booking:
    request = BookingRequest(start, people.guest, people.address(people.guest))
    return do(parley, book_slot, page.slug, request, key=f"{page.slug} {start}").booking
