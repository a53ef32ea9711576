"""Example grants: of nobody, and good for an hour."""

from __future__ import annotations

from datetime import timedelta

from scheduling.domain.connections import ConnectionKey, Provider
from scheduling.domain.grants import Grant
from tests.support.builders import EARLY, ORGANIZATION

KEY = ConnectionKey(ORGANIZATION.organization_id, "m" * 26, Provider.GOOGLE)


def a_grant(
    key: ConnectionKey = KEY,
    *,
    refresh_token: str = "refresh-1",  # noqa: S107 - an example
    access_token: str = "access-1",  # noqa: S107 - an example
) -> Grant:
    return Grant(
        key=key,
        connection_id="c" * 26,
        refresh_token=refresh_token,
        access_token=access_token,
        access_expires_at=EARLY + timedelta(hours=1),
        sign_in_id="a" * 26,
    )
