"""What the mail service tells about a mail after it has taken it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

DIAGNOSIS_MAX_LENGTH = 200

_ADDRESS = re.compile(r"[^\s<>()\[\],;:]+@[^\s<>()\[\],;]+")


class BounceKind(StrEnum):
    """Whether another mail to the address could arrive.

    Source: Amazon SES Developer Guide, "Bounce object", `bounceType`.
    """

    PERMANENT = "permanent"
    TRANSIENT = "transient"
    """Given up for now: a full mailbox, an automatic answer that looks like a bounce."""
    UNDETERMINED = "undetermined"
    REJECTED = "rejected"
    """The mail service itself would not pass it on; that says nothing about the address."""

    @property
    def is_final(self) -> bool:
        """Whether the mail did not arrive, whatever else is told about it."""
        return self in {BounceKind.PERMANENT, BounceKind.REJECTED}


@dataclass(frozen=True, slots=True)
class Delivered:
    """The recipient's server took it."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Delayed:
    """The recipient's server does not take it yet; the mail service goes on trying."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Bounced:
    """It came back."""

    at: datetime
    kind: BounceKind
    subtype: str = ""
    """The mail service's own word, such as `MailboxFull`."""
    diagnosis: str = ""
    """What the recipient's server answered, as `diagnosis_of` keeps it."""


@dataclass(frozen=True, slots=True)
class Complained:
    """The recipient marked it as spam."""

    at: datetime


type Feedback = Delivered | Delayed | Bounced | Complained


def diagnosis_of(answer: str) -> str:
    """Return a server's answer on one line, cut to 200 characters and without addresses."""
    return _ADDRESS.sub("•••", " ".join(answer.split()))[:DIAGNOSIS_MAX_LENGTH]
