from __future__ import annotations

import os
import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scheduling.adapters.jinja.mail_templates import JinjaMailTemplates
from scheduling.domain.booking import REMOVED_FROM_CALENDAR, Answer
from scheduling.domain.mails import BookingMail, BookingNews, Mailbox, MailFacts, RenderedMail
from scheduling.domain.messages import Recipient
from scheduling.domain.time_range import TimeRange
from tests.unit.mails.samples import (
    AIKO,
    CANCELLED,
    CONFIRMED,
    DAY,
    DECLINED,
    ENTERED,
    HANDED_OVER,
    KENJI,
    MAILS,
    MARIA,
    MOVED,
    ORIGIN,
    REMINDER,
    REQUEST,
    REQUESTED,
    TOKEN,
    YUKI,
    at,
    for_host,
    for_member_host,
    for_other_guest,
    for_person_in_charge,
)
from tests.unit.pages.test_injection import CORPUS

SNAPSHOTS = Path(__file__).parents[2] / "snapshots" / "mails"
TO_OUTSIDERS = [
    "availability-request",
    *(name for name in MAILS if name.startswith("booking-") and name.endswith(("-guest", "-host"))),
]
BAIT = (
    '<a href="https://evil.example">x</a><img src="https://evil.example/p.gif"> '
    "https://evil.example/now www.evil.example mallory@evil.example "
    "{{ 7 * 7 }} %(when)s %s\n\x00\x1b"
)

every_mail = pytest.mark.parametrize("name", MAILS)


