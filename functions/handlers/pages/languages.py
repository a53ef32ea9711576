"""The language of pages that belong to no organization: the one that the browser asks for."""

from __future__ import annotations

import re

from babel import negotiate_locale

from scheduling.domain.languages import LANGUAGES

OTHERWISE = "en"
"""For those who ask for none of ours."""

_ASKED_FOR = re.compile(
    r"\s*(?P<language>[a-z]{1,8}(?:-[a-z0-9]{1,8})*)\s*(?:;\s*q=(?P<weight>[01](?:\.\d{0,3})?)\s*)?"
)
"""One language range with its weight, which is 1 where it is left out."""


def preferred_language(header: str) -> str:
    """Return the language of ours that somebody likes best.

    Args:
        header: What the browser sent as `Accept-Language` (RFC 9110 section 12.5.4). What
            cannot be read of it is passed over.
    """
    asked = [_ASKED_FOR.fullmatch(part) for part in header.lower().split(",")]
    weights = {each["language"]: float(each["weight"] or 1) for each in asked if each}
    liked = sorted(filter(weights.get, weights), key=lambda language: -weights[language])
    return negotiate_locale(liked, LANGUAGES, sep="-") or OTHERWISE
