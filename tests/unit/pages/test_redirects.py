"""Whatever somebody types, nobody is sent to another site (T36)."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

_PLACES = [
    "evil.example",
    "evil.example/console",
    "parley.example@evil.example",
    "evil.example:443",
]
_WAYS = [
    "https://{}",
    "//{}",
    "///{}",
    "\\\\{}",
    "/\\{}",
    "https:{}",
    "/\t/{}",
    "\r\nLocation: https://{}",
    "javascript:alert(1)//{}",
    "%2F%2F{}",
]
CORPUS = [way.format(place) for way, place in product(_WAYS, _PLACES)]

NAMES = ["next", "url", "return_to", "redirect", "page", "slug", "start", "duration", "time_zone"]


def test_the_corpus_has_forty_places():
    assert len(set(CORPUS)) == 40


@pytest.mark.parametrize(
    "form",
    ["/sign-in/finish", "/sign-out", "/book/{slug}", "/book/{slug}/holds", "/booking/move"],
)
def test_t36_forms_lead_to_our_own_pages_alone(staff: Browser, site: Site, form: str):
    address = form.format(slug=site.kenji.booking_page_slug)
    token = site.sign_in_token if form == "/sign-in/finish" else site.token_of(site.booking)

    for place in CORPUS:
        fields = dict.fromkeys(NAMES, place) | {"token": token}
        for given in (fields, fields | {"token": place}):
            answer = staff.post(f"{address}?next={place}", given)

            location = answer.headers.get("Location", "/")
            assert location.startswith("/"), place
            assert not location.startswith(("//", "/\\")), place
            assert not {"\r", "\n"} & set(location)