class Page(HTMLParser):
    """The links, loaded addresses, words and headings of an HTML text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.tags: list[str] = []
        self._words: list[str] = []
        self.feed(html)

    @property
    def words(self) -> str:
        return " ".join("".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "href":
                self.links.append(value or "")
            if name in ("src", "srcset", "background"):
                self.loaded.append(value or "")

    def handle_data(self, data: str) -> None:
        if "style" not in self.tags[-1:]:
            self._words.append(data)


def render(facts: MailFacts, locale: str = "en") -> RenderedMail:
    return JinjaMailTemplates().render(facts, locale)


def expect_approved(texts: dict[str, str]) -> None:
    """Compare texts with the approved ones; `PARLEY_APPROVE_SNAPSHOTS=1` approves them."""
    if os.environ.get("PARLEY_APPROVE_SNAPSHOTS"):
        for file, text in texts.items():
            (SNAPSHOTS / file).write_text(text)

    assert {file: (SNAPSHOTS / file).read_text() for file in texts} == texts


def with_bait(facts: MailFacts, words: str = BAIT) -> MailFacts:
    """Return the facts with bait in every text that a person typed."""
    ours = {"link", "booking_page_url", "console_url", "time_zone"}
    bait: dict[str, object] = {}
    for field in fields(facts):
        value = getattr(facts, field.name)
        if isinstance(value, Mailbox):
            bait[field.name] = replace(value, name=words)
        elif type(value) is str and value and field.name not in ours:
            bait[field.name] = words
        elif field.name in ("host_names", "other_guests") and value:
            bait[field.name] = (words,)
        elif field.name == "answers" and value:
            bait[field.name] = (Answer(words, words),)
    return replace(facts, **bait)


@every_mail
def test_a_mail_reads_as_it_was_approved(name: str) -> None:
    mail = render(MAILS[name])

    expect_approved(
        {f"{name}.txt": f"Subject: {mail.subject}\n\n{mail.text}", f"{name}.html": mail.html}
    )


@pytest.mark.parametrize("name", ["availability-request", "booking-confirmed-guest"])
def test_a_mail_in_japanese_reads_as_it_was_approved(name: str) -> None:
    mail = render(MAILS[name], "ja")

    expect_approved(
        {
            f"ja/{name}.txt": f"Subject: {mail.subject}\n\n{mail.text}",
            f"ja/{name}.html": mail.html,
        }
    )


@every_mail
def test_a_mail_in_japanese_names_its_language(name: str) -> None:
    assert '<html lang="ja">' in render(MAILS[name], "ja").html


@pytest.mark.parametrize("name", [name for name in MAILS if "other-guest" not in name])
def test_a_mail_has_one_button_and_the_same_link_to_copy(name: str) -> None:
    mail = render(MAILS[name])
    page = Page(mail.html)

    button = re.search(r'<td class="button".*?href="([^"]+)"', mail.html)

    assert mail.html.count('class="button"') == 1
    assert button is not None
    assert button[1] in page.words
    assert button[1] in mail.text


@pytest.mark.parametrize("mail", [CONFIRMED, MOVED, REMINDER])
def test_whom_the_guest_brings_along_gets_no_power_over_the_booking(mail: BookingMail) -> None:
    rendered = render(for_other_guest(mail))

    assert "To move or cancel this meeting, ask María García." in rendered.text
    assert TOKEN not in rendered.text + rendered.html
    assert 'class="button"' not in rendered.html


def test_a_host_who_is_gone_has_no_times_to_see() -> None:
    rendered = render(replace(for_host(CANCELLED), link=""))

    assert "See my times" not in rendered.html
    assert "the times you offer" not in rendered.text


@every_mail
def test_a_mail_loads_nothing(name: str) -> None:
    mail = render(MAILS[name])
    page = Page(mail.html)

    assert page.loaded == []
    assert not {"img", "link", "script", "iframe", "object", "form"} & set(page.tags)
    assert "url(" not in mail.html
    assert "@import" not in mail.html


@every_mail
def test_a_mail_links_only_to_us_and_to_the_people_concerned(name: str) -> None:
    links = Page(render(MAILS[name]).html).links

    assert {urlsplit(link)._replace(path="", fragment="").geturl() for link in links} <= {
        ORIGIN,
        "mailto:",
        "https://meet.example",
    }


@every_mail
def test_a_mail_says_why_it_came_and_whom_to_ask(name: str) -> None:
    mail = render(MAILS[name])

    for words in (mail.text, Page(mail.html).words):
        assert "You get this mail because" in words
        assert "Questions?" in words


@every_mail
def test_a_mail_is_small_enough_not_to_be_clipped(name: str) -> None:
    """Gmail cuts mails at 102 KB."""
    assert len(render(MAILS[name]).html.encode()) < 20_000


@pytest.mark.parametrize("name", TO_OUTSIDERS)
def test_nobody_outside_is_called_an_external_member(name: str) -> None:
    mail = render(MAILS[name])

    assert "external" not in f"{mail.subject} {mail.text} {Page(mail.html).words}".lower()


@every_mail
def test_s16_t21_what_people_typed_makes_no_link(name: str) -> None:
    clean, mail = render(MAILS[name]), render(with_bait(MAILS[name]))

    assert set(Page(mail.html).links) <= set(Page(clean.html).links)
    assert Page(mail.html).loaded == []
    for words in (mail.subject, mail.text, mail.html):
        assert "evil.example" not in words
        assert "https://evil" not in words


@every_mail
def test_s16_t21_what_people_typed_makes_no_element(name: str) -> None:
    clean, mail = render(MAILS[name]), render(with_bait(MAILS[name]))

    assert set(Page(mail.html).tags) <= set(Page(clean.html).tags)


def test_s16_t21_none_of_two_hundred_payloads_adds_a_link_or_an_element_to_a_mail() -> None:
    clean = {name: Page(render(facts).html) for name, facts in MAILS.items()}

    for words, (name, facts) in zip(CORPUS, cycle(MAILS.items()), strict=False):
        page = Page(render(with_bait(facts, words)).html)
        assert set(page.tags) <= set(clean[name].tags), (name, words)
        assert set(page.links) <= set(clean[name].links), (name, words)
        assert page.loaded == [], (name, words)


@every_mail
def test_what_people_typed_is_not_taken_for_a_template(name: str) -> None:
    mail = render(with_bait(MAILS[name]))

    for words in (mail.subject, mail.text, Page(mail.html).words):
        assert "{{ 7 * 7 }} %(when)s %s" in words


@every_mail
def test_what_people_typed_brings_no_control_character(name: str) -> None:
    mail = render(with_bait(MAILS[name]))

    assert not re.search(r"[\x00-\x1f\x7f]", mail.subject)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", mail.text + mail.html)


def test_a_place_is_a_link_only_when_it_is_a_secure_address() -> None:
    script = replace(CONFIRMED, location="javascript:alert(1)")
    room = replace(CONFIRMED, location="Room 2, <b>third</b> floor")

    assert Page(render(script).html).links == Page(render(room).html).links
    assert "https://meet.example/portfolio-review" in Page(render(CONFIRMED).html).links
    assert "Room 2, <b>third</b> floor" in Page(render(room).html).words


@pytest.mark.parametrize(
    ("mail", "when"),
    [
        (CONFIRMED, "02:30\N{EN DASH}03:00 (Madrid, GMT+1)"),
        (for_host(CONFIRMED), "10:30\N{EN DASH}11:00 (Tokyo, GMT+9)"),
        (for_person_in_charge(CANCELLED), "10:30\N{EN DASH}11:00 (Tokyo, GMT+9)"),
    ],
)
def test_a_booking_is_told_in_the_readers_zone(mail: BookingMail, when: str) -> None:
    rendered = render(mail)
    when = f"Tue 1 December 2026, {when}"

    assert when in rendered.subject
    assert when in rendered.text
    assert when in Page(rendered.html).words


@pytest.mark.parametrize("name", [name for name in MAILS if name.endswith("-guest")])
def test_a_guest_learns_no_address_of_hosts_or_team(name: str) -> None:
    rendered = render(MAILS[name])

    for address in (AIKO.email, KENJI.email, YUKI.email, MARIA.email):
        assert address not in rendered.text + rendered.html + rendered.subject


@pytest.mark.parametrize("mail", [for_host(CONFIRMED), for_person_in_charge(CANCELLED)])
def test_host_and_person_in_charge_learn_how_to_reach_the_guest(mail: BookingMail) -> None:
    rendered = render(mail)

    assert "María García (maria@garcia.example)" in rendered.text
    assert "mailto:maria@garcia.example" in rendered.html


@pytest.mark.parametrize(
    ("by", "sentence"),
    [
        (Recipient.GUEST, "María García cancelled this meeting."),
        (Recipient.HOST, "You cancelled this meeting"),
        (Recipient.PERSON_IN_CHARGE, "Aiko Mori cancelled this meeting."),
        (Recipient.MEMBER, "This meeting was cancelled."),
        (None, "This meeting was cancelled."),
    ],
)
def test_a_cancellation_says_who_cancelled(by: Recipient | None, sentence: str) -> None:
    rendered = render(replace(for_host(CANCELLED), ended_by=by))

    assert sentence in rendered.text
    assert sentence in Page(rendered.html).words


def test_why_a_meeting_was_cancelled_is_translated_where_the_words_are_ours() -> None:
    ours = replace(CANCELLED, reason=REMOVED_FROM_CALENDAR)
    typed = replace(CANCELLED, reason="The room burnt down.")

    assert "ホストのカレンダーからミーティングが削除されました。" in render(ours, "ja").text
    assert "The room burnt down." in render(typed, "ja").text


def test_one_of_several_hosts_who_cancelled_is_not_guessed_at() -> None:
    mail = replace(for_member_host(CANCELLED), ended_by=Recipient.HOST)

    assert "This meeting was cancelled." in render(mail).text


def test_without_note_or_place_no_empty_line_is_shown() -> None:
    rendered = render(replace(CONFIRMED, guest_note="", location="", answers=(), other_guests=()))

    for label in ("Note", "Where", "Also invited"):
        assert label not in rendered.text + Page(rendered.html).words


def test_a_note_keeps_its_lines() -> None:
    rendered = render(CONFIRMED)

    assert "three projects.\nTwo of them" in rendered.text
    assert "three projects.<br>Two of them" in rendered.html


@pytest.mark.parametrize("mail", [CONFIRMED, for_host(CONFIRMED), for_person_in_charge(CONFIRMED)])
def test_answers_and_those_brought_along_are_told(mail: BookingMail) -> None:
    rendered = render(mail)

    assert "Where can we see your work?\nIn our studio.\nOr in the book.\n" in rendered.text
    assert "In our studio.<br>Or in the book." in rendered.html
    for words in (rendered.text, Page(rendered.html).words):
        assert "noah@weber.example, lea@weber.example" in words.replace("\u200b", "")


def test_a_host_sees_whom_they_host_with() -> None:
    assert "Hosts: Kenji Tanaka and Yuki Sato" in render(for_member_host(CONFIRMED)).text
    assert "Host" not in render(for_host(CONFIRMED)).text


def test_a_move_tells_the_new_time_and_strikes_the_old_one() -> None:
    rendered = render(MOVED)

    old = "Tue 1 December 2026, 02:30\N{EN DASH}03:00 (Madrid, GMT+1)"
    new = "Wed 2 December 2026, 10:00\N{EN DASH}10:30 (Madrid, GMT+1)"
    assert rendered.subject == f"Moved: Portfolio review, now {new}"
    assert f"{new}\nWas: {old}\n" in rendered.text
    assert f"<s>{old}</s>" in re.sub(r"</?span[^>]*>|\n", "", rendered.html)


def test_a_request_names_the_end_of_its_patience_in_the_readers_zone() -> None:
    for_guest, for_decider = render(REQUESTED), render(for_person_in_charge(REQUESTED))

    assert "Decision by: Tue 1 December 2026, 01:00 (Madrid, GMT+1)" in for_guest.text
    assert "Decision by: Tue 1 December 2026, 09:00 (Tokyo, GMT+9)" in for_decider.text
    assert "Approve or decline" in for_decider.html
    assert "Approve or decline" not in for_guest.html


def test_a_mere_request_is_not_said_to_have_an_attachment() -> None:
    for mail in (REQUESTED, MOVED, HANDED_OVER):
        pending = replace(mail, decide_by=at(1, "00:00"))

        assert "attached" not in render(pending).text


@pytest.mark.parametrize(
    ("written_at", "day"),
    [
        (at(1, "00:30"), "today"),
        (at(1, "01:30") - DAY, "tomorrow"),
        (at(1, "01:30") - 2 * DAY, "in 2 days"),
        # In Madrid, where the guest is, it is still the day before.
        (at(1, "01:30") - timedelta(hours=3), "tomorrow"),
    ],
)
def test_a_reminder_counts_days_as_its_reader_does(written_at: datetime, day: str) -> None:
    rendered = render(replace(REMINDER, written_at=written_at))

    for words in (rendered.text, Page(rendered.html).words):
        assert f"Your meeting with Kenji Tanaka is {day}." in words


ZONES = {
    "tokyo": ("Asia/Tokyo", "2026-11-01 14:30+09:00"),
    "new-york-first": ("America/New_York", "2026-11-01 01:30-04:00"),
    "new-york-second": ("America/New_York", "2026-11-01 01:30-05:00"),
    "berlin-first": ("Europe/Berlin", "2026-10-25 02:30+02:00"),
    "berlin-second": ("Europe/Berlin", "2026-10-25 02:30+01:00"),
}
"""Where, and when: clocks in New York and Berlin show these times twice."""

IN_ZONES = {
    news.value: mail
    for news, mail in {
        BookingNews.REQUESTED: REQUESTED,
        BookingNews.CONFIRMED: CONFIRMED,
        BookingNews.DECLINED: DECLINED,
        BookingNews.MOVED: MOVED,
        BookingNews.CANCELLED: CANCELLED,
        BookingNews.REMINDER: REMINDER,
    }.items()
}


def in_zone(mail: BookingMail, zone: str, start: datetime) -> BookingMail:
    """Return the mail about a quarter of an hour in another zone; if moved, by one hour."""
    hour = timedelta(hours=1)
    return replace(
        mail,
        time_zone=zone,
        time=TimeRange(start, start + hour / 4),
        former_time=mail.former_time and TimeRange(start - hour, start - hour * 3 / 4),
        decide_by=mail.decide_by and start - hour,
        written_at=start - DAY,
    )


@pytest.mark.parametrize("place", ZONES)
@pytest.mark.parametrize("news", IN_ZONES)
def test_a_mail_reads_as_it_was_approved_in_each_zone(news: str, place: str) -> None:
    zone, start = ZONES[place]
    mail = render(in_zone(IN_ZONES[news], zone, datetime.fromisoformat(start).astimezone(UTC)))

    expect_approved({f"zones/{news}-{place}.txt": f"Subject: {mail.subject}\n\n{mail.text}"})


TIMES = re.compile(
    r"[A-Z][a-z]{2} \d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d(?:\N{EN DASH}\d\d:\d\d)?"
    r"(?P<zone> \([A-Z][A-Za-z ]+, GMT[+-]\d{1,2}(?::\d\d)?\))?"
)
"""A date with a time, and the zone's name with its offset if they follow."""


