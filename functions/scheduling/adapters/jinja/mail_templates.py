"""What mails look like: one folder of templates for each thing that happened.

A folder has `subject.txt`, `body.txt` and `body.html`. Templates get words
only: times are written out here, and what people typed is made harmless here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, assert_never
from zoneinfo import ZoneInfo

from babel.lists import format_list
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from scheduling.domain.mails import (
    AvailabilityEnteredMail,
    AvailabilityRequestMail,
    BookingMail,
    BookingNews,
    RenderedMail,
    SignInMail,
)
from scheduling.domain.messages import MessageKind, Recipient
from scheduling.domain.typed_text import in_lines, on_one_line, place, unlinked
from translations import times
from translations.catalogue import translations_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from scheduling.domain.mails import Mailbox, MailFacts
    from scheduling.domain.time_range import TimeRange

_FOLDER = Path(__file__).parent / "templates"


class JinjaMailTemplates:
    """MailTemplates in Jinja, worded through gettext."""

    def render(self, facts: MailFacts, locale: str) -> RenderedMail:
        kind, words = _worded(facts, locale)
        environment = _environment(locale)

        def rendered(file: str, **more: str) -> str:
            return environment.get_template(f"{kind}/{file}").render(words, locale=locale, **more)

        subject = " ".join(rendered("subject.txt").split())
        return RenderedMail(
            subject=subject,
            text=re.sub(r"\n{3,}", "\n\n", rendered("body.txt")).strip() + "\n",
            html=rendered("body.html", subject=subject),
        )


@dataclass(frozen=True, slots=True)
class _Person:
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class _OpenDay:
    """The windows that start on one day."""

    day: str
    hours: tuple[str, ...]
    zone: str
    """With the offset of that day, which a clock change makes differ from the day before."""


@cache
def _environment(locale: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    words = translations_for(locale)
    environment.install_gettext_translations(  # type: ignore[attr-defined] # the extension adds it
        words, newstyle=True
    )
    return environment


def _worded(facts: MailFacts, locale: str) -> tuple[MessageKind, Mapping[str, object]]:
    """Return which folder words the mail, and what its templates may print."""
    match facts:
        case SignInMail():
            return MessageKind.SIGN_IN_LINK, {
                "organization": _typed(facts.organization_name),
                "name": _typed(facts.member_name),
                "link": facts.link,
                "valid_for": times.length(facts.valid_for, locale),
            }
        case AvailabilityRequestMail():
            expires_at, zone = facts.link_expires_at, facts.time_zone
            expiry_day = times.day(expires_at.astimezone(ZoneInfo(zone)).date(), locale)
            expiry_clock = times.clock(expires_at, zone, locale)
            return MessageKind.AVAILABILITY_REQUEST, {
                "organization": _typed(facts.organization_name),
                "name": _typed(facts.external_member_name),
                "person_in_charge": _person(facts.person_in_charge),
                "title": _typed(facts.meeting_title),
                "length": times.length(facts.meeting_length, locale),
                "link": facts.link,
                "link_expires": (
                    f"{expiry_day}, {expiry_clock} ({times.zone_label(zone, expires_at, locale)})"
                ),
            }
        case AvailabilityEnteredMail():
            return MessageKind.AVAILABILITY_ENTERED, {
                "organization": _typed(facts.organization_name),
                "name": _typed(facts.person_in_charge_name),
                "external_member": _person(facts.external_member),
                "number_of_times": len(facts.windows),
                "days": tuple(_open_days(facts.windows, facts.time_zone, locale)),
                "booking_page_url": facts.booking_page_url,
                "console_url": facts.console_url,
            }
        case BookingMail():
            is_cancelled = facts.news is BookingNews.CANCELLED
            kind = MessageKind.BOOKING_CANCELLED if is_cancelled else MessageKind.BOOKING_CONFIRMED
            return kind, _booking_words(facts, locale)
        case _:
            assert_never(facts)


def _booking_words(facts: BookingMail, locale: str) -> Mapping[str, object]:
    hosts = format_list([_typed(name) for name in facts.host_names], locale=locale)
    names = {
        Recipient.GUEST: _typed(facts.guest.name),
        Recipient.HOST: hosts,
        Recipient.PERSON_IN_CHARGE: _typed(facts.person_in_charge.name),
    }
    return {
        "organization": _typed(facts.organization_name),
        "recipient": facts.recipient.value,
        "name": _typed(facts.recipient_name),
        "title": _typed(facts.meeting_title),
        "when": times.span(facts.time.start, facts.time.end, facts.time_zone, locale),
        "hours": times.clocks(facts.time.start, facts.time.end, facts.time_zone, locale),
        "location": place(facts.location),
        "hosts": hosts,
        "guest": _person(facts.guest),
        "note": unlinked(in_lines(facts.guest_note)),
        "person_in_charge": _person(facts.person_in_charge),
        "link": facts.link,
        "booking_page_url": facts.booking_page_url,
        "cancelled_by_recipient": facts.cancelled_by is facts.recipient,
        "cancelled_by": names.get(facts.cancelled_by, "") if facts.cancelled_by else "",
        "reason": unlinked(in_lines(facts.cancellation_reason)),
    }


def _open_days(windows: tuple[TimeRange, ...], zone: str, locale: str) -> Iterator[_OpenDay]:
    def first_day(window: TimeRange) -> date:
        return window.start.astimezone(ZoneInfo(zone)).date()

    for day, of_day in groupby(windows, key=first_day):
        same_day = tuple(of_day)
        yield _OpenDay(
            day=times.day(day, locale),
            hours=tuple(times.clocks(w.start, w.end, zone, locale) for w in same_day),
            zone=times.zone_label(zone, same_day[0].start, locale),
        )


def _typed(name: str) -> str:
    return unlinked(on_one_line(name))


def _person(mailbox: Mailbox) -> _Person:
    return _Person(name=_typed(mailbox.name), email=mailbox.email)
