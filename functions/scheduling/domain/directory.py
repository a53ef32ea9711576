"""What an organization's members are placed by: its departments and designations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Directory:
    organization_id: str
    version: int = 0
    departments: Mapping[str, str] = field(default_factory=dict)
    """Names by id."""
    designations: Mapping[str, str] = field(default_factory=dict)
