"""Text that people typed, made fit to stand in somebody else's mail or calendar."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 500
"""How many characters of one text are passed on; the rest becomes an ellipsis."""

_BREAK = "\N{ZERO WIDTH SPACE}"
_LINKABLE = re.compile(r"(?<=\S)[.@](?=\w)|:(?=//)")
"""What programs that turn text into links look for: a dot or an at sign inside a word, `://`."""

_SECURE_ADDRESS = re.compile(r"https://[^\s\"<>]+")

_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Directional embeddings, overrides and isolates: they can make `gpj.exe` read `exe.jpg`.

Source: Unicode Standard Annex 9, section 2.
"""


def on_one_line(typed: str) -> str:
    """Return a name or a title without control characters, at most `LONGEST` long."""
    return _capped(" ".join(_printable(typed).split()))


def in_lines(typed: str) -> str:
    r"""Return a note with its line breaks as `\\n`, at most `LONGEST` long.

    Empty lines at the ends go, and of several in a row one stays.
    """
    lines = (" ".join(_printable(line).split()) for line in typed.splitlines())
    return _capped(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip())


def unlinked(text: str) -> str:
    """Return text that looks the same and that no mail program turns into a link.

    Programs make links of what merely looks like an address. A zero-width
    space at the places they go by prevents it and lets long words wrap.
    """
    return _LINKABLE.sub(lambda found: found[0] + _BREAK, text)


def place(typed: str) -> str:
    """Return where a meeting is: a secure web address as it is, as it is meant to be followed.

    Any other text comes back on one line and unlinked.
    """
    line = on_one_line(typed)
    return line if _SECURE_ADDRESS.fullmatch(line) else unlinked(line)


def _printable(text: str) -> str:
    return "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace()
        or (unicodedata.category(character) not in ("Cc", "Cs") and character not in _REORDERING)
    )


def _capped(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"
