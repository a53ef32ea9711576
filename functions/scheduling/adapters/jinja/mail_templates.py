"""What mails look like: one folder of templates for each thing that happened.

A folder has `subject.txt`, `body.txt` and `body.html`; of a booking also
`news.txt`, the words of both bodies: a line for the headline, then paragraphs.
Templates get words only: times are written out here, and what people typed is
made harmless here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, assert_never
from zoneinfo import ZoneInfo

from babel.lists import format_list
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from scheduling.domain.booking import REMOVED_FROM_CALENDAR
from scheduling.domain.connection_words import PLATFORM_NAMES, PROVIDER_NAMES, STATE_WORDS
from scheduling.domain.mails import (
    AvailabilityEnteredMail,
    AvailabilityOverdueMail,
    AvailabilityRequestMail,
    AvailabilityStillRightMail,
    BookingMail,
    ConnectionBrokenMail,
    ConnectRequestMail,
    GuestLinkMail,
    MemberInvitationMail,
    Reader,
    RenderedMail,
    SignInMail,
    SignUpMail,
)
from scheduling.domain.messages import Recipient
from scheduling.domain.typed_text import in_lines, on_one_line, place, unlinked
from translations import times
from translations.catalogue import translations_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime

    from scheduling.domain.mails import Mailbox, MailFacts
    from scheduling.domain.time_range import TimeRange

type _AvailabilityMail = (
    AvailabilityRequestMail
    | AvailabilityOverdueMail
    | AvailabilityStillRightMail
    | AvailabilityEnteredMail
)

_FOLDER = Path(__file__).parent / "templates"


class JinjaMailTemplates:
    """MailTemplates in Jinja, worded through gettext."""

    def render(self, facts: MailFacts, locale: str) -> RenderedMail:
        folder, words = _worded(facts, locale)
        environment = _environment(locale)

        def rendered(file: str, **more: object) -> str:
            template = environment.get_template(f"{folder}/{file}")
            return template.render(words, locale=locale, **more)

        subject = " ".join(rendered("subject.txt").split())
        if isinstance(facts, BookingMail):
            headline, *news = rendered("news.txt").splitlines()
            words = {**words, "headline": headline, "news": news}
        return RenderedMail(
            subject=subject,
            text=re.sub(r"\n{3,}", "\n\n", rendered("body.txt")).strip() + "\n",
            html=rendered("body.html", subject=subject),
        )


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody as a mail names them."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a guest was asked, and said."""

    label: str
    text: str


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


def _worded(  # noqa: PLR0911 - a list of cases
    facts: MailFacts, locale: str
) -> tuple[str, Mapping[str, object]]:
    """Return which folder words the mail, and what its templates may print."""
    match facts:
        case SignInMail():
            return "sign_in_link", {
                "organization": _typed(facts.organization_name),
                "name": _typed(facts.member_name),
                "link": facts.link,
                "valid_for": times.length(facts.valid_for, locale),
            }
        case SignUpMail():
            return "sign_up_link", {
                "organization": _typed(facts.organization_name),
                "name": _typed(facts.admin_name),
                "link": facts.link,
                "valid_for": times.length(facts.valid_for, locale),
            }
        case GuestLinkMail():
            return "guest_link", {
                "organization": _typed(facts.organization_name),
                "name": _typed(facts.guest_name),
                "title": _typed(facts.meeting_title),
                "when": times.span(facts.time.start, facts.time.end, facts.time_zone, locale),
                "person_in_charge": _person(facts.person_in_charge),
                "link": facts.link,
                "valid_for": times.length(facts.valid_for, locale),
            }
        case MemberInvitationMail():
            return "member_invitation", {
                "organization": _typed(facts.organization_name),
                "invited_by": _person(facts.invited_by),
                "designation": _typed(facts.designation),
                "department": _typed(facts.department),
                "manager": _typed(facts.manager_name),
                "is_admin": facts.is_admin,
                "link": facts.link,
                "link_expires": times.zoned_moment(facts.link_expires_at, facts.time_zone, locale),
                "console_url": facts.console_url,
            }
        case BookingMail():
            return f"booking_{facts.news}", _booking_words(facts, locale)
        case ConnectionBrokenMail() | ConnectRequestMail():
            return _connection_words(facts, locale)
        case _:
            return _availability_words(facts, locale)


