"""What each platform brings, what is asked for at the sign-in and why, and what ends with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduling.domain.connections import Platform
from scheduling.domain.refusals import marked

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class PlatformWords:
    """In English, in the catalogues."""

    description: str
    asked_for: tuple[str, ...]
    """What the sign-in asks a member to allow, each with its purpose."""
    afterwards: tuple[str, ...]
    """What there is to know before switching it off."""


_WHO = marked("Who you are: your address, to show which account is connected.")
_LOSSLESS = marked("No booking is lost, and links that were mailed keep working.")
_SHARED = marked(
    "Once neither Google Calendar nor Google Meet is on, Parley gives its access back to Google"
    " and deletes what opened it."
)

PLATFORMS: Mapping[Platform, PlatformWords] = {
    Platform.GOOGLE_CALENDAR: PlatformWords(
        description=marked(
            "Keeps times free in which you are busy, and puts your bookings into your calendar."
        ),
        asked_for=(
            _WHO,
            marked("The list of your calendars, so that you can choose among them."),
            marked("When you are busy, so that nobody books over it. Only the times are kept."),
            marked("Events in your own calendars, to write, move and remove those of bookings."),
        ),
        afterwards=(
            _LOSSLESS,
            marked("Events that stand in your calendar stay there; new bookings are not added."),
            marked("Guests can book over what is in your calendar."),
            _SHARED,
        ),
    ),
    Platform.GOOGLE_MEET: PlatformWords(
        description=marked("Gives each booking on Google Meet a link to its own call."),
        asked_for=(
            _WHO,
            marked("Events in your own calendars: Google makes the link with a booking's event."),
        ),
        afterwards=(
            _LOSSLESS,
            marked("New bookings get no link to Google Meet from you."),
            _SHARED,
        ),
    ),
    Platform.ZOOM: PlatformWords(
        description=marked("Gives each booking on Zoom a link to its own meeting."),
        asked_for=(
            _WHO,
            marked("Your meetings, to make, change and delete those of bookings."),
        ),
        afterwards=(
            _LOSSLESS,
            marked("New bookings get no link to Zoom from you."),
            marked("Parley gives its access back to Zoom and deletes what opened it."),
        ),
    ),
}
