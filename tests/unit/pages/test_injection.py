"""What people type stays text: pages with it have the same elements and attributes as without."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from itertools import batched, product
from typing import TYPE_CHECKING

import pytest

from scheduling.domain.booking import Answer

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

_CORES = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script href=data:,alert(1) />",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a href=javascript:alert(1)>x</a>",
    "<body onload=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<math><mtext></table><img src=x onerror=alert(1)>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<form action=//evil.example><button>",
    "<style>@import '//evil.example'</style>",
    "<link rel=stylesheet href=//evil.example>",
    "onmouseover=alert(1) x=",
    "{{ 7 * 7 }}",
    "{% raw %}<b>{% endraw %}",
    "%(name)s %s {0}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]
_WAYS_OUT = [
    "{}",
    '">{}',
    "'>{}",
    '" {} "',
    "</textarea>{}",
    "</title></style></script>{}",
    "--><!--{}",
    "</option></select>{}",
    "]]>{}<![CDATA[",
    "\u2028{}\u0085",
]
QUESTIONS = ("topic", "more", "level", "terms")
CORPUS = [way.format(core) if "{}" in way else core for way, core in product(_WAYS_OUT, _CORES)]


class Structure(HTMLParser):
    """The elements and the names of their attributes, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, ...]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, *(name for name, _ in attributes)))


def structure(page: str) -> list[tuple[str, ...]]:
    parser = Structure()
    parser.feed(page)
    return parser.found


def with_words(site: Site, words: str) -> None:
    """Put `words` wherever somebody can type something that is stored."""
    store = site.store
    for key, organization in store.organizations.items():
        store.organizations[key] = replace(organization, name=words, support_contact=words)
    for key, member in store.members.items():
        store.members[key] = replace(member, name=words)
    for key, member in store.external_members.items():
        terms = replace(member.request.terms, message=words)
        request = replace(member.request, terms=terms)
        store.external_members[key] = replace(member, name=words, email=words, request=request)
    for key, invitation in store.invitations.items():
        store.invitations[key] = replace(invitation, email=words)
    for key, (batch, rows) in store.imports.items():
        typed = (replace(row, cells=dict.fromkeys(row.cells, words)) for row in rows)
        store.imports[key] = batch, tuple(typed)
    for key, delivery in store.messages.items():
        bounce = delivery.bounce and replace(delivery.bounce, diagnosis=words)
        store.messages[key] = replace(delivery, bounce=bounce)
    for key, directory in store.directories.items():
        store.directories[key] = replace(
            directory,
            departments=dict.fromkeys(directory.departments, words),
            designations=dict.fromkeys(directory.designations, words),
        )
    for key, page in store.booking_pages.items():
        questions = tuple(
            replace(asked, label=words, choices=(words, "Other") if asked.choices else ())
            for asked in page.questions
        )
        store.booking_pages[key] = replace(
            page, title=words, location=words, description=words, questions=questions
        )
    for key, booking in store.bookings.items():
        guest = replace(booking.guest, name=words, email=f"{words}@x", note=words)
        store.bookings[key] = replace(
            booking,
            title=words,
            location=words,
            hosts=tuple(replace(host, name=words) for host in booking.hosts),
            guest=guest,
            other_guests=tuple(f"{words}@x" for _ in booking.other_guests),
            answers=tuple(Answer(words, words) for _ in booking.answers),
            reason=words,
        )


def test_s16_t19_the_corpus_has_two_hundred_ways():
    assert len(set(CORPUS)) == 200


def test_s16_t19_stored_words_change_no_page(staff: Browser, site: Site):
    """Some at a time: what one of them opens, the next does not close."""
    # One of the addresses is that of a link which was never sent.
    site.adapters.rate_limits.factor = len(CORPUS)
    with_words(site, "harmless")
    wanted = {page: structure(staff.get(page).body) for page in site.addresses().values()}

    for words in map(" ".join, batched(CORPUS, 4, strict=True)):
        with_words(site, words)
        for page, as_before in wanted.items():
            assert structure(staff.get(page).body) == as_before, (page, words)


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/sign-in", ["email"]),
        ("/sign-in/finish", ["code"]),
        ("/availability", ["date", "start", "end", "time_zone", "version"]),
        ("/booking/cancellation", ["reason"]),
        ("/booking/move", ["time_zone"]),
        ("/book/{slug}", ["name", "email", "note", "time_zone", "form_id", "hold_id", "duration"]),
        ("/book/workshop", ["other_guests", *(f"answers.{each}" for each in QUESTIONS)]),
        ("/invitation/accept", ["name", "time_zone"]),
        (
            "/console/team/invitations/new",
            ["emails", "department_id", "new_department", "manager_id", "role", "form_id"],
        ),
        ("/console/settings/directory", ["name"]),
        (
            "/console/external-members/new",
            ["name", "email", "person_in_charge_id", "title", "duration_minutes", "location"],
        ),
    ],
)
def test_s16_t19_typed_words_come_back_as_text(
    staff: Browser, site: Site, address: str, fields: list[str]
):
    token = {
        "/sign-in/finish": site.sign_in_token,
        "/availability": site.token_of(site.lena),
        "/booking/cancellation": site.token_of(site.booking),
        "/invitation/accept": site.token_of(site.invitation),
        "/booking/move": site.token_of(site.booking),
    }.get(address, "")

    def typed(words: str) -> list[tuple[str, ...]]:
        long = words.ljust(600, "x")
        form = dict.fromkeys(fields, long) | {
            "token": token,
            "start": "2026-12-01T21:30:00Z",
            "part": "departments",
        }
        site.store.code_attempts.clear()
        return structure(staff.post(address.format(slug=site.kenji.booking_page_slug), form).body)

    wanted = typed("harmless")
    for words in CORPUS:
        assert typed(words) == wanted, words
