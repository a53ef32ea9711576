"""The languages of pages and mails."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES: Mapping[str, str] = {"en": "English", "ja": "日本語"}
"""Their codes, and how each calls itself: those with a catalogue in `translations`."""
