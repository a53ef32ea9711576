"""Where a browser may be sent on to after signing in: pages of the console, and nowhere else."""

from __future__ import annotations

import re

START = "/console"

_ALLOWED = re.compile(
    r"/console(?:/[a-z0-9][a-z0-9.-]*)*(?:\?[A-Za-z0-9_.~=&%+:-]*)?", flags=re.ASCII
)
_LONGEST = 500


def return_path(asked: str) -> str:
    """Return a path that was asked for, if it is one of the console's; else its first page."""
    return asked if len(asked) <= _LONGEST and _ALLOWED.fullmatch(asked) else START
