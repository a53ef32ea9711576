"""What members are told of their connections: from what is true when the mail is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.domain.connections import ConnectionKey, ConnectionState, Platform, Provider
from scheduling.domain.mails import ConnectionBrokenMail, ConnectRequestMail, Mailbox
from scheduling.domain.platform_states import NOT_CONNECTED, needs_human, state_of

if TYPE_CHECKING:
    from scheduling import ports
    from scheduling.domain.messages import Message
    from scheduling.domain.people import Member, Organization
    from scheduling.provider_ports import Connections, ConnectRequests


def broken_mail(
    message: Message,
    member: Member,
    organization: Organization,
    *,
    base_url: str,
    connections: Connections,
) -> ConnectionBrokenMail | None:
    """Return what tells that a connection works no more; None where it works again, or is off."""
    # Behind the dot is the connection, whose versions begin anew with each.
    provider = Provider(message.which.partition(".")[0])
    connection = connections.get(ConnectionKey(message.organization_id, member.member_id, provider))
    platforms = tuple(each for each in Platform if needs_human(state_of(connection, each)))
    if connection is None or not platforms:
        return None
    return ConnectionBrokenMail(
        organization_name=organization.name,
        member_name=member.name,
        provider=provider,
        platforms=platforms,
        account=connection.account,
        state=connection.state,
        console_url=_page_of(base_url, platforms[0]),
        support_contact=organization.support_contact,
    )


def request_mail(
    message: Message,
    member: Member,
    organization: Organization,
    *,
    base_url: str,
    members: ports.Members,
    connections: Connections,
    connect_requests: ConnectRequests,
) -> ConnectRequestMail | None:
    """Return what asks to connect; None where that is done, or asked for once more since."""
    platform = Platform(message.which)
    request = connect_requests.get(message.organization_id, member.member_id, platform)
    connection = connections.get(
        ConnectionKey(message.organization_id, member.member_id, platform.provider)
    )
    state = state_of(connection, platform)
    is_done = state != NOT_CONNECTED and not needs_human(state)
    if request is None or request.number != message.version or is_done:
        return None
    asked_by = members.get(message.organization_id, request.asked_by_id)
    is_broken = connection is not None and state != NOT_CONNECTED
    return ConnectRequestMail(
        organization_name=organization.name,
        member_name=member.name,
        asked_by=Mailbox(asked_by.name, asked_by.email),
        platform=platform,
        account=connection.account if connection is not None and is_broken else "",
        state=ConnectionState(state) if is_broken else None,
        console_url=_page_of(base_url, platform),
        support_contact=organization.support_contact,
    )


def _page_of(base_url: str, platform: Platform) -> str:
    """Return where a member finds the platform's card."""
    return f"{base_url}/console/integrations#{platform}"