def _availability_words(facts: _AvailabilityMail, locale: str) -> tuple[str, Mapping[str, object]]:
    match facts:
        case AvailabilityRequestMail():
            folder = "availability_reminder" if facts.is_reminder else "availability_request"
            return folder, {
                "organization": _typed(facts.organization_name),
                "name": _typed(facts.external_member_name),
                "person_in_charge": _person(facts.person_in_charge),
                "title": _typed(facts.meeting_title),
                "length": times.length(facts.meeting_length, locale),
                "link": facts.link,
                "link_expires": times.zoned_moment(facts.link_expires_at, facts.time_zone, locale),
                "deadline": times.zoned_moment(facts.deadline, facts.time_zone, locale),
                "wished": _wished(facts, locale),
                "minimum_windows": facts.minimum_windows,
                "minimum_length": (
                    times.length(facts.minimum_length, locale) if facts.minimum_length else ""
                ),
                "message": _typed_lines(facts.message),
            }
        case AvailabilityOverdueMail():
            return "availability_overdue", {
                "organization": _typed(facts.organization_name),
                "name": _typed(facts.person_in_charge_name),
                "external_member": _person(facts.external_member),
                "asked": times.day(_date(facts.asked_at, facts.time_zone), locale),
                "deadline": times.zoned_moment(facts.deadline, facts.time_zone, locale),
                "has_some": facts.has_some,
                "console_url": facts.console_url,
            }
        case AvailabilityStillRightMail():
            return "availability_still_right", {
                "organization": _typed(facts.organization_name),
                "name": _typed(facts.external_member_name),
                "person_in_charge": _person(facts.person_in_charge),
                "days": tuple(_open_days(facts.windows, facts.time_zone, locale)),
                "valid_until": times.day(_date(facts.valid_until, facts.time_zone), locale),
                "link": facts.link,
            }
        case AvailabilityEnteredMail():
            return "availability_entered", {
                "organization": _typed(facts.organization_name),
                "name": _typed(facts.person_in_charge_name),
                "external_member": _person(facts.external_member),
                "number_of_times": len(facts.windows),
                "days": tuple(_open_days(facts.windows, facts.time_zone, locale)),
                "booking_page_url": facts.booking_page_url,
                "console_url": facts.console_url,
            }
        case _:
            assert_never(facts)


def _connection_words(
    facts: ConnectionBrokenMail | ConnectRequestMail, locale: str
) -> tuple[str, Mapping[str, object]]:
    _ = translations_for(locale).gettext
    state = STATE_WORDS[facts.state] if facts.state else None
    words = {
        "organization": _typed(facts.organization_name),
        "name": _typed(facts.member_name),
        "account": _typed(facts.account),
        "reason": _(state.reason) if state else "",
        "fix": _(state.fix) if state else "",
        "console_url": facts.console_url,
        "support_contact": _typed(facts.support_contact),
    }
    if isinstance(facts, ConnectionBrokenMail):
        platforms = [_(PLATFORM_NAMES[platform]) for platform in facts.platforms]
        return "connection_broken", words | {
            "provider": _(PROVIDER_NAMES[facts.provider]),
            "platforms": format_list(platforms, locale=locale),
            "number_of_platforms": len(platforms),
        }
    return "reconnect_requested" if state else "connect_requested", words | {
        "asked_by": _person(facts.asked_by),
        "platform": _(PLATFORM_NAMES[facts.platform]),
    }


