"""Signing in by a mailed link, and who is signed in."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, Actor, ActorKind, Entry
from scheduling.domain.checks import Checks
from scheduling.domain.links import (
    NO_ORGANIZATION,
    SIGN_IN_LIFE,
    Link,
    LinkPurpose,
    hashed,
    new_code,
    new_link_id,
    new_secret,
    normalized_code,
)
from scheduling.domain.messages import Message, MessageKind, Recipient, Subject
from scheduling.domain.rate_limits import (
    SIGN_IN_PER_ADDRESS,
    SIGN_IN_PER_ADDRESS_AND_DAY,
    SIGN_IN_PER_NETWORK_ADDRESS,
)
from scheduling.domain.refusals import (
    LinkNotFound,
    MemberNotFound,
    OrganizationChoice,
    OrganizationChoiceRequired,
    SignInCodeRefused,
    SignInCodeRequired,
    SignInRequired,
)
from scheduling.domain.sessions import SESSION_LIFE, Session, SignedIn
from scheduling.use_cases.limits import require_within
from scheduling.use_cases.links import read_link
from scheduling.use_cases.new_organizations import add_organization

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from scheduling import ports
    from scheduling.domain.people import Member
    from scheduling.domain.sign_ups import SignUp

_PER_ADDRESS = (SIGN_IN_PER_ADDRESS, SIGN_IN_PER_ADDRESS_AND_DAY)


@dataclass(frozen=True, slots=True)
class SignInRequest:
    """What the browser that asked is given; the link goes by mail."""

    browser_secret: str
    """Lets the mailed link finish in this browser without a code."""
    code: str
    """Lets it finish in any other browser: eight characters to be typed there."""


@dataclass(frozen=True, slots=True)
class StartedSession:
    """What the browser of whoever signed in is given."""

    secret: str
    lifetime: timedelta
    return_to: str = ""
    """The page of the console to go on with; its first one where empty."""


def request_sign_in(
    email: str,
    *,
    network_address: str,
    now: datetime,
    links: ports.Links,
    rate_limits: ports.RateLimits,
) -> SignInRequest:
    """Have a sign-in link mailed to `email`, if it is a member's.

    Whether it is one is looked up by the worker that sends the mail: here,
    known and unknown addresses get the same answer after the same work, and so
    do those that were sent enough mails.

    Args:
        network_address: Where the request comes from.

    Raises:
        InvalidInput: `email` is no address.
        TooManyRequests: From this network address.
        LimiterUnavailable: It could not be counted how often this was asked for.
    """
    checks = Checks()
    address = checks.email("email", email)
    checks.done()
    return mail_link(
        address, network_address=network_address, now=now, links=links, rate_limits=rate_limits
    )


def mail_link(
    address: str,
    *,
    sign_up: SignUp | None = None,
    network_address: str,
    now: datetime,
    links: ports.Links,
    rate_limits: ports.RateLimits,
) -> SignInRequest:
    """Queue a link that signs in whoever has `address`, unless they were sent enough of them.

    Args:
        sign_up: The organization it makes for those who are in none.

    Raises:
        TooManyRequests: From this network address.
        LimiterUnavailable: It could not be counted how often this was asked for.
    """
    require_within((SIGN_IN_PER_NETWORK_ADDRESS, network_address), now=now, rate_limits=rate_limits)
    request = SignInRequest(browser_secret=new_secret(), code=new_code())
    if all(rate_limits.allows(limit, address, now=now) for limit in _PER_ADDRESS):
        link = sign_in_link(address, now=now, life=SIGN_IN_LIFE, request=request)
        if sign_up is not None:
            link = replace(link, purpose=LinkPurpose.SIGN_UP, sign_up=sign_up)
        links.add(link, sign_in_message(link))
    return request


def request_proof(
    by: SignedIn,
    *,
    return_to: str,
    network_address: str,
    now: datetime,
    links: ports.Links,
    rate_limits: ports.RateLimits,
) -> SignInRequest:
    """Have a link mailed to whoever is signed in, with which they prove once more who they are.

    Args:
        return_to: The page of the console to go on with afterwards.
        network_address: Where the request comes from.

    Raises:
        TooManyRequests: From this network address, or for this member.
        LimiterUnavailable: It could not be counted how often this was asked for.
    """
    address = by.member.email
    require_within(
        (SIGN_IN_PER_NETWORK_ADDRESS, network_address),
        *((limit, address) for limit in _PER_ADDRESS),
        now=now,
        rate_limits=rate_limits,
    )
    request = SignInRequest(browser_secret=new_secret(), code=new_code())
    link = replace(
        sign_in_link(address, now=now, life=SIGN_IN_LIFE, request=request),
        organization_id=by.organization.organization_id,
        return_to=return_to,
    )
    links.add(link, sign_in_message(link))
    return request


def sign_in_link(
    address: str, *, now: datetime, life: timedelta, request: SignInRequest | None = None
) -> Link:
    """Return a link that signs in whoever has `address`.

    Without a `request` it works in any browser: it was handed to an operator,
    whom the cloud's own access rules have let in.
    """
    return Link(
        link_id=new_link_id(),
        purpose=LinkPurpose.SIGN_IN,
        organization_id=NO_ORGANIZATION,
        subject_id=address,
        created_at=now,
        expires_at=now + life,
        browser_hash=hashed(request.browser_secret) if request else "",
        code_hash=hashed(request.code) if request else "",
    )


def sign_in_message(link: Link) -> Message:
    return Message(
        organization_id=link.organization_id,
        subject=Subject.SIGN_IN,
        subject_id=link.link_id,
        version=1,
        kind=MessageKind.SIGN_IN_LINK,
        recipient=Recipient.MEMBER,
    )


def finish_sign_in(
    token: str,
    *,
    browser_secret: str | None,
    code: str | None,
    organization_id: str = "",
    former_secret: str | None = None,
    network: str,
    now: datetime,
    links: ports.Links,
    link_keys: ports.LinkKeys,
    members: ports.Members,
    organizations: ports.Organizations,
    sessions: ports.Sessions,
) -> StartedSession:
    """Use a sign-in link, once, and start a session.

    Args:
        browser_secret: What the browser was given when it asked for the link.
        code: What was typed, where the link was opened in another browser.
        organization_id: Which one is meant, of those who belong to several.
        former_secret: That of the session that the browser had before, which ends.
        network: Where the request comes from, as `domain.audit.masked_network` writes it.

    Raises:
        LinkNotFound, LinkExpired, LinkUsed: The link does not work.
        SignInCodeRequired: Another browser asked for it, and no code was typed.
        SignInCodeRefused: The code is wrong; five may be typed.
        OrganizationChoiceRequired: They belong to several; the link is not used yet.
    """
    link = read_sign_in_link(token, now=now, links=links, link_keys=link_keys)
    if needs_code(link, browser_secret):
        if not code:
            raise SignInCodeRequired
        links.count_code_attempt(link)
        if not hmac.compare_digest(hashed(normalized_code(code)), link.code_hash):
            raise SignInCodeRefused
    found = active_members(link, members=members)
    if not found and link.sign_up is None:
        raise LinkNotFound
    member = _chosen(found, organization_id, organizations) if found else None
    if member is None:
        # That there is an organization is what the log of a sign-up begins with.
        links.use(link, None, now=now)
        member = _signed_up(link, now=now, organizations=organizations)
    else:
        links.use(link, _entry(Activity.SIGNED_IN, member, network=network, now=now), now=now)
    sign_out(former_secret, network=network, now=now, sessions=sessions)
    session = start_session(member, now=now, sessions=sessions)
    return replace(session, return_to=link.return_to)


def start_session(member: Member, *, now: datetime, sessions: ports.Sessions) -> StartedSession:
    """Start a session of somebody who has just proved that the member's mailbox is theirs."""
    secret = new_secret()
    lifetime = SESSION_LIFE[member.role]
    sessions.add(
        Session(
            session_hash=hashed(secret),
            organization_id=member.organization_id,
            member_id=member.member_id,
            expires_at=now + lifetime,
            proven_at=now,
            epoch=member.session_epoch,
        )
    )
    return StartedSession(secret, lifetime)


