"""Lists that are read part by part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class ListPage[Item]:
    """A part of a list, and where the next part begins."""

    items: tuple[Item, ...]
    next_cursor: str | None
    """Opaque; None at the end of the list."""


def every[Item](part_after: Callable[[str | None], ListPage[Item]]) -> Iterator[Item]:
    """Yield a whole list.

    Args:
        part_after: Returns the part that begins at a cursor; the first for None.
    """
    cursor = None
    while True:
        part = part_after(cursor)
        yield from part.items
        cursor = part.next_cursor
        if cursor is None:
            return
