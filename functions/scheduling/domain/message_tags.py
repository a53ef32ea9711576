"""Messages as the tags of a mail, which the mail service hands back with what it tells of it.

Tags are identifiers and a hash: whoever reads them learns no name and no address.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from scheduling.domain.messages import Message, MessageKind, Recipient, Subject

if TYPE_CHECKING:
    from collections.abc import Mapping

_PATTERNS = {
    "organization": r"[a-z2-7]{26}|0{26}",
    "subject": r"[a-z_]+",
    "subject_id": r"[A-Za-z0-9_-]{22,26}",
    "version": r"[0-9]{1,6}",
    "kind": r"[a-z_]+",
    "recipient": r"[a-z_]+",
    "address": r"[0-9a-f]{64}",
    "which": r"[A-Za-z0-9_-]{0,40}",
}

_DOTTED = {MessageKind.BOOKING_REMINDER}
"""Of these `which` has a dot in it, and nothing else that could be taken for one in a tag."""


class TagsRefused(ValueError):
    """The tags are not those of a message."""


def address_hash(email: str) -> str:
    """Return what stands for an address where it must not be read."""
    return hashlib.sha256(email.encode()).hexdigest()


def tags_of(message: Message, email: str) -> dict[str, str]:
    """Return the tags of the mail that carries `message` to `email`.

    Values have letters, digits, `_` and `-` only. Source: Amazon SES API v2, MessageTag.
    """
    tags = {
        "organization": message.organization_id,
        "subject": message.subject.value,
        "subject_id": message.subject_id,
        "version": str(message.version),
        "kind": message.kind.value,
        "recipient": message.recipient.value,
        "address": address_hash(email),
    }
    return tags | {"which": message.which.replace(".", "-")} if message.which else tags


def tagged_message(tags: Mapping[str, str]) -> tuple[Message, str]:
    """Return the message of a mail with these tags, and the hash of where it went.

    Raises:
        TagsRefused: No mail of ours has such tags.
    """
    found = {name: tags.get(name, "") for name in _PATTERNS}
    for name, pattern in _PATTERNS.items():
        if not re.fullmatch(pattern, found[name]):
            raise TagsRefused(name)
    try:
        kind = MessageKind(found["kind"])
        message = Message(
            organization_id=found["organization"],
            subject=Subject(found["subject"]),
            subject_id=found["subject_id"],
            version=int(found["version"]),
            kind=kind,
            recipient=Recipient(found["recipient"]),
            which=found["which"].replace("-", ".") if kind in _DOTTED else found["which"],
        )
    except ValueError as unknown:
        raise TagsRefused from unknown
    return message, found["address"]
