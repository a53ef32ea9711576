"""What the people of a team are told apart by: departments and designations."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_NAMES = 200
"""In each part. All of a directory is one item, and DynamoDB takes items of up to 400 KB."""


class DirectoryPart(StrEnum):
    DEPARTMENTS = "departments"
    DESIGNATIONS = "designations"


@dataclass(frozen=True, slots=True)
class Listed:
    """A department or a designation."""

    listed_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Directory:
    """The departments and designations of an organization; names by their ids."""

    organization_id: str
    version: int = 0
    """0 until something is stored, one more with each change."""
    departments: Mapping[str, str] = field(default_factory=dict)
    designations: Mapping[str, str] = field(default_factory=dict)

    def part(self, part: DirectoryPart) -> Mapping[str, str]:
        return self.departments if part is DirectoryPart.DEPARTMENTS else self.designations

    def listed(self, part: DirectoryPart) -> tuple[Listed, ...]:
        """Return a part by name."""
        found = (Listed(listed_id, name) for listed_id, name in self.part(part).items())
        return tuple(sorted(found, key=lambda listed: listed.name.casefold()))

    def id_of(self, part: DirectoryPart, name: str) -> str:
        """Return the id of what has this name, in upper or lower case; empty where nothing has."""
        wanted = name.strip().casefold()
        names = self.part(part).items()
        return next((listed_id for listed_id, name in names if name.casefold() == wanted), "")

    def having(self, part: DirectoryPart, listed: Listed) -> Directory:
        """Return the next version, in which `listed` has its name."""
        return self._next(part, {**self.part(part), listed.listed_id: listed.name})

    def without(self, part: DirectoryPart, listed_id: str) -> Directory:
        """Return the next version, in which there is nothing with this id."""
        left = {other: name for other, name in self.part(part).items() if other != listed_id}
        return self._next(part, left)

    def _next(self, part: DirectoryPart, names: Mapping[str, str]) -> Directory:
        version = self.version + 1
        if part is DirectoryPart.DEPARTMENTS:
            return replace(self, version=version, departments=names)
        return replace(self, version=version, designations=names)
