"""Reading a link from a mail. Reading never changes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.domain.links import Link, LinkPurpose, check_link, parsed_token, token_for
from scheduling.domain.refusals import LinkNotFound

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling import ports


def read_link(token: str, *, now: datetime, links: ports.Links, link_keys: ports.LinkKeys) -> Link:
    """Return the record of a link that works.

    Raises:
        LinkNotFound, LinkExpired, LinkReplaced, LinkUsed: It does not.
    """
    parsed = parsed_token(token)
    key = link_keys.named(parsed.key_id)
    link = links.get(parsed.link_id)
    check_link(parsed, link, key, now=now)
    return link


def read_link_for(
    purpose: LinkPurpose,
    token: str,
    *,
    now: datetime,
    links: ports.Links,
    link_keys: ports.LinkKeys,
) -> Link:
    """Return the record of a link that works and was made for `purpose`.

    Raises:
        LinkNotFound, LinkExpired, LinkReplaced, LinkUsed: There is none.
    """
    link = read_link(token, now=now, links=links, link_keys=link_keys)
    if link.purpose is not purpose:
        raise LinkNotFound
    return link


def link_address(base_url: str, link: Link, link_keys: ports.LinkKeys) -> str:
    """Return the address a person follows; the same each time it is asked for."""
    return f"{base_url}/l/{token_for(link, link_keys.current())}"
