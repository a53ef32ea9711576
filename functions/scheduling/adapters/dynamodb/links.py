"""How links are stored, by themselves and together with what they open."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.table import from_optional_seconds, from_seconds, to_seconds
from scheduling.domain.links import Link, LinkPurpose

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from scheduling.adapters.dynamodb.table import Item, Table

LINK_KEPT_AFTER = timedelta(days=2 * 366)
"""An ended link is kept this long: it says "expired" and not "unknown", and stands in the mails
about meetings that were booked before it ended."""

_LINK_WORKS = (
    "attribute_exists(PK) AND attribute_not_exists(used_at)"
    " AND attribute_not_exists(replaced_at) AND attribute_not_exists(revoked_at)"
    " AND expires_at > :now"
)

_SIGN_IN_LINK_KEPT_AFTER = timedelta(days=1)
"""Its record holds the address that somebody typed."""


def link_item(link: Link) -> Item:
    return {
        **keys.link(link.link_id),
        "link_id": link.link_id,
        "purpose": link.purpose.value,
        "organization_id": link.organization_id,
        "subject_id": link.subject_id,
        "created_at": to_seconds(link.created_at),
        "expires_at": to_seconds(link.expires_at),
        "generation": link.generation,
        "browser_hash": link.browser_hash,
        "code_hash": link.code_hash,
        "return_to": link.return_to,
        "sign_up": link.sign_up and asdict(link.sign_up),
        "ttl": to_seconds(link.expires_at + _kept_after(link)),
    }


def link_puts(access: Table, link: Link) -> list[TransactWriteItemTypeDef]:
    """Return the parts of a transaction that store a new link.

    One that was asked for by typing an address can be found by it, as long as it is kept.
    """
    item = link_item(link)
    puts = [access.to_put_new(item)]
    if _is_typed(link):
        address = keys.typed_link(link.subject_id, link.link_id)
        puts.append(access.to_put({**address, "link_id": link.link_id, "ttl": item["ttl"]}))
    return puts


def link_prolonged(access: Table, link_id: str, until: datetime) -> TransactWriteItemTypeDef:
    """Return the part of a transaction that lets a link which is not for signing in live on."""
    return access.to_update(
        keys.link(link_id),
        "SET expires_at = :expires_at, #ttl = :ttl",
        condition="attribute_exists(PK)",
        values={
            ":expires_at": to_seconds(until),
            ":ttl": to_seconds(until + LINK_KEPT_AFTER),
        },
        names={"#ttl": "ttl"},
    )


def link_revoked(access: Table, link_id: str, at: datetime) -> TransactWriteItemTypeDef:
    """Return the part of a transaction that ends a link, with none in its place."""
    return access.to_update(
        keys.link(link_id),
        "SET revoked_at = :at",
        condition="attribute_exists(PK)",
        values={":at": to_seconds(at)},
    )


def link_used(access: Table, link_id: str, now: datetime) -> TransactWriteItemTypeDef:
    """Return the part of a transaction that uses a link up; refused where it no longer works."""
    return access.to_update(
        keys.link(link_id),
        "SET used_at = :now",
        condition=_LINK_WORKS,
        values={":now": to_seconds(now)},
    )


def link_replaced(access: Table, link_id: str, now: datetime) -> TransactWriteItemTypeDef:
    """Return the part of a transaction that ends a link because there is a newer one."""
    return access.to_update(
        keys.link(link_id),
        "SET replaced_at = :now",
        condition="attribute_exists(PK)",
        values={":now": to_seconds(now)},
    )


def _kept_after(link: Link) -> timedelta:
    return _SIGN_IN_LINK_KEPT_AFTER if _is_typed(link) else LINK_KEPT_AFTER


def _is_typed(link: Link) -> bool:
    """Tell whether a link is for whoever reads the mails to an address that somebody typed."""
    return link.purpose in {LinkPurpose.SIGN_IN, LinkPurpose.SIGN_UP}


def stored_link(item: Item) -> Link:
    from scheduling.domain.sign_ups import SignUp

    return Link(
        link_id=item["link_id"],
        purpose=LinkPurpose(item["purpose"]),
        organization_id=item["organization_id"],
        subject_id=item["subject_id"],
        created_at=from_seconds(item["created_at"]),
        expires_at=from_seconds(item["expires_at"]),
        generation=int(item["generation"]),
        used_at=from_optional_seconds(item.get("used_at")),
        replaced_at=from_optional_seconds(item.get("replaced_at")),
        revoked_at=from_optional_seconds(item.get("revoked_at")),
        browser_hash=item["browser_hash"],
        code_hash=item["code_hash"],
        return_to=item.get("return_to", ""),
        sign_up=SignUp(**item["sign_up"]) if item.get("sign_up") else None,
    )
