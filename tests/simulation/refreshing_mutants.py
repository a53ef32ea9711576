"""Replacing tokens with one mistake each; each is a context manager, as in `mutants`."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from unittest.mock import patch

from scheduling.domain.refusals import BusyTryAgain
from scheduling.provider_ports import GrantRejected
from scheduling.use_cases import provider_calls
from tests.support.in_memory_grants import InMemoryGrants

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from scheduling.domain.connections import Connection
    from scheduling.domain.grants import Grant
    from scheduling.use_cases.provider_calls import Providers


@contextmanager
def no_lease() -> Iterator[None]:
    """Whoever finds the tokens old replaces them."""

    def lease(self: InMemoryGrants, grant: Grant, *, now: datetime) -> Grant | None:
        return self.get(grant.key)

    with patch.object(InMemoryGrants, "lease", lease):
        yield


@contextmanager
def no_second_look() -> Iterator[None]:
    """A rejected token breaks the connection, whether or not it is still the one."""

    def refreshed(
        connection: Connection, leased: Grant, *, now: datetime, providers: Providers
    ) -> Grant:
        oauth = providers.oauth[connection.key.provider]
        try:
            fresh = leased.with_tokens(oauth.refresh(leased.refresh_token, now=now))
        except GrantRejected as error:
            provider_calls._break(connection, error.state, now=now, providers=providers)
        provider_calls._saved(fresh, providers)
        return fresh

    with patch.object(provider_calls, "_refreshed", refreshed):
        yield


@contextmanager
def the_refresh_is_retried() -> Iterator[None]:
    """Where new tokens cannot be stored, others are asked for: with the former token."""
    real = provider_calls._refreshed

    def refreshed(
        connection: Connection, leased: Grant, *, now: datetime, providers: Providers
    ) -> Grant:
        try:
            return real(connection, leased, now=now, providers=providers)
        except BusyTryAgain:
            return real(connection, leased, now=now, providers=providers)

    with (
        patch.object(provider_calls, "SAVE_PAUSES", ()),
        patch.object(provider_calls, "_refreshed", refreshed),
    ):
        yield


@contextmanager
def any_sign_in_is_replaced() -> Iterator[None]:
    """What was fetched with the tokens of one sign-in replaces those of a later one."""
    real = InMemoryGrants.save

    def save(self: InMemoryGrants, grant: Grant) -> bool:
        stored = self.grants[grant.key]
        return real(self, replace(grant, sign_in_id=stored.sign_in_id))

    with patch.object(InMemoryGrants, "save", save):
        yield


MUTANTS = (no_lease, no_second_look, the_refresh_is_retried, any_sign_in_is_replaced)