@pytest.mark.parametrize("place", ZONES)
@pytest.mark.parametrize("name", [name for name in MAILS if name.startswith("booking-")])
def test_every_mail_prints_date_time_zone_and_offset(name: str, place: str) -> None:
    zone, start = ZONES[place]
    facts = MAILS[name]
    assert isinstance(facts, BookingMail)

    mail = render(in_zone(facts, zone, datetime.fromisoformat(start).astimezone(UTC)))

    for words in (mail.subject, mail.text, Page(mail.html).words):
        found = list(TIMES.finditer(words))
        assert found
        assert all(each["zone"] for each in found)


@pytest.mark.parametrize("mail", IN_ZONES.values(), ids=IN_ZONES)
@pytest.mark.parametrize(
    ("place", "first", "second"),
    [
        (
            "new-york",
            "01:30\N{EN DASH}01:45 (New York, GMT-4)",
            "01:30\N{EN DASH}01:45 (New York, GMT-5)",
        ),
        (
            "berlin",
            "02:30\N{EN DASH}02:45 (Berlin, GMT+2)",
            "02:30\N{EN DASH}02:45 (Berlin, GMT+1)",
        ),
    ],
)
def test_the_repeated_hour_is_told_apart_by_its_offset(
    mail: BookingMail, place: str, first: str, second: str
) -> None:
    for which, when in (("first", first), ("second", second)):
        zone, start = ZONES[f"{place}-{which}"]
        rendered = render(in_zone(mail, zone, datetime.fromisoformat(start).astimezone(UTC)))

        assert when in rendered.subject
        assert when in rendered.text
        assert when in Page(rendered.html).words


