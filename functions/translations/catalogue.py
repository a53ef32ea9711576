"""Message catalogues. English is the source language: its messages are their own keys."""

from __future__ import annotations

import gettext
from functools import cache
from pathlib import Path

DOMAIN = "parley"
FOLDER = Path(__file__).parent


@cache
def translations_for(locale: str) -> gettext.NullTranslations:
    """Return the catalogue for a locale such as `ja` or `en_GB`.

    Where none is compiled for it, its messages come back as they stand in the
    code: in English.
    """
    return gettext.translation(DOMAIN, FOLDER, [locale], fallback=True)
