"""The people of the team."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scheduling import ports
    from scheduling.domain.lists import ListPage
    from scheduling.domain.people import Member
    from scheduling.domain.sessions import SignedIn


def list_members(
    by: SignedIn, *, cursor: str | None, limit: int, members: ports.Members
) -> ListPage[Member]:
    """Return the members of the organization."""
    return members.list(by.organization.organization_id, cursor=cursor, limit=limit)
