"""Text in JSON that is none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scheduling.domain.refusals import FieldProblem, InvalidInput, marked

if TYPE_CHECKING:
    from collections.abc import Iterator

_HALF = re.compile("[\ud800-\udfff]")


def refuse_half_characters(found: Any) -> None:
    r"""Let only text pass that can be stored and shown.

    JSON can write half a character, as `"\ud800"`; UTF-8 cannot.

    Raises:
        InvalidInput: Names each text, and each field, that has one: `windows.0.start`.
    """
    message = marked("This has characters that cannot be shown.")
    if problems := [FieldProblem(path, "odd_characters", message) for path in _halves(found)]:
        raise InvalidInput(problems)


def _halves(found: Any) -> Iterator[str]:
    # No recursion: how deep it goes is up to whoever sends it.
    left: list[tuple[str, Any]] = [("", found)]
    while left:
        path, value = left.pop()
        match value:
            case str() if _HALF.search(value):
                yield path or "body"
            case dict():
                left += [(_joined(path, name), child) for name, child in value.items()]
                yield from (_joined(path, name) for name in value if _HALF.search(name))
            case list():
                left += [(_joined(path, str(at)), child) for at, child in enumerate(value)]


def _joined(path: str, name: str) -> str:
    shown = _HALF.sub("\N{REPLACEMENT CHARACTER}", name)
    return f"{path}.{shown}" if path else shown
