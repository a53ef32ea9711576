"""Reading who did what."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduling.domain.lists import ListPage, every
from scheduling.domain.policy import Act, require

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.audit import Entry, Name
    from scheduling.domain.sessions import SignedIn

MOST_AT_ONCE = 50
"""The names of as many entries are one request: each names at most two things."""

EXPORTED = 5_000
"""The most entries that one export has."""


@dataclass(frozen=True, slots=True)
class NamedEntry:
    """What was done, with what is called how today."""

    entry: Entry
    actor: Name | None
    """None where they have no id, or no name any more."""
    subject: Name | None
    """Of `entry.named_thing`."""


def list_activity(
    by: SignedIn,
    which: ports.EntryFilter,
    *,
    cursor: str | None,
    limit: int,
    now: datetime,
    audit_log: ports.AuditLog,
    names: ports.Names,
) -> ListPage[NamedEntry]:
    """Return what was done in the organization, the latest first, with names.

    A part may be shorter than `limit`, or empty, and yet have a next one.

    Args:
        limit: At most `MOST_AT_ONCE`.

    Raises:
        NotAllowed: Only admins may.
    """
    require(by, Act.SEE_ACTIVITY, now=now)
    organization_id = by.organization.organization_id
    part = audit_log.list(organization_id, which, cursor=cursor, limit=limit)
    return ListPage(tuple(_named(organization_id, part.items, names)), part.next_cursor)


def export_activity(
    by: SignedIn,
    which: ports.EntryFilter,
    *,
    now: datetime,
    audit_log: ports.AuditLog,
    names: ports.Names,
) -> Iterator[NamedEntry]:
    """Return what was done in the organization, the latest first, at most `EXPORTED`.

    Raises:
        NotAllowed: Only admins may.
    """
    require(by, Act.SEE_ACTIVITY, now=now)
    organization_id = by.organization.organization_id
    found = every(
        lambda cursor: audit_log.list(organization_id, which, cursor=cursor, limit=MOST_AT_ONCE)
    )
    parts = itertools.batched(itertools.islice(found, EXPORTED), MOST_AT_ONCE, strict=False)
    return itertools.chain.from_iterable(_named(organization_id, part, names) for part in parts)


def _named(
    organization_id: str, entries: Sequence[Entry], names: ports.Names
) -> Iterator[NamedEntry]:
    pairs = [(entry.actor.thing, entry.named_thing) for entry in entries]
    known = names.of(
        organization_id, {thing for pair in pairs for thing in pair if thing is not None}
    )
    for entry, things in zip(entries, pairs, strict=True):
        actor, subject = (None if thing is None else known.get(thing) for thing in things)
        yield NamedEntry(entry, actor, subject)
