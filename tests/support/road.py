"""The steps of the road, on adapters in memory."""

from __future__ import annotations

import inspect
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from scheduling.domain.audit import Actor, ActorKind, masked_network
from scheduling.domain.availability_request import RequestTerms, usual_terms
from scheduling.domain.booking_page import BookingRules
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.links import token_for
from scheduling.use_cases.availability import save_availability
from scheduling.use_cases.booking import BookingRequest, book_slot, hold_slot
from scheduling.use_cases.external_members import invite_external_member
from scheduling.use_cases.page_settings import PageSettings, add_booking_page
from scheduling.use_cases.slots import slots_of_page
from tests.support.builders import AIKO, STAFF, between
from tests.support.in_memory import KEY, InMemoryAdapters

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from handlers.wiring import Adapters
    from scheduling.domain.availability import Availability
    from scheduling.domain.booking import Hold
    from scheduling.domain.booking_page import BookingPage
    from scheduling.domain.people import ExternalMember
    from scheduling.domain.time_range import TimeRange
    from scheduling.use_cases.booking import BookedSlot

HALF_HOUR = BookingRules(durations=(timedelta(minutes=30),), minimum_notice=timedelta(0))
NETWORK_ADDRESS = "192.0.2.1"
GUEST = Actor(ActorKind.GUEST, network=masked_network(NETWORK_ADDRESS))
WHOLE_DAY = between("00:00", "24:00")


def do[Result](
    parley: InMemoryAdapters | Adapters,
    use_case: Callable[..., Result],
    *given: Any,
    **named: Any,
) -> Result:
    """Call a use case with the adapters and settings that it names among its parameters.

    Whoever does not say where they come from comes from `NETWORK_ADDRESS`, and whoever does not
    say who they are is a guest.
    """
    wanted = inspect.signature(use_case).parameters.keys() - named.keys()
    collaborators = {name: getattr(parley, name) for name in wanted if hasattr(parley, name)}
    if "now" in collaborators:
        collaborators["now"] = parley.now()
    if "network_address" in wanted:
        collaborators["network_address"] = NETWORK_ADDRESS
    if "network" in wanted:
        collaborators["network"] = GUEST.network
    if "actor" in wanted:
        collaborators["actor"] = GUEST
    return use_case(*given, **collaborators, **named)


def invite(
    parley: InMemoryAdapters,
    *,
    name: str = "Kenji Tanaka",
    email: str = "kenji@example.org",
    person_in_charge_id: str = AIKO.member_id,
    title: str = "Portfolio review",
    rules: BookingRules = HALF_HOUR,
    terms: RequestTerms | None = None,
    key: str = "",
) -> ExternalMember:
    return do(
        parley,
        invite_external_member,
        STAFF,
        name=name,
        email=email,
        person_in_charge_id=person_in_charge_id,
        title=title,
        location="",
        rules=rules,
        terms=terms or usual_terms(parley.now()),
        key=key,
    )


def token(parley: InMemoryAdapters, link_id: str) -> str:
    return token_for(parley.store.links[link_id], KEY)


def enter(
    parley: InMemoryAdapters, member: ExternalMember, *windows: TimeRange, version: int = 0
) -> Availability:
    return do(
        parley,
        save_availability,
        token(parley, member.request.link_id),
        version=version,
        time_zone="Asia/Tokyo",
        entries=[(window.start, window.end) for window in windows],
        network=STAFF.network,
    )


def settings(*hosts: HostKey, **changes: Any) -> PageSettings:
    """Return what a page of `hosts` is made of: half hours at no notice, unless said otherwise."""
    usual: dict[str, Any] = {
        "title": "Portfolio review",
        "hosts": hosts,
        "person_in_charge_id": AIKO.member_id,
        "rules": HALF_HOUR,
    }
    return PageSettings(**(usual | changes))


def make_page(
    parley: InMemoryAdapters, *hosts: HostKey, slug: str = "", **changes: Any
) -> BookingPage:
    return do(parley, add_booking_page, STAFF, settings(*hosts, **changes), slug=slug)


def external(member: ExternalMember) -> HostKey:
    return HostKey(HostKind.EXTERNAL_MEMBER, member.external_member_id)


def slots(
    parley: InMemoryAdapters, slug: str, within: TimeRange = WHOLE_DAY, **more: Any
) -> list[str]:
    """Return the open starts of a page as clocks in UTC."""
    found = do(parley, slots_of_page, slug, within, **more)
    return [f"{start:%H:%M}" for start in found.starts]


def hold(parley: InMemoryAdapters | Adapters, slug: str, start: datetime, **more: Any) -> Hold:
    usual = {"duration": None, "key": "form"}
    return do(parley, hold_slot, slug, start, **(usual | more))


def book(
    parley: InMemoryAdapters,
    host: ExternalMember | str,
    start: datetime,
    *,
    name: str = "Mia Weber",
    email: str = "mia@guest.example",
    note: str = "",
    time_zone: str = "Europe/Berlin",
    key: str = "form",
    hold_id: str = "",
    network_address: str = NETWORK_ADDRESS,
    **more: Any,
) -> BookedSlot:
    """Book a slot of an external member's page, or of the page with a slug."""
    slug = host if isinstance(host, str) else host.booking_page_slug
    request = BookingRequest(start, name, email, note, time_zone, **more)
    return do(
        parley,
        book_slot,
        slug,
        request,
        key=key,
        hold_id=hold_id,
        network_address=network_address,
    )
