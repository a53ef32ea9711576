"""An organization's reputation: how its mails fare, and when nothing more may be sent.

The mail service judges all organizations of a deployment as one sender. So each is judged here
first, and stopped well before the others would suffer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from scheduling.domain.messages import MessageKind

WINDOW = timedelta(days=7)
"""Days, in UTC and the present one included, over which mails are judged."""

BOUNCES_PER_MAILS = (3, 100)
"""3 %. SES puts an account under review at 5 %.

Source: Amazon SES Developer Guide, "Amazon SES sending review process FAQs".
"""

COMPLAINTS_PER_MAILS = (8, 10_000)
"""0.08 %. SES puts an account under review at 0.1 %; same source."""

FEWEST_MAILS = 100
"""Below so many mails, one mistyped address says nothing about an organization."""

FEWEST_COMPLAINTS = 2
"""One person may press the wrong button."""


class MailCategory(StrEnum):
    """What somebody can say they want no more of."""

    REMINDERS = "reminders"


CATEGORIES = MappingProxyType(
    {
        MessageKind.BOOKING_REMINDER: MailCategory.REMINDERS,
        MessageKind.AVAILABILITY_REMINDER: MailCategory.REMINDERS,
    }
)
"""Kinds that are of use, but not needed; all others are sent to whoever they concern."""


class SuppressionReason(StrEnum):
    """Why an organization sends nothing to an address, or nothing of one category."""

    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"


class PauseReason(StrEnum):
    BOUNCES = "bounces"
    COMPLAINTS = "complaints"


@dataclass(frozen=True, slots=True)
class MailStanding:
    """What stands in the way of one mail."""

    is_paused: bool = False
    """Whether the organization's mails wait."""
    suppressed: SuppressionReason | None = None


@dataclass(frozen=True, slots=True)
class SendingHealth:
    """What became of an organization's mails within `WINDOW`, or since they last went on."""

    sent: int = 0
    bounced: int = 0
    """Came back for good."""
    complained: int = 0
    paused_at: datetime | None = None
    pause_reason: PauseReason | None = None

    @property
    def reason_to_pause(self) -> PauseReason | None:
        """Tell why nothing more should be sent; None where all is well."""
        if self.complained >= FEWEST_COMPLAINTS and _reaches(
            COMPLAINTS_PER_MAILS, self.complained, self.sent
        ):
            return PauseReason.COMPLAINTS
        if self.sent >= FEWEST_MAILS and _reaches(BOUNCES_PER_MAILS, self.bounced, self.sent):
            return PauseReason.BOUNCES
        return None


def _reaches(threshold: tuple[int, int], part: int, whole: int) -> bool:
    most, of = threshold
    return part * of >= most * whole
