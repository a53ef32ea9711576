"""Looking at what somebody typed, all of it, before refusing any of it."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from scheduling.domain.availability import GRID
from scheduling.domain.languages import LANGUAGES
from scheduling.domain.people import NAME_MAX_LENGTH, normalized_email
from scheduling.domain.refusals import FieldProblem, InvalidInput, marked
from scheduling.domain.zones import time_zone

if TYPE_CHECKING:
    from datetime import timedelta

NOTE_MAX_LENGTH = 500


class Checks:
    """Collects what is wrong with some fields, then refuses them together."""

    def __init__(self) -> None:
        self._problems: list[FieldProblem] = []

    def refuse(self, field: str, code: str, message: str) -> None:
        self._problems.append(FieldProblem(field, code, message))

    def done(self) -> None:
        """Raises InvalidInput if any field was refused."""
        if self._problems:
            raise InvalidInput(self._problems)

    def name(self, field: str, text: str) -> str:
        """Return a name or title: one line, 1 to 100 characters."""
        return self._line(field, text, required=True)

    def optional_name(self, field: str, text: str) -> str:
        return self._line(field, text, required=False)

    def note(self, field: str, text: str) -> str:
        r"""Return free words, up to 500 characters, line ends as `\\n`."""
        note = "\n".join(text.strip().splitlines())
        if len(note) > NOTE_MAX_LENGTH:
            self.refuse(field, "too_long", marked("Please keep this under 500 characters."))
        elif _has_control_characters(note.replace("\n", "").replace("\t", "")):
            self.refuse(
                field, "odd_characters", marked("This has characters that cannot be shown.")
            )
        return note

    def email(self, field: str, text: str) -> str:
        address = normalized_email(text)
        if address is None:
            code = "invalid_email" if text.strip() else "missing"
            message = marked("Please enter an e-mail address, like name@example.org.")
            self.refuse(field, code, message)
        return address or ""

    def zone(self, field: str, name: str) -> str:
        if time_zone(name) is None:
            self.refuse(field, "unknown_time_zone", marked("There is no time zone of this name."))
        return name

    def language(self, field: str, code: str) -> str:
        if code not in LANGUAGES:
            message = marked("Please choose a language from the list.")
            self.refuse(field, "unknown_language", message)
        return code

    def length(self, field: str, length: timedelta, *, least: timedelta, most: timedelta) -> None:
        if not least <= length <= most:
            self.refuse(field, "out_of_range", marked("Please choose from 5 minutes to 12 hours."))
        elif length % GRID:
            self.refuse(field, "off_grid", marked("Please use steps of five minutes."))

    def _line(self, field: str, text: str, *, required: bool) -> str:
        line = text.strip()
        if not line and required:
            self.refuse(field, "missing", marked("Please fill this in."))
        elif len(line) > NAME_MAX_LENGTH:
            self.refuse(field, "too_long", marked("Please keep this under 100 characters."))
        elif _has_control_characters(line):
            self.refuse(
                field, "odd_characters", marked("This has characters that cannot be shown.")
            )
        return line


def _has_control_characters(text: str) -> bool:
    """Tell whether `text` has control, direction, surrogate or unassigned characters."""
    return any(
        unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"} for character in text
    ) or bool(_DIRECTION_CONTROLS.intersection(text))


_DIRECTION_CONTROLS = frozenset(
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"
)
"""They can make a name read as another one (Unicode TR 36 section 2.7); joiners stay for emoji."""
