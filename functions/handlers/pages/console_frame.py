"""What the pages of the console share: the frame, and the people to choose from."""

from __future__ import annotations

from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from handlers.pages.rendering import HEADERS, page
from handlers.wiring import adapters
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.lists import every
from scheduling.domain.people import Feature
from scheduling.domain.refusals import HostNotFound, TryAgainLater
from scheduling.ports import ExternalMemberFilter
from scheduling.use_cases.external_members import list_external_members
from scheduling.use_cases.members import list_members

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aws_lambda_powertools.event_handler import Response

    from handlers.pages.forms import Form
    from scheduling.domain.people import Member
    from scheduling.domain.refusals import SchedulingError
    from scheduling.domain.sessions import SignedIn
    from scheduling.use_cases.external_members import ExternalMemberOverview

ROWS = 50
"""How many rows a page of a list has."""

MOST_CHOICES = 100
"""How many hosts a form offers, apart from those that are chosen already."""

MOST_SUGGESTED = 20
"""How many members a field suggests that takes the address of any."""

_PART = 100


def console_page(
    template: str,
    by: SignedIn,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] = HEADERS,
    **values: Any,
) -> Response[str]:
    return page(
        f"console/{template}",
        status=status,
        locale=by.locale,
        headers=headers,
        by=by,
        now=adapters().now(),
        zone=by.member.time_zone,
        base_url=adapters().base_url,
        **values,
    )


def headers_of(refusal: SchedulingError) -> Mapping[str, str]:
    """Return the headers of a page that says why something was refused."""
    if isinstance(refusal, TryAgainLater):
        return {**HEADERS, "Retry-After": str(refusal.retry_after_seconds)}
    return HEADERS


def query_of(form: Form, names: Sequence[str]) -> dict[str, str]:
    """Return those fields that were filled in, to stand in an address again."""
    return {name: form[name] for name in names if form[name]}


def address(path: str, query: Mapping[str, str]) -> str:
    """Return an address with what is asked for in it."""
    return f"{path}?{urlencode(query)}" if query else path


def suggested_members(by: SignedIn) -> Sequence[Member]:
    """Return members to suggest where an address is typed; `member_id_at` finds all others too."""
    return list_members(by, cursor=None, limit=MOST_SUGGESTED, members=adapters().members).items


def member_or_none(by: SignedIn, member_id: str) -> Member | None:
    """Return a member, a removed one too; None where there never was one."""
    found = adapters().members.get_all(by.organization.organization_id, [member_id])
    return next(iter(found), None)


def every_external_member(by: SignedIn) -> Iterator[ExternalMemberOverview]:
    """Return external members, the newest first; none while the feature is off."""
    if Feature.EXTERNAL_MEMBERS not in by.organization.features:
        return iter(())
    return every(
        lambda cursor: list_external_members(
            by,
            ExternalMemberFilter(),
            cursor=cursor,
            limit=_PART,
            now=adapters().now(),
            members=adapters().members,
            external_members=adapters().external_members,
            outbox=adapters().outbox,
        )
    )


def host_names(by: SignedIn, chosen: Sequence[HostKey] = ()) -> dict[HostKey, str]:
    """Return whom a page can have as hosts: the chosen ones first, at most 100 others after."""
    members = list_members(by, cursor=None, limit=MOST_CHOICES, members=adapters().members).items
    known = {HostKey(HostKind.MEMBER, member.member_id): member.name for member in members}
    for overview in islice(every_external_member(by), MOST_CHOICES - len(known)):
        member = overview.member
        known[HostKey(HostKind.EXTERNAL_MEMBER, member.external_member_id)] = member.name
    first = {key: known[key] if key in known else _name_of(by, key) for key in chosen}
    return {key: name for key, name in (first | known).items() if name}


def _name_of(by: SignedIn, key: HostKey) -> str:
    """Return what a host is called; nothing where there never was one."""
    try:
        found = adapters().hosts.get_all(by.organization.organization_id, [key])
    except HostNotFound:
        return ""
    return found[0].name
