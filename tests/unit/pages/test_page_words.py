"""Every text that people see goes through the catalogues."""

from __future__ import annotations

import gettext
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from handlers.pages import activity_words, rendering
from tests.unit.pages.test_public_pages import booking_form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.pages.site import Browser, Site

SPOKEN = {"alt", "aria-label", "content", "label", "placeholder", "title"}
SPOKEN_BY_SCRIPT = ("data-save-", "data-words-")
UNTRANSLATED = {
    "Parley",
    "Hanami Studio",
    "Aiko Mori",
    "aiko@hanami.example",
    "Aiko",
    "Holidays",
    "Ben Ode",
    "ode@hanami.example",
    "ben.ode@ode.example",
    "email",
    "nonsense",
    "Abe Gone",
    "abe@hanami.example",
    "Kenji Tanaka",
    "kenji@example.org",
    "Lena Fischer",
    "lena@example.org",
    "Omar Haddad",
    "omar@example.org",
    "Mia Weber",
    "mia@guest.example",
    "Ana Silva",
    "ana@guest.example",
    "Eva Lind",
    "eva@guest.example",
    "Ben Okoro",
    "ben@guest.example",
    "tom@guest.example",
    "Portfolio review",
    "Design workshop",
    "Bring a sketch.",
    "We look at it together.",
    "What is it about?",
    "A poster",
    "What should we know?",
    "How far are you?",
    "Start",
    "Middle",
    "We may take pictures",
    "We are away",
    "calendar.example.org",
    "Studio 2",
    "name,email,person_in_charge,title,location,duration_minutes",
    "ben@hanami.example",
    "tom@hanami.example",
    "Brand design",
    "Designer",
    "width=device-width, initial-scale=1",
    "light dark",
}
"""Names, and words for browsers."""


class Foreign(gettext.NullTranslations):
    """Marks everything that it translates: ⟦so⟧."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


class Visible(HTMLParser):
    """Collects what people see or hear, but for zone names and monograms."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = ""
        self.heard: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self._silent += tag == "option" or "monogram" in (given.get("class") or "")
        spoken = {name for name in given if name in SPOKEN or name.startswith(SPOKEN_BY_SCRIPT)}
        self.heard += [given[name] or "" for name in spoken]

    def handle_endtag(self, tag: str) -> None:
        if tag in {"option", "span"}:
            self._silent = 0

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.seen += data


@pytest.fixture
def foreign(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for module in (rendering, activity_words):
        monkeypatch.setattr(module, "translations_for", lambda _: Foreign())
    rendering.environment.cache_clear()
    written = rendering.environment("en").globals
    for name in ("day", "clock", "span", "written_moment", "length", "month_name", "zone_label"):
        monkeypatch.setitem(written, name, lambda *_: "⟦12:00⟧")
    monkeypatch.setitem(written, "listed", lambda *_, **__: "⟦Kenji⟧")
    monkeypatch.setitem(written, "weekday_names", lambda: ["⟦Mo⟧"] * 7)
    yield
    rendering.environment.cache_clear()


def untranslated(page: str) -> set[str]:
    """Return the words of a page that no catalogue can change."""
    visible = Visible()
    visible.feed(page)
    return {word for text in (visible.seen, *visible.heard) for word in _untranslated(text)}


def _untranslated(text: str) -> list[str]:
    while text != (text := re.sub(r"⟦[^⟦⟧]*⟧", "", text)):
        pass
    for known in sorted(UNTRANSLATED, key=len, reverse=True):
        text = text.replace(known, "")
    text = re.sub(r"https://\S+|[a-z]•••@\S+|[A-Z]•••", "", text)
    return re.findall(r"[^\W\d_]+", text)


@pytest.mark.usefixtures("foreign")
def test_every_visible_text_can_be_translated(staff: Browser, site: Site):
    for name, address in site.addresses().items():
        assert untranslated(staff.get(address).body) == set(), name


@pytest.mark.usefixtures("foreign")
def test_mistakes_are_told_in_words_that_can_be_translated(staff: Browser, site: Site):
    form = {"token": site.token_of(site.booking), "start": "2026-12-01T21:30:00Z"}
    answers = [
        staff.post("/sign-in", {}),
        staff.post("/sign-in/finish", {"token": site.sign_in_token, "code": "x"}),
        staff.post("/availability", {"token": site.token_of(site.lena), "date": "x"}),
        staff.post(site.booking_page, {"start": "2026-12-01T20:00:00Z"}),
        staff.post(site.booking_page, {"start": "2026-12-01T14:00:00Z", "time_zone": "UTC"}),
        staff.post("/book/workshop", {"start": "2026-12-02T05:00:00Z", "other_guests": "1"}),
        staff.post("/book/switched-off", booking_form(note="")),
        staff.post(site.booking_page, booking_form(note="", start="2026-12-01T14:00:00Z")),
        staff.post("/booking/move", form),
        staff.post("/booking/move", form | {"token": site.token_of(site.declined)}),
        staff.post("/console/external-members/new", {}),
        staff.post("/sign-out", {}, origin="https://evil.example"),
    ]

    assert [answer.status for answer in answers] == [
        *(422, 403, 422, 422, 422, 422),
        *(409, 409, 409, 409),
        *(422, 403),
    ]
    for answer in answers:
        assert untranslated(answer.body) == set()
