"""Who in a team may do what: one table, one function that reads it.

Everything that no line here names, every active member may do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from scheduling.domain.refusals import NotAllowed, ProofRequired

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from scheduling.domain.sessions import SignedIn

PROOF_LIFE = timedelta(minutes=10)
"""How long ago whoever does something critical may have proved who they are.

Source: OWASP ASVS 5.0 section 7.5.3, with the time it leaves to the application.
"""


class Act(StrEnum):
    """Something that not everybody may do."""

    EDIT_ORGANIZATION = "edit_organization"
    SWITCH_FEATURE = "switch_feature"
    EDIT_DIRECTORY = "edit_directory"
    """Departments and designations."""
    INVITE_MEMBER = "invite_member"
    IMPORT_MEMBERS = "import_members"
    EXPORT_MEMBERS = "export_members"
    EDIT_MEMBER = "edit_member"
    """Name, zone, language, hours: what a member may say of themselves."""
    PLACE_MEMBER = "place_member"
    """Department, designation, manager."""
    CHANGE_ROLE = "change_role"
    REMOVE_MEMBER = "remove_member"
    END_SESSIONS = "end_sessions"
    HAND_OVER = "hand_over"
    SEE_ACTIVITY = "see_activity"
    EXPORT_PERSON = "export_person"
    ERASE_PERSON = "erase_person"
    RESUME_SENDING = "resume_sending"
    MANAGE_CONNECTIONS = "manage_connections"
    """See what others have connected, remove it, ask for it, and say what may be connected."""


class Who(StrEnum):
    ADMIN = "admin"
    SELF_OR_ADMIN = "self_or_admin"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may do something."""

    who: Who
    is_critical: bool = False
    """Whether a proof of who they are has to be fresh."""


RULES: Mapping[Act, Rule] = {
    Act.EDIT_ORGANIZATION: Rule(Who.ADMIN),
    Act.SWITCH_FEATURE: Rule(Who.ADMIN),
    Act.EDIT_DIRECTORY: Rule(Who.ADMIN),
    Act.INVITE_MEMBER: Rule(Who.ADMIN),
    Act.IMPORT_MEMBERS: Rule(Who.ADMIN),
    Act.EXPORT_MEMBERS: Rule(Who.ADMIN),
    Act.EDIT_MEMBER: Rule(Who.SELF_OR_ADMIN),
    Act.PLACE_MEMBER: Rule(Who.ADMIN),
    Act.CHANGE_ROLE: Rule(Who.ADMIN, is_critical=True),
    Act.REMOVE_MEMBER: Rule(Who.ADMIN, is_critical=True),
    Act.END_SESSIONS: Rule(Who.SELF_OR_ADMIN),
    Act.HAND_OVER: Rule(Who.SELF_OR_ADMIN),
    Act.SEE_ACTIVITY: Rule(Who.ADMIN),
    Act.EXPORT_PERSON: Rule(Who.ADMIN, is_critical=True),
    Act.ERASE_PERSON: Rule(Who.ADMIN, is_critical=True),
    Act.RESUME_SENDING: Rule(Who.ADMIN),
    Act.MANAGE_CONNECTIONS: Rule(Who.ADMIN),
}


def may(by: SignedIn, act: Act, *, of: str = "") -> bool:
    """Tell whether somebody may do something, once they have proved who they are.

    Args:
        of: The id of the member it is done to; empty where it is done to nobody.
    """
    is_self = by.member.member_id == of
    return by.member.is_admin or (RULES[act].who is Who.SELF_OR_ADMIN and is_self)


def require(by: SignedIn, act: Act, *, now: datetime, of: str = "") -> None:
    """Let only those pass who may do something.

    Args:
        of: The id of the member it is done to; empty where it is done to nobody.

    Raises:
        NotAllowed: They may not.
        ProofRequired: They may, and have to prove once more who they are.
    """
    if not may(by, act, of=of):
        raise NotAllowed
    if RULES[act].is_critical and now - by.proven_at > PROOF_LIFE:
        raise ProofRequired