def test_entered_times_stand_day_by_day_in_their_zone() -> None:
    text = render(ENTERED).text

    assert (
        "Tokyo, GMT+9\n"
        "  Tue 1 December 2026: 10:00\N{EN DASH}12:00, 14:00\N{EN DASH}16:30\n"
        "  Wed 2 December 2026: 18:00\N{EN DASH}24:00\n"
    ) in text


def test_entered_times_name_the_new_offset_after_a_clock_change() -> None:
    october = [at(1, "09:00").replace(month=10, day=day) for day in (24, 26)]
    windows = tuple(TimeRange(start, start.replace(hour=10)) for start in october)

    text = render(replace(ENTERED, windows=windows, time_zone="Europe/Berlin")).text

    assert (
        "Berlin, GMT+2\n"
        "  Sat 24 October 2026: 11:00\N{EN DASH}12:00\n"
        "Berlin, GMT+1\n"
        "  Mon 26 October 2026: 10:00\N{EN DASH}11:00\n"
    ) in text


def test_one_entered_time_is_named_in_the_subject() -> None:
    mail = replace(ENTERED, windows=ENTERED.windows[:1])

    assert render(mail).subject == "Kenji Tanaka entered 1 time: Tue 1 December 2026"


def test_a_request_says_who_asks_for_what_and_until_when() -> None:
    text = render(REQUEST).text

    expiry = "Mon 21 December 2026, 18:00 (Tokyo, GMT+9)"
    for fact in (AIKO.name, "Portfolio review", "30 minutes", expiry):
        assert fact in text
