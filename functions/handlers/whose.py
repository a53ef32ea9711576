"""Whose request is being answered, as far as it is known: errors name whom to turn to."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scheduling.domain.people import Organization

_organization: ContextVar[Organization | None] = ContextVar("organization", default=None)


def forget() -> None:
    """Begin with a new request: an environment answers one after the other."""
    _organization.set(None)


def remember(organization: Organization) -> None:
    _organization.set(organization)


def support_contact() -> str:
    """Return whom people of the request's organization turn to; empty where nobody is known."""
    organization = _organization.get()
    return "" if organization is None else organization.support_contact