def _booking_words(facts: BookingMail, locale: str) -> Mapping[str, object]:
    _ = translations_for(locale).gettext
    # Whoever was erased has no name any more, and perhaps it was the title.
    nobody, untitled = _("Erased person"), _("Meeting")
    hosts, zone = [_typed(name) or nobody for name in facts.host_names], facts.time_zone
    title, guest = _typed(facts.meeting_title) or untitled, _person(facts.guest)
    guest = replace(guest, name=guest.name or nobody)
    people = format_list(_others(facts.reader, hosts, guest.name), locale=locale)
    with_people = _("%(title)s with %(people)s")
    is_guest = facts.reader in {Reader.GUEST, Reader.OTHER_GUEST}
    former, decide_by = facts.former_time, facts.decide_by
    return {
        "organization": _typed(facts.organization_name),
        "reader": facts.reader.value,
        "is_host": facts.reader.is_host,
        "has_account": facts.reader.has_account,
        "name": _typed(facts.recipient_name),
        "title": title,
        "people": people,
        "what": title if is_guest else with_people % {"title": title, "people": people},
        "when": times.span(facts.time.start, facts.time.end, zone, locale),
        "hours": times.clocks(facts.time.start, facts.time.end, zone, locale),
        "former_when": times.span(former.start, former.end, zone, locale) if former else "",
        "former_hours": times.clocks(former.start, former.end, zone, locale) if former else "",
        "decide_by": times.zoned_moment(decide_by, zone, locale) if decide_by else "",
        "days_ahead": (_date(facts.time.start, zone) - _date(facts.written_at, zone)).days,
        "location": place(facts.location),
        "online": facts.online_meeting.label if facts.online_meeting else "",
        "join_url": facts.join_url,
        "link_is_late": _link_is_late(facts),
        "hosts": format_list(hosts, locale=locale),
        "number_of_hosts": len(hosts),
        "guest": guest,
        "other_guests": ", ".join(_typed(address) for address in facts.other_guests if address),
        "note": _typed_lines(facts.guest_note),
        "answers": [
            _Answer(_typed(answer.label), _typed_lines(answer.text)) for answer in facts.answers
        ],
        "person_in_charge": _person(facts.person_in_charge),
        "link": facts.link,
        "booking_page_url": facts.booking_page_url,
        "ended_by_reader": _is_own_doing(facts),
        "ended_by": _who_ended(facts),
        "reason": _typed_lines(
            _(facts.reason) if facts.reason == REMOVED_FROM_CALENDAR else facts.reason
        ),
    }


def _others(reader: Reader, hosts: list[str], guest: str) -> list[str]:
    """Return whom a meeting is with, seen by one of its people."""
    if reader is Reader.GUEST:
        return hosts
    return [guest] if reader.is_host else [*hosts, guest]


def _link_is_late(facts: BookingMail) -> bool:
    """Tell whether the recipient finds the link of the meeting where they see the booking."""
    sees_booking = facts.reader is Reader.GUEST or facts.reader.has_account
    is_told = facts.news.takes_place and facts.decide_by is None
    return sees_booking and is_told and not facts.join_url


def _is_own_doing(facts: BookingMail) -> bool:
    match facts.ended_by:
        case Recipient.GUEST:
            return facts.reader is Reader.GUEST
        case Recipient.HOST:
            return facts.reader.is_host and len(facts.host_names) == 1
        case Recipient.PERSON_IN_CHARGE:
            return facts.reader is Reader.PERSON_IN_CHARGE
        case _:
            return False


def _who_ended(facts: BookingMail) -> str:
    """Return who cancelled or declined; nothing where their role does not tell."""
    match facts.ended_by:
        case Recipient.GUEST:
            return _typed(facts.guest.name)
        case Recipient.HOST if len(facts.host_names) == 1:
            return _typed(facts.host_names[0])
        case Recipient.PERSON_IN_CHARGE:
            return _typed(facts.person_in_charge.name)
        case _:
            return ""


def _open_days(windows: tuple[TimeRange, ...], zone: str, locale: str) -> Iterator[_OpenDay]:
    for day, of_day in groupby(windows, key=lambda window: _date(window.start, zone)):
        same_day = tuple(of_day)
        yield _OpenDay(
            day=times.day(day, locale),
            hours=tuple(times.clocks(w.start, w.end, zone, locale) for w in same_day),
            zone=times.zone_label(zone, same_day[0].start, locale),
        )


def _wished(facts: AvailabilityRequestMail, locale: str) -> tuple[str, str] | None:
    """Return the first and the last of the dates that matter."""
    if facts.wished is None:
        return None
    return times.day(facts.wished.first, locale), times.day(facts.wished.last, locale)


def _date(instant: datetime, zone: str) -> date:
    return instant.astimezone(ZoneInfo(zone)).date()


def _typed(name: str) -> str:
    return unlinked(on_one_line(name))


def _typed_lines(note: str) -> str:
    return unlinked(in_lines(note))


def _person(mailbox: Mailbox) -> _Person:
    return _Person(name=_typed(mailbox.name), email=mailbox.email)
