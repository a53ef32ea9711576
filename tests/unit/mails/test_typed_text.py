from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.domain.typed_text import LONGEST, in_lines, on_one_line, place, unlinked

BAIT = [
    "https://evil.example/now",
    "HTTP://EVIL.EXAMPLE",
    "evil.example",
    "www.evil.example/path?x=1",
    "call evil.co.uk today",
    "mallory@evil.example",
    "mailto:mallory@evil.example",
    "http://127.0.0.1/",
    "http://[::1]/",
    "http://localhost:8080/",
    "ftp://evil.example",
    "//evil.example",
    "(evil.example)",
    "[free](https://evil.example)",
    "💩.la",
    "i❤.ws",
    "bücher.example",
]
LINK = re.compile(r"\w+://|\S[.@]\w", re.IGNORECASE)
"""What a generous program takes for a link."""

patient = settings(deadline=None)
"""A busy machine is no failure."""


@pytest.mark.parametrize("bait", BAIT)
def test_what_looks_like_a_link_is_none_any_more(bait: str) -> None:
    assert not LINK.search(unlinked(bait))


@pytest.mark.parametrize("bait", BAIT)
def test_what_looks_like_a_link_looks_the_same_afterwards(bait: str) -> None:
    assert unlinked(bait).replace("\N{ZERO WIDTH SPACE}", "") == bait


@patient
@given(st.text())
def test_no_text_has_a_link_left(text: str) -> None:
    assert not LINK.search(unlinked(on_one_line(text)))


@pytest.mark.parametrize("text", ["Dr. Lena Fischer", "At 10:30, or later.", "Ready? Yes!", "東京"])
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert unlinked(on_one_line(text)) == text


@patient
@given(st.text())
def test_a_line_has_no_control_character(text: str) -> None:
    categories = {unicodedata.category(character) for character in on_one_line(text)}

    assert categories.isdisjoint({"Cc", "Cs", "Zl", "Zp"})


@patient
@given(st.text())
def test_lines_are_separated_by_line_feeds_only(text: str) -> None:
    lines = in_lines(text)

    assert lines.splitlines() == (lines.split("\n") if lines else [])


def test_text_cannot_be_turned_around() -> None:
    assert on_one_line("invoice\u202egpj.exe") == "invoicegpj.exe"


def test_a_family_of_joined_emoji_stays_together() -> None:
    family = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"

    assert on_one_line(family) == family


def test_of_several_empty_lines_one_stays() -> None:
    assert in_lines("\r\nfirst\r\n\r\n\r\n\tsecond \r") == "first\n\nsecond"


def test_a_place_may_be_an_address_to_follow() -> None:
    assert place(" https://meet.example/a-b?c=1 ") == "https://meet.example/a-b?c=1"


@pytest.mark.parametrize(
    "bait", ["http://evil.example", "Room 2, https://evil.example", "evil.example"]
)
def test_any_other_place_is_no_link(bait: str) -> None:
    assert not LINK.search(place(bait))


def test_text_is_cut_at_the_limit() -> None:
    assert on_one_line("a" * LONGEST) == "a" * LONGEST
    assert on_one_line("a" * (LONGEST + 1)) == "a" * (LONGEST - 1) + "…"
