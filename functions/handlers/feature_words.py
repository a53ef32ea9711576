"""What each feature is called and brings, for both faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduling.domain.people import Feature
from scheduling.domain.refusals import marked

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class FeatureWords:
    """In English, in the catalogues."""

    name: str
    description: str
    details: tuple[str, ...]
    """What it does and asks, a sentence each."""


FEATURES: Mapping[Feature, FeatureWords] = {
    Feature.EXTERNAL_MEMBERS: FeatureWords(
        name=marked("External members"),
        description=marked(
            "Collect times from people who have no account, and let guests book them."
        ),
        details=(
            marked("You invite somebody by name and e-mail. They need no account and no password."),
            marked("They get a mail with a link, enter the times they can do, and are done."),
            marked("Their booking page opens with these times; guests book it like any other."),
            marked("A person in charge from your team hears of every entry and every booking."),
            marked("Switching it off hides them from the team. Nothing entered or booked is lost."),
        ),
    ),
}
