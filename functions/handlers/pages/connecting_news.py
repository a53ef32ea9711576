"""What whoever comes back from a provider reads: that it worked, or why not and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from scheduling.domain.refusals import marked

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class News:
    """In English, in the catalogues."""

    tone: Literal["good", "warning", "bad"]
    title: str
    text: str


NEWS: Mapping[str, News] = {
    "on": News("good", marked("Connected"), marked("It is there for everybody in the team now.")),
    "off": News("good", marked("Disconnected"), marked("Nothing entered or booked is lost.")),
    "connected": News(
        "good", marked("Connected"), marked("We have tried it, and it works with this account.")
    ),
    "switched_on": News(
        "good",
        marked("Switched on"),
        marked("What you allowed before is enough for it, so there was nothing to sign in for."),
    ),
    "disconnected": News(
        "good",
        marked("Disconnected"),
        marked("No booking is lost. You can connect again whenever you like."),
    ),
    "calendars": News("good", marked("Saved"), marked("Your calendars count from now on.")),
    "foreign": News(
        "warning",
        marked("Connected, with an account from elsewhere"),
        marked(
            "It belongs to none of your organization's domains. If you meant your work account,"
            " disconnect and connect again."
        ),
    ),
}
"""By what an address says after `news=`."""

_AGAIN = marked("Please start it again from here: a sign-in counts once, for ten minutes.")

PROBLEMS: Mapping[str, News] = {
    "access_denied": News(
        "warning",
        marked("Nothing was connected"),
        marked("You did not allow the access. Switch it on again whenever you like."),
    ),
    "insufficient_scope": News(
        "bad",
        marked("A permission is missing"),
        marked("Not every box was ticked at the sign-in. Connect again and leave all of them on."),
    ),
    "wrong_account": News(
        "bad",
        marked("That is another account"),
        marked(
            "You signed in with another account than the connected one, so nothing has changed."
            " Choose the connected one, or disconnect it first."
        ),
    ),
    "already_connected": News(
        "warning",
        marked("There is an account already"),
        marked("Each platform takes one. Disconnect it first to connect another."),
    ),
    "account_in_use": News(
        "bad",
        marked("Somebody else has connected this account"),
        marked("It works for one member of your team at a time. Sign in with one of your own."),
    ),
    "blocked_by_policy": News(
        "bad",
        marked("Your organization does not allow this"),
        marked("Its admins decide what may be connected. Ask one of them if you need it."),
    ),
    "foreign_domain": News(
        "bad",
        marked("This account is from elsewhere"),
        marked("Only accounts of your organization's domains may be connected. Use one of those."),
    ),
    "admin_blocked": News(
        "bad",
        marked("The account's administrator blocks Parley"),
        marked("Ask whoever administers the account at the provider to allow it, then try again."),
    ),
    "connect_refused": News("bad", marked("The sign-in was not finished"), _AGAIN),
    "connection_changed": News(
        "warning",
        marked("Somebody changed it at the same moment"),
        marked("Look at how it is now, and try again where you need to."),
    ),
    "still_disconnecting": News(
        "warning",
        marked("The previous account is still being disconnected"),
        marked("Please try again in a minute."),
    ),
    "connecting_unavailable": News(
        "warning",
        marked("The provider does not answer right now"),
        marked("Nothing was connected. Please try again in a few minutes."),
    ),
    "provider_not_set_up": News(
        "bad",
        marked("This is not set up yet"),
        marked("Please ask whoever runs Parley for you to set up the provider."),
    ),
}
"""By the code of what was refused, as an address says it after `problem=`."""


def news_of(news: str, problem: str) -> News | None:
    """Return what an address says; of problems that have no words here, that it did not work."""
    if problem:
        return PROBLEMS.get(problem, PROBLEMS["connect_refused"])
    return NEWS.get(news)
