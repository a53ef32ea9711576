"""Partial answers: the query parameter `fields`.

Source: Google APIs, "Improve performance", "Syntax rules for the fields parameter".
"""

import re
from typing import Any

from dev.providers.google.refusals import invalid

type Mask = dict[str, "Mask"]
"""Names to keep, and what to keep below them; empty keeps everything below."""

_TOKEN = re.compile(r"[\w*-]+|[(),/]")


def only(body: Any, fields: str) -> Any:
    """Return what `fields` selects of a JSON body, such as "items(id,start/dateTime)".

    Raises:
        Refused: They cannot be read.
    """
    tokens = _TOKEN.findall(fields)
    if "".join(tokens) != fields:
        raise invalid(f"Invalid field selection {fields}", "fields")
    mask = _mask(tokens)
    if tokens:
        raise invalid(f"Invalid field selection {fields}", "fields")
    return _kept(body, mask)


def _mask(tokens: list[str]) -> Mask:
    mask: Mask = {}
    while tokens and tokens[0] not in "(),/":
        level = mask
        name = tokens.pop(0)
        while tokens[:1] == ["/"] and len(tokens) > 1:
            tokens.pop(0)
            level = level.setdefault(name, {})
            name = tokens.pop(0)
        below: Mask = {}
        if tokens[:1] == ["("]:
            tokens.pop(0)
            below = _mask(tokens)
            if tokens[:1] != [")"]:
                raise invalid("Invalid field selection: a bracket is missing", "fields")
            tokens.pop(0)
        level[name] = below
        if tokens[:1] == [","]:
            tokens.pop(0)
    return mask


def _kept(body: Any, mask: Mask) -> Any:
    if not mask:
        return body
    if isinstance(body, list):
        return [_kept(each, mask) for each in body]
    if not isinstance(body, dict):
        return body
    return {
        name: _kept(value, mask.get(name, mask.get("*", {})))
        for name, value in body.items()
        if name in mask or "*" in mask
    }
