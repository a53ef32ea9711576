"""Reading a link from a mail.

Reading changes nothing, but for the count of those who try links that were never sent.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from scheduling.domain.links import Link, LinkPurpose, check_link, parsed_token, token_for
from scheduling.domain.rate_limits import TOKEN_MISSES_PER_NETWORK_ADDRESS
from scheduling.domain.refusals import LinkNotFound, TooManyRequests
from scheduling.use_cases.limits import require_within

if TYPE_CHECKING:
    from collections.abc import Iterator
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


@contextmanager
def counted_misses(
    network_address: str, *, now: datetime, rate_limits: ports.RateLimits
) -> Iterator[None]:
    """Count where somebody tries tokens that we did not make; let nobody go on for long.

    Wraps whatever is done with a token. Where the miss limit cannot be looked up, nothing is done
    with any token: guessing must not become free by breaking the limiter.

    Args:
        network_address: Where the token comes from.

    Raises:
        TooManyRequests: Too many of them came from there.
        LimiterUnavailable: It is not known how many.
    """
    limit = TOKEN_MISSES_PER_NETWORK_ADDRESS
    if rate_limits.is_used_up(limit, network_address, now=now):
        raise TooManyRequests
    try:
        yield
    except LinkNotFound:
        require_within((limit, network_address), now=now, rate_limits=rate_limits)
        raise


def link_address(base_url: str, link: Link, link_keys: ports.LinkKeys) -> str:
    """Return the address a person follows; the same each time it is asked for."""
    return f"{base_url}/l/{token_for(link, link_keys.current())}"
