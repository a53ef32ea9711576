"""Lists that are read part by part."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListPage[Item]:
    """A part of a list, and where the next part begins."""

    items: tuple[Item, ...]
    next_cursor: str | None
    """Opaque; None at the end of the list."""
