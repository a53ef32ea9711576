"""Who takes part: the organization, its members, external members, guests."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from scheduling.domain.messages import Message, MessageKind, Recipient, Subject

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling.domain.availability import Availability
    from scheduling.domain.availability_request import AvailabilityRequest
    from scheduling.domain.connections import Platform

EMAIL_MAX_LENGTH = 254
"""Source: RFC 5321 section 4.5.3.1.3, less the angle brackets (RFC 3696 erratum 1690)."""

NAME_MAX_LENGTH = 100

_EMAIL = re.compile(
    r"(?=[^@]{1,64}@)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@"
    r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+"
)
"""Source: "valid e-mail address" of the HTML Living Standard, with a dot in the domain, and none
at either end of the local part or beside another (RFC 5322 section 3.2.3, dot-atom)."""


class Role(StrEnum):
    ADMIN = "admin"
    MEMBER = "member"


class Feature(StrEnum):
    """What an organization has to switch on before it is there."""

    EXTERNAL_MEMBERS = "external_members"


@dataclass(frozen=True, slots=True)
class Organization:
    """The tenant; everything belongs to one."""

    organization_id: str
    name: str
    time_zone: str
    locale: str = "en"
    features: frozenset[Feature] = frozenset()
    """Those that are switched on."""
    support_contact: str = ""
    """Whom people turn to when something does not work: an address, a number; empty for nobody."""
    blocked_platforms: frozenset[Platform] = frozenset()
    """What members must not connect; what is connected already stays."""
    account_domains: tuple[str, ...] = ()
    """To which members' accounts at providers should belong; any where empty."""
    refuses_other_accounts: bool = False
    """Whether accounts outside of `account_domains` are refused, or merely warned of."""
    version: int = 1
    """1 when made, one more with each change."""


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the team with an account."""

    member_id: str
    organization_id: str
    name: str
    email: str
    role: Role
    time_zone: str
    locale: str = ""
    """The language of the console and their mails; the organization's where empty."""
    department_id: str = ""
    designation_id: str = ""
    manager_id: str = ""
    """The member they report to; empty where nobody has said."""
    joined_at: datetime | None = None
    """None for members from before this was kept."""
    removed_at: datetime | None = None
    """A former member is kept for what they did; they can do nothing any more."""
    session_epoch: int = 0
    """Sessions that began under another number are over."""
    version: int = 1
    """1 when made, one more with each change."""

    @property
    def is_active(self) -> bool:
        return self.removed_at is None

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN


@dataclass(frozen=True, slots=True)
class MemberFilter:
    """Which members of an organization are meant."""

    is_active: bool = True
    """Those who are here, or those who were removed."""
    text: str = ""
    """In the name or the address, as `comparable` writes it."""
    role: Role | None = None
    department_id: str | None = None
    designation_id: str | None = None
    manager_id: str | None = None


ACTIVE_MEMBERS = MemberFilter()


@dataclass(frozen=True, slots=True)
class ExternalMember:
    """A host without an account."""

    external_member_id: str
    organization_id: str
    name: str
    email: str
    person_in_charge_id: str
    """The member who is told of entries and bookings."""
    booking_page_slug: str
    request: AvailabilityRequest
    """The latest one."""
    created_at: datetime
    availability: Availability
    deleted_at: datetime | None = None
    """Kept after that for the meetings they still have."""
    void_request: int = 0
    """The number of a request that went to an address they no longer have; 0 for none."""
    version: int = 1
    """1 when invited, one more with each change of name, address or person in charge."""

    def told(self, title: str) -> str:
        """Return what they read of a page's title; nothing where it is only their own name."""
        return "" if title == self.name else title

    @property
    def request_is_void(self) -> bool:
        """Whether nobody has asked them at the address they have now."""
        return self.void_request == self.request.number

    @property
    def request_mail(self) -> Message:
        """The latest mail that asked for their times."""
        return self.message(MessageKind.AVAILABILITY_REQUEST, self.request.number)

    def message(
        self,
        kind: MessageKind,
        version: int,
        *,
        recipient: Recipient = Recipient.HOST,
        which: str = "",
        due_at: datetime | None = None,
    ) -> Message:
        """Return a message about them."""
        return Message(
            organization_id=self.organization_id,
            subject=Subject.EXTERNAL_MEMBER,
            subject_id=self.external_member_id,
            version=version,
            kind=kind,
            recipient=recipient,
            which=which,
            due_at=due_at,
        )


@dataclass(frozen=True, slots=True)
class Guest:
    """Who books; needs no account."""

    name: str
    email: str
    note: str
    time_zone: str
    """The zone the guest saw the slot in; their mails print times in it."""


def normalized_email(text: str) -> str | None:
    """Return the address trimmed and in lower case, or None where it is not one."""
    address = text.strip().lower()
    if len(address) > EMAIL_MAX_LENGTH or not _EMAIL.fullmatch(address):
        return None
    return address


def comparable(text: str) -> str:
    """Return text to sort and search by: upper and lower case, full and half width are one."""
    return unicodedata.normalize("NFKD", text).casefold()


def masked_email(address: str) -> str:
    """Return enough of the address for its owner to know it: `a•••@example.org`.

    Of somebody who was erased nothing is left.
    """
    if not address:
        return ""
    local, _, domain = address.partition("@")
    return f"{local[0]}•••@{domain}"


def masked_name(name: str) -> str:
    """Return enough of a name for whoever bears it to know it: `M•••`."""
    return f"{name[:1]}•••"
