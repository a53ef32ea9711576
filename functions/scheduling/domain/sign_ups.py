"""Starting an organization of one's own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SignUp:
    """What somebody said who wants to start an organization; kept until they press the link."""

    organization_name: str
    admin_name: str
    time_zone: str
    locale: str


@dataclass(frozen=True, slots=True)
class SignUpPolicy:
    """Who may start an organization in this deployment."""

    is_open: bool
    """Whether everybody may."""
    first_admin_email: str = ""
    """Who may where not everybody may; empty for nobody."""

    def admits(self, address: str) -> bool:
        return self.is_open or address == self.first_admin_email