def read_sign_in_link(
    token: str, *, now: datetime, links: ports.Links, link_keys: ports.LinkKeys
) -> Link:
    """Return the record of a link that works and signs somebody in.

    Raises:
        LinkNotFound, LinkExpired, LinkUsed: There is none.
    """
    link = read_link(token, now=now, links=links, link_keys=link_keys)
    if link.purpose not in {LinkPurpose.SIGN_IN, LinkPurpose.SIGN_UP}:
        raise LinkNotFound
    return link


def active_members(link: Link, *, members: ports.Members) -> list[Member]:
    """Return whom a sign-in link can sign in, one for each of their organizations."""
    return [
        member
        for member in members.with_email(link.subject_id)
        if member.is_active and link.organization_id in {NO_ORGANIZATION, member.organization_id}
    ]


def _chosen(
    found: Sequence[Member], organization_id: str, organizations: ports.Organizations
) -> Member:
    """Raises OrganizationChoiceRequired where it is not clear which one is meant."""
    if len(found) == 1:
        return found[0]
    for member in found:
        if member.organization_id == organization_id:
            return member
    choices = [
        OrganizationChoice(member.organization_id, organizations.get(member.organization_id).name)
        for member in found
    ]
    raise OrganizationChoiceRequired(sorted(choices, key=lambda choice: choice.name))


