"""Rules of connecting: how long a sign-in may take, which accounts and calendars are meant."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from scheduling.domain.refusals import FieldProblem, InvalidInput, marked

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from scheduling.domain.connections import Connection, ProviderCalendar
    from scheduling.domain.grants import Account
    from scheduling.domain.people import Organization

ATTEMPT_LIFE = timedelta(minutes=10)
"""How long whoever was sent to a provider may take to come back."""

MOST_CALENDARS = 50
"""Of one account that make a member busy: one question to the provider names them all.

Source: Google Calendar API reference, freebusy.query, `calendarExpansionMax`.
"""

PRIMARY = "primary"
"""What stands for the main calendar of an account whose list of calendars we may not see.

Source: Google Calendar API reference, `calendarId`.
"""


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636 section 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def is_foreign(account: Account, organization: Organization) -> bool:
    """Tell whether an account is of none of the domains that the organization has named."""
    domains = organization.account_domains
    return bool(domains) and account.domain.lower() not in domains


def may_be_foreign(connection: Connection, organization: Organization) -> bool:
    """Tell whether an address gives reason to ask once more of which domain its account is."""
    domains = organization.account_domains
    return bool(domains) and connection.account.rpartition("@")[2].lower() not in domains


def kept_conflicts(
    before: Connection | None, calendars: Sequence[ProviderCalendar]
) -> tuple[str, ...]:
    """Return which calendars make the member busy: those chosen before, else the main one."""
    chosen = () if before is None else before.conflict_calendar_ids
    kept = tuple(each.calendar_id for each in calendars if each.calendar_id in chosen)
    return kept or tuple(each.calendar_id for each in calendars if each.is_primary)


def kept_target(before: Connection | None, calendars: Sequence[ProviderCalendar]) -> str:
    """Return where events are written: the calendar chosen before, else the main one."""
    writable = [each for each in calendars if each.can_write]
    chosen = "" if before is None else before.write_calendar_id
    kept = [each for each in writable if each.calendar_id == chosen]
    main = [each for each in writable if each.is_primary]
    return next((each.calendar_id for each in (*kept, *main)), PRIMARY)


def checked_conflicts(connection: Connection, chosen: Collection[str]) -> tuple[str, ...]:
    """Return the chosen calendars in the order of the account's list.

    Raises:
        InvalidInput: It is none, too many, or one that the account does not have; names
            `conflict_calendar_ids`.
    """
    known = [each.calendar_id for each in connection.calendars]
    field = "conflict_calendar_ids"
    if not chosen:
        message = marked("Please choose at least one calendar.")
        raise InvalidInput([FieldProblem(field, "missing", message)])
    if len({*chosen}) > MOST_CALENDARS:
        message = marked("Please choose at most 50 calendars.")
        raise InvalidInput([FieldProblem(field, "too_many", message)])
    if not {*chosen}.issubset(known):
        raise InvalidInput([FieldProblem(field, "unknown_calendar", _UNKNOWN)])
    return tuple(calendar_id for calendar_id in known if calendar_id in chosen)


def checked_target(connection: Connection, chosen: str) -> str:
    """Return the calendar to write to.

    Raises:
        InvalidInput: The account has none of this id, or may not write to it; names
            `write_calendar_id`.
    """
    found = [each for each in connection.calendars if each.calendar_id == chosen]
    field = "write_calendar_id"
    if not found:
        raise InvalidInput([FieldProblem(field, "unknown_calendar", _UNKNOWN)])
    if not found[0].can_write:
        message = marked("Nothing can be written to this calendar.")
        raise InvalidInput([FieldProblem(field, "read_only", message)])
    return chosen


_UNKNOWN = marked("This account has no such calendar.")
