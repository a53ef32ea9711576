"""Every part of a page in every state, and every mail in every language, to look at."""

from datetime import date
from functools import cache
from http import HTTPStatus
from pathlib import Path

from aiohttp import web
from jinja2 import ChoiceLoader, Environment, FileSystemLoader

from dev.build.functions import compile_catalogues
from handlers.pages import rendering, wording
from handlers.pages.calendar_month import calendar_month
from scheduling.adapters.jinja.mail_templates import JinjaMailTemplates
from scheduling.domain.languages import LANGUAGES
from scheduling.domain.mails import RenderedMail
from scheduling.domain.messages import Delivery, DeliveryState
from scheduling.domain.zones import time_zone
from tests.support.builders import EARLY, a_booking, an_external_member, at, between
from tests.unit.mails.samples import MAILS
from translations.catalogue import FOLDER

ADDRESS = "/_dev/styleguide"
"""Where the front serves what `render` returns."""

LOCALE = "en"

_HTML = "text/html; charset=utf-8"
_TEXT = "text/plain; charset=utf-8"
_FOLDER = Path(__file__).parent / "styleguide_pages"


def application() -> web.Application:
    """Return what the front serves at `ADDRESS`."""
    compile_catalogues(FOLDER, FOLDER)
    app = web.Application()
    for route in ("", "/{path:.*}"):
        app.router.add_get(route, _answer)
    return app


async def _answer(request: web.Request) -> web.Response:
    status, content_type, body = render(request.match_info.get("path", ""))
    return web.Response(status=status, body=body, headers={"Content-Type": content_type})


def render(path: str) -> tuple[HTTPStatus, str, bytes]:
    """Return status, content type and body of the page at `path`, which follows `ADDRESS`."""
    match path.strip("/").split("/"):
        case [""]:
            return HTTPStatus.OK, _HTML, _components().encode()
        case ["mails"]:
            return HTTPStatus.OK, _HTML, _mail_list().encode()
        case ["mails", locale, file] if locale in LANGUAGES and file.removesuffix(".html") in MAILS:
            return HTTPStatus.OK, _HTML, _mail(file.removesuffix(".html"), locale).html.encode()
        case ["mails", locale, file] if locale in LANGUAGES and file.removesuffix(".txt") in MAILS:
            return HTTPStatus.OK, _TEXT, _mail(file.removesuffix(".txt"), locale).text.encode()
    return HTTPStatus.NOT_FOUND, _TEXT, b"The style guide has no such page.\n"


def _components() -> str:
    member = an_external_member(between("09:00", "12:00"))
    booking = a_booking(member, between("10:00", "10:30"))
    zone = time_zone("Asia/Tokyo")
    assert zone is not None  # noqa: S101 - it is in every copy of the zone database
    starts = [at("01:00"), at("01:30"), at("02:00"), at("04:30")]
    return (
        _environment()
        .get_template("components.html")
        .render(
            requests=[wording.request_badge(Delivery(state)) for state in DeliveryState],
            members=list(wording.STANDINGS.values()),
            bookings=[
                wording.booking_badge(booking, now) for now in (EARLY, at("10:00"), at("11:00"))
            ],
            pages=[wording.page_badge(is_active=True), wording.page_badge(is_active=False)],
            booking=booking,
            month=calendar_month(
                date(2026, 12, 1), starts, zone, today=date(2026, 12, 1), last_day=date(2027, 3, 1)
            ),
            zone=zone.key,
        )
    )


def _mail_list() -> str:
    mails = [(name, code, _mail(name, code).subject) for name in MAILS for code in LANGUAGES]
    return (
        _environment()
        .get_template("mails.html")
        .render(mails=mails, languages=LANGUAGES, address=ADDRESS)
    )


@cache
def _mail(name: str, locale: str) -> RenderedMail:
    return JinjaMailTemplates().render(MAILS[name], locale)


@cache
def _environment() -> Environment:
    of_pages = rendering.environment(LOCALE)
    return of_pages.overlay(
        loader=ChoiceLoader([FileSystemLoader(_FOLDER), FileSystemLoader(rendering.TEMPLATES)])
    )