def _signed_up(link: Link, *, now: datetime, organizations: ports.Organizations) -> Member:
    if link.sign_up is None:
        raise LinkNotFound
    return add_organization(link.sign_up, link.subject_id, now=now, organizations=organizations)


def needs_code(link: Link, browser_secret: str | None) -> bool:
    """Tell whether a sign-in link was asked for in another browser."""
    if not link.browser_hash:
        return False
    return not hmac.compare_digest(hashed(browser_secret or ""), link.browser_hash)


def signed_in(
    session_secret: str | None,
    *,
    now: datetime,
    network: str,
    sessions: ports.Sessions,
    members: ports.Members,
    organizations: ports.Organizations,
) -> SignedIn:
    """Return who is behind a request.

    Args:
        network: Where the request comes from, as `domain.audit.masked_network` writes it.

    Raises:
        SignInRequired: Nobody, or somebody whose session has ended, or who was removed.
    """
    session = sessions.get(hashed(session_secret)) if session_secret else None
    if session is None or now >= session.expires_at:
        raise SignInRequired
    try:
        member = members.get(session.organization_id, session.member_id)
    except MemberNotFound:
        raise SignInRequired from None
    if not member.is_active or member.session_epoch != session.epoch:
        raise SignInRequired
    organization = organizations.get(session.organization_id)
    return SignedIn(member, organization, session.proven_at, network)


def sign_out(
    session_secret: str | None, *, network: str, now: datetime, sessions: ports.Sessions
) -> None:
    """End the session; a second time changes nothing.

    Args:
        network: Where the request comes from, as `domain.audit.masked_network` writes it.
    """
    session = sessions.get(hashed(session_secret)) if session_secret else None
    if session is not None:
        entry = _entry(Activity.SIGNED_OUT, session, network=network, now=now)
        sessions.end(session.session_hash, entry)


def _entry(activity: Activity, whose: Member | Session, *, network: str, now: datetime) -> Entry:
    actor = Actor(ActorKind.MEMBER, whose.member_id, network)
    return Entry(whose.organization_id, now, actor, activity)
