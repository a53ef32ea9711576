"""Pages: a template, the reader's language, and the headers that every page carries."""

from __future__ import annotations

from functools import cache, partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from aws_lambda_powertools.event_handler import Response
from babel.lists import format_list
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from handlers.pages import wording
from handlers.pages.assets import asset_address
from handlers.pages.forms import written_instant
from handlers.pages.languages import preferred_language
from handlers.problems import HTTPS_ONLY
from scheduling.domain.booking import REMOVED_FROM_CALENDAR
from scheduling.domain.people import masked_email, masked_name
from scheduling.domain.refusals import marked
from scheduling.domain.standing import standing_of
from translations import times
from translations.catalogue import translations_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from aws_lambda_powertools.shared.cookies import Cookie
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

TEMPLATES = Path(__file__).parent / "templates"

HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    **HTTPS_ONLY,
}

TOKEN_PAGE_HEADERS: Mapping[str, str] = {
    **HEADERS,
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
"""For pages whose address or form holds the token of a mailed link."""


def headers_of_forms_to(origins: Sequence[str]) -> Mapping[str, str]:
    """Return the headers of a page whose forms may lead to other origins in the end."""
    policy = HEADERS["Content-Security-Policy"]
    allowed = " ".join(("form-action 'self'", *origins))
    return {**HEADERS, "Content-Security-Policy": policy.replace("form-action 'self'", allowed)}


def page(
    template: str,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    locale: str,
    headers: Mapping[str, str] = HEADERS,
    cookies: Sequence[Cookie] = (),
    **values: Any,
) -> Response[str]:
    """Return the page that `template` makes of `values`."""
    return Response(
        status_code=status.value,
        content_type="text/html; charset=utf-8",
        body=environment(locale).get_template(template).render(values),
        headers=headers,
        cookies=list(cookies),
    )


def anybodys_page(
    event: APIGatewayProxyEventV2,
    template: str,
    *,
    headers: Mapping[str, str] = HEADERS,
    **values: Any,
) -> Response[str]:
    """Return a page that belongs to no organization, in the language that the browser asks for."""
    return page(
        template,
        locale=preferred_language(event.headers.get("accept-language", "")),
        headers={**headers, "Vary": "Accept-Language"},
        **values,
    )


def see_other(
    address: str, *, headers: Mapping[str, str] = HEADERS, cookies: Sequence[Cookie] = ()
) -> Response[str]:
    """Send the browser on with a GET, so that reloading repeats nothing."""
    return Response(
        status_code=HTTPStatus.SEE_OTHER.value,
        content_type="text/html; charset=utf-8",
        body="",
        headers={**headers, "Location": address},
        cookies=list(cookies),
    )


@cache
def environment(locale: str) -> Environment:
    """Return the templates with the words and times of one language."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    # The extension adds this method when it is loaded, which type checkers cannot know.
    made.install_gettext_translations(  # type: ignore[attr-defined]
        translations_for(locale), newstyle=True
    )
    made.filters.update(
        named=partial(_or_said, marked("Erased person"), locale=locale),
        titled=partial(_or_said, marked("Meeting"), locale=locale),
        said=partial(_said, locale=locale),
    )
    made.globals.update(
        locale=locale,
        asset=asset_address,
        day=partial(times.day, locale=locale),
        clock=partial(times.clock, locale=locale),
        clocks=partial(times.clocks, locale=locale),
        span=partial(times.span, locale=locale),
        written_moment=partial(times.moment, locale=locale),
        length=partial(times.length, locale=locale),
        month_name=partial(times.month, locale=locale),
        weekday_names=partial(times.weekday_names, locale=locale),
        zone_label=partial(times.zone_label, locale=locale),
        listed=partial(format_list, locale=locale),
        day_at=_day_at,
        written_instant=written_instant,
        masked_email=masked_email,
        masked_name=masked_name,
        booking_badge=wording.booking_badge,
        calendar_badge=wording.calendar_badge,
        connection_badge=wording.connection_badge,
        failed_reading=wording.failed_reading,
        feature_badge=wording.feature_badge,
        guest_badge=wording.guest_badge,
        standing_badge=wording.standing_badge,
        standing_of=standing_of,
        page_badge=wording.page_badge,
        request_badge=wording.request_badge,
    )
    return made


def _said(reason: str, *, locale: str) -> str:
    """Return why a booking ended: what somebody typed is quoted, what Parley says is translated."""
    _ = translations_for(locale).gettext
    return _(reason) if reason == REMOVED_FROM_CALENDAR else _("“%(words)s”") % {"words": reason}


def _or_said(otherwise: str, text: str, *, locale: str) -> str:
    """Return a text; where it was taken out because somebody was erased, what is said instead."""
    return text or translations_for(locale).gettext(otherwise)


def _day_at(instant: datetime, zone: str) -> date:
    """Return the day that calendars in `zone` show at an instant."""
    return instant.astimezone(ZoneInfo(zone)).date()
