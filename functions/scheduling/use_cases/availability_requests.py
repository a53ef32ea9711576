"""Asking external members for their times: what is asked, how often, and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, entry_by
from scheduling.domain.availability import MAX_WINDOWS
from scheduling.domain.availability_request import AvailabilityRequest
from scheduling.domain.checks import Checks
from scheduling.domain.links import AVAILABILITY_LIFE, Link, LinkPurpose, new_link_id
from scheduling.domain.messages import MessageKind, Recipient
from scheduling.domain.people import Feature
from scheduling.domain.rate_limits import AVAILABILITY_REQUESTS_PER_ADDRESS
from scheduling.domain.refusals import ExternalMemberGone, ExternalMemberNotFound, marked
from scheduling.use_cases.limits import require_within
from scheduling.use_cases.organization_features import require_feature
from scheduling.use_cases.suppressions import refuse_suppressed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.availability_request import RequestFact, RequestTerms
    from scheduling.domain.messages import Message
    from scheduling.domain.people import ExternalMember
    from scheduling.domain.sessions import SignedIn

MOST_REMINDERS = 5

_CARRY_A_REQUEST = {MessageKind.AVAILABILITY_REQUEST, MessageKind.AVAILABILITY_REMINDER}

_MINUTE = timedelta(minutes=1)


def ask_again(
    by: SignedIn,
    external_member_id: str,
    terms: RequestTerms,
    *,
    now: datetime,
    external_members: ports.ExternalMembers,
    rate_limits: ports.RateLimits,
    reputation: ports.Reputation,
) -> ExternalMember:
    """Mail a new request to the stored address; the link of the old one ends.

    Raises:
        FeatureDisabled: An admin has to switch it on first.
        InvalidInput: Names each of the terms that cannot be accepted.
        ExternalMemberNotFound: There is none, or they were asked again just now.
        ExternalMemberGone: They were deleted.
        AddressSuppressed: A mail to the stored address came back.
        TooManyRequests: Their address was asked too often.
        LimiterUnavailable: It could not be counted how often.
    """
    require_feature(by, Feature.EXTERNAL_MEMBERS)
    before = external_members.get(by.organization.organization_id, external_member_id)
    if before.deleted_at is not None:
        raise ExternalMemberGone
    checks = Checks()
    terms = checked_terms(checks, terms, now=now)
    checks.done()
    refuse_suppressed(before.organization_id, before.email, reputation=reputation)
    require_within(
        (AVAILABILITY_REQUESTS_PER_ADDRESS, before.email), now=now, rate_limits=rate_limits
    )
    member, link = asked(before, terms, now=now)
    entry = entry_by(by, Activity.AVAILABILITY_REQUESTED, now=now, subject_id=external_member_id)
    external_members.ask_again(
        member, link, request_messages(member), entry, replaces=before.request.link_id
    )
    return member


def asked(
    before: ExternalMember, terms: RequestTerms, *, now: datetime
) -> tuple[ExternalMember, Link]:
    """Return somebody with the next request to them, and its link."""
    request, link = new_request(
        before.organization_id,
        before.external_member_id,
        terms,
        number=before.request.number + 1,
        now=now,
    )
    return replace(before, request=request), link


def new_request(
    organization_id: str,
    external_member_id: str,
    terms: RequestTerms,
    *,
    number: int,
    now: datetime,
) -> tuple[AvailabilityRequest, Link]:
    link = Link(
        link_id=new_link_id(),
        purpose=LinkPurpose.AVAILABILITY,
        organization_id=organization_id,
        subject_id=external_member_id,
        created_at=now,
        expires_at=now + AVAILABILITY_LIFE,
        generation=number,
    )
    return AvailabilityRequest(number, now, link.link_id, link.expires_at, terms), link


def with_new_link(
    before: ExternalMember, ended: Link, *, now: datetime
) -> tuple[ExternalMember, Link]:
    """Return somebody with the same request to them, and a link in place of an ended one."""
    link = Link(
        link_id=new_link_id(),
        purpose=LinkPurpose.AVAILABILITY,
        organization_id=before.organization_id,
        subject_id=before.external_member_id,
        created_at=now,
        expires_at=now + AVAILABILITY_LIFE,
        generation=ended.generation + 1,
    )
    request = replace(before.request, link_id=link.link_id, link_expires_at=link.expires_at)
    return replace(before, request=request), link


def request_messages(member: ExternalMember) -> Iterator[Message]:
    """Yield the mail that asks, its reminders, and the notice to the person in charge."""
    request = member.request
    terms = request.terms
    yield member.request_mail
    for before in terms.reminders:
        due_at = terms.deadline - before
        if due_at > request.asked_at:
            yield member.message(
                MessageKind.AVAILABILITY_REMINDER,
                request.number,
                which=str(before // _MINUTE),
                due_at=due_at,
            )
    yield member.message(
        MessageKind.AVAILABILITY_OVERDUE,
        request.number,
        recipient=Recipient.PERSON_IN_CHARGE,
        due_at=terms.deadline,
    )


def note_mail(
    message: Message, fact: RequestFact, *, at: datetime, external_members: ports.ExternalMembers
) -> None:
    """Note what became of a mail with the request that it carries, where it carries one."""
    if message.kind not in _CARRY_A_REQUEST:
        return
    try:
        member = external_members.get(message.organization_id, message.subject_id)
    except ExternalMemberNotFound:
        # What the mail service tells may be about a mail that was never ours.
        return
    if member.request.number == message.version:
        external_members.note(member, fact, at=at)


def checked_terms(checks: Checks, terms: RequestTerms, *, now: datetime) -> RequestTerms:
    """Return the terms with their words put in order, and refuse fields as `request.<name>`."""
    if terms.deadline <= now:
        message = marked("Please choose a day that is still to come.")
        checks.refuse("request.deadline", "in_the_past", message)
    elif terms.deadline > now + AVAILABILITY_LIFE:
        message = marked("Please choose a day within the next 30 days: the link ends then.")
        checks.refuse("request.deadline", "too_far_ahead", message)
    if terms.wished is not None and terms.wished.last < terms.wished.first:
        message = marked("The last day has to be after the first.")
        checks.refuse("request.wished_last", "end_before_start", message)
    if not 1 <= terms.minimum_windows <= MAX_WINDOWS:
        message = marked("Please ask for 1 to 200 times.")
        checks.refuse("request.minimum_windows", "out_of_range", message)
    if not timedelta(0) <= terms.minimum_length <= timedelta(days=31):
        message = marked("Please ask for at most 31 days in all.")
        checks.refuse("request.minimum_minutes", "out_of_range", message)
    if len(terms.reminders) > MOST_REMINDERS:
        message = marked("At most five reminders can be sent.")
        checks.refuse("request.reminders_hours", "too_many", message)
    if any(before <= timedelta(0) for before in terms.reminders):
        message = marked("A reminder has to come before the day it reminds of.")
        checks.refuse("request.reminders_hours", "out_of_range", message)
    return replace(
        terms,
        message=checks.note("request.message", terms.message),
        reminders=tuple(sorted(set(terms.reminders), reverse=True)),
    )
