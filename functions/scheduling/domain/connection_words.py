"""Platforms and the states of connections in words, the same on pages, in mails and in answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduling.domain.connections import ConnectionState, Platform, Provider
from scheduling.domain.refusals import marked

if TYPE_CHECKING:
    from collections.abc import Mapping

PLATFORM_NAMES: Mapping[Platform, str] = {
    Platform.GOOGLE_CALENDAR: marked("Google Calendar"),
    Platform.GOOGLE_MEET: marked("Google Meet"),
    Platform.ZOOM: marked("Zoom"),
}

PROVIDER_NAMES: Mapping[Provider, str] = {
    Provider.GOOGLE: marked("Google"),
    Provider.ZOOM: marked("Zoom"),
}


@dataclass(frozen=True, slots=True)
class StateWords:
    """In English, in the catalogues."""

    name: str
    reason: str = ""
    """Empty where all is well."""
    fix: str = ""
    """What is to be done, and that nothing is where it passes by itself."""


_WAIT = marked("There is nothing to do: it is tried again until it works.")

STATE_WORDS: Mapping[ConnectionState, StateWords] = {
    ConnectionState.OK: StateWords(marked("Connected")),
    ConnectionState.SYNCING: StateWords(
        marked("Being read"),
        marked("The calendars are read for the first time."),
        marked("There is nothing to do: it takes a few minutes."),
    ),
    ConnectionState.DELAYED: StateWords(
        marked("Delayed"), marked("The provider is slow, or does not answer."), _WAIT
    ),
    ConnectionState.INSUFFICIENT_SCOPE: StateWords(
        marked("Permission missing"),
        marked("Not everything that is needed was allowed at the sign-in."),
        marked("Connect again, and leave every box ticked."),
    ),
    ConnectionState.RECONNECT_REQUIRED: StateWords(
        marked("Sign-in expired"),
        marked("The sign-in has expired, or access was withdrawn."),
        marked("Connect again with the same account."),
    ),
    ConnectionState.ADMIN_BLOCKED: StateWords(
        marked("Blocked"),
        marked("The administrator of the account does not let Parley in."),
        marked("Ask that administrator to allow Parley, then connect again."),
    ),
    ConnectionState.ACCOUNT_DISABLED: StateWords(
        marked("Account disabled"),
        marked("The account was disabled or deleted."),
        marked("Have it enabled and connect again, or disconnect and connect another one."),
    ),
    ConnectionState.CALENDAR_GONE: StateWords(
        marked("Calendar gone"),
        marked("A chosen calendar was deleted, or is no longer shared."),
        marked("Choose the calendars again."),
    ),
    ConnectionState.NO_MEET: StateWords(
        marked("No Google Meet"),
        marked("The account cannot make meetings on Google Meet."),
        marked("Choose another place for meetings, or connect an account that can."),
    ),
    ConnectionState.MEETING_LIMIT: StateWords(
        marked("Limit reached"),
        marked("The account has made as many meetings as the provider allows in a day."),
        marked("There is nothing to do: it goes on tomorrow."),
    ),
    ConnectionState.APP_MISCONFIGURED: StateWords(
        marked("Not set up"),
        marked("Parley's registration at the provider is wrong, or has expired."),
        marked("Ask whoever runs Parley for you to set it up again."),
    ),
}

NOT_CONNECTED_WORDS = StateWords(marked("Not connected"))
