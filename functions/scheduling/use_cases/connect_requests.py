"""Asking members to connect something, or to connect it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, entry_by
from scheduling.domain.connect_requests import ConnectRequest
from scheduling.domain.connections import ConnectionKey
from scheduling.domain.platform_states import NOT_CONNECTED, needs_human, state_of
from scheduling.domain.policy import Act, require
from scheduling.domain.rate_limits import CONNECT_REQUESTS_PER_MEMBER_AND_PLATFORM
from scheduling.domain.refusals import AlreadyConnected, BlockedByPolicy, MemberNotFound
from scheduling.use_cases.limits import require_within

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.connections import Platform
    from scheduling.domain.sessions import SignedIn
    from scheduling.provider_ports import Connections, ConnectRequests


def ask_to_connect(
    by: SignedIn,
    member_id: str,
    platform: Platform,
    *,
    now: datetime,
    members: ports.Members,
    connections: Connections,
    connect_requests: ConnectRequests,
    rate_limits: ports.RateLimits,
) -> ConnectRequest:
    """Ask a member by mail to connect a platform, or to connect it again where it is broken.

    Nobody consents in another person's place: the mail leads to their own page.

    Raises:
        NotAllowed: Only admins may.
        MemberNotFound: There is no such member, or they were removed.
        BlockedByPolicy: The organization does not allow the platform.
        AlreadyConnected: It is connected, and needs nobody.
        TooManyRequests: They were asked for it often enough for a day.
        LimiterUnavailable: It could not be counted.
        ConnectionChanged: Somebody else has asked at the same moment.
    """
    require(by, Act.MANAGE_CONNECTIONS, now=now)
    organization = by.organization
    member = members.get(organization.organization_id, member_id)
    if not member.is_active:
        raise MemberNotFound
    if platform in organization.blocked_platforms:
        raise BlockedByPolicy
    key = ConnectionKey(organization.organization_id, member_id, platform.provider)
    connection = connections.get(key)
    state = state_of(connection, platform)
    if connection is not None and state != NOT_CONNECTED and not needs_human(state):
        raise AlreadyConnected(connection.account)
    require_within(
        (CONNECT_REQUESTS_PER_MEMBER_AND_PLATFORM, f"{member_id}.{platform}"),
        now=now,
        rate_limits=rate_limits,
    )
    before = connect_requests.get(organization.organization_id, member_id, platform)
    request = ConnectRequest(
        organization_id=organization.organization_id,
        member_id=member_id,
        platform=platform,
        number=1 if before is None else before.number + 1,
        is_reconnect=state != NOT_CONNECTED,
        asked_by_id=by.member.member_id,
        asked_at=now,
    )
    entry = entry_by(
        by, Activity.CONNECT_REQUESTED, now=now, subject_id=member_id, platform=platform.value
    )
    connect_requests.add(request, entry)
    return request
