"""Ending sessions wherever they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, entry_by
from scheduling.domain.policy import Act, require

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.sessions import SignedIn


def end_sessions(by: SignedIn, member_id: str, *, now: datetime, members: ports.Members) -> None:
    """Sign a member out everywhere: each of their sessions is over with its next request.

    Raises:
        NotAllowed: Only admins may, except for their own.
        MemberNotFound: There is no such member.
        MemberChanged: Somebody changed the member a moment earlier; do it again.
    """
    require(by, Act.END_SESSIONS, of=member_id, now=now)
    member = members.get(by.organization.organization_id, member_id)
    members.replace(
        replace(member, session_epoch=member.session_epoch + 1, version=member.version + 1),
        entry_by(by, Activity.SESSIONS_ENDED, now=now, subject_id=member_id),
    )
