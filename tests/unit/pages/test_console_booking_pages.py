"""Booking pages in the console: the list, the editor, what guests see, times explained."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from handlers.pages.forms import Form
from handlers.pages.page_settings_form import SettingsReading, form_of
from scheduling.domain.booking_page import BookingPage, BookingRules, Question, QuestionKind
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.hours import ClockSpan, DateOverride, DateSpan
from scheduling.domain.lists import ListPage
from scheduling.domain.slots import BufferRule, Limit, LimitPeriod
from scheduling.domain.working_hours import usual_hours
from scheduling.use_cases.page_settings import PageSettings
from tests.support.builders import (
    AIKO,
    EARLY,
    ORGANIZATION,
    a_hold,
    a_member_host,
    an_entry,
    an_external_member,
    at,
    between,
)
from tests.unit.pages.test_injection import CORPUS, structure

if TYPE_CHECKING:
    from tests.unit.pages.site import Answer, Browser, Site

LIST = "/console/booking-pages"
WORKSHOP = f"{LIST}/workshop"


class Filled(HTMLParser):
    """Collects what a browser would send of the form in the middle of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self._name = ""
        self._text: str | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        name, value = given.get("name") or "", given.get("value") or ""
        is_left_out = given.get("type") in {"checkbox", "radio"} and "checked" not in given
        if tag == "input" and name and not is_left_out:
            self.fields.append((name, value))
        elif tag == "select":
            self._name = name
        elif tag == "option" and "selected" in given:
            self.fields.append((self._name, value))
        elif tag == "textarea":
            self._name, self._text = name, ""

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # The line end after the tag is no part of what is typed.
            self.fields.append((self._name, (self._text or "").removeprefix("\n")))
            self._text = None


def filled(answer: Answer, **changes: str) -> list[tuple[str, str]]:
    """Return the form of a page, as it is sent after some fields were changed."""
    form = Filled()
    form.feed(answer.body)
    changed = {name.replace("__", "."): value for name, value in changes.items()}
    return [pair for pair in form.fields if pair[0] not in changed] + list(changed.items())


def page_with(settings: PageSettings) -> BookingPage:
    chosen = {field.name: getattr(settings, field.name) for field in fields(settings)}
    return BookingPage(slug="review", organization_id="organization", created_at=EARLY, **chosen)


def test_every_setting_comes_back_from_the_form():
    settings = PageSettings(
        title="Portfolio review",
        hosts=(HostKey(HostKind.MEMBER, "aiko"), HostKey(HostKind.EXTERNAL_MEMBER, "kenji")),
        person_in_charge_id="aiko",
        needed_hosts=2,
        description="Bring it.\nAll of it.",
        location="Studio 2",
        time_zone="Asia/Tokyo",
        locale="ja",
        zone_is_locked=True,
        rules=BookingRules(
            durations=(timedelta(minutes=30), timedelta(minutes=90)),
            interval=timedelta(minutes=15),
            minimum_notice=timedelta(hours=36),
            buffer_before=timedelta(minutes=5),
            buffer_after=timedelta(minutes=10),
            buffer_rule=BufferRule.MAX,
            dates=DateSpan(date(2026, 12, 1), date(2026, 12, 24)),
            limits=(Limit(LimitPeriod.DAY, 3), Limit(LimitPeriod.MONTH, 20)),
        ),
        questions=(
            Question("topic", "What about?", QuestionKind.CHOICE, True, ("This", "That")),  # noqa: FBT003
            Question("more", "Anything else?", QuestionKind.TEXT),
        ),
        needs_approval=True,
        approval_within=timedelta(hours=12),
        reminders=(timedelta(days=2), timedelta(minutes=90)),
        is_on=False,
    )

    reading = SettingsReading(form_of(page_with(settings)))

    assert reading.settings() == settings
    assert reading.mistakes == []


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("durations_minutes", "30, half an hour"),
        ("interval_minutes", "-5"),
        ("minimum_notice_minutes", "soon"),
        ("horizon_days", "1.5"),
        ("limits.week", "many"),
    ],
)
def test_what_cannot_be_read_is_named(field: str, typed: str):
    reading = SettingsReading(Form({field: [typed]}))

    reading.settings()

    assert [mistake.field for mistake in reading.mistakes] == [field]


def test_days_that_are_missing_are_named():
    reading = SettingsReading(Form({"window": ["dates"], "last_date": ["2026-12-24"]}))

    reading.settings()

    assert [mistake.field for mistake in reading.mistakes] == ["first_date"]


def test_the_list_says_what_is_open_and_why_others_are_not(staff: Browser):
    page = staff.get(LIST).body

    assert "There are no times to come." in page
    assert "It is switched off." in page
    assert "with one of Aiko Mori or Kenji Tanaka" in page
    assert "https://parley.example/book/workshop" in page


def test_the_list_names_pages_whose_host_is_gone(staff: Browser, site: Site):
    staff.post(f"{site.page_of(site.lena)}/deletion", {})

    assert "Its host was deleted." in staff.get(LIST).body


def test_the_pages_of_one_host_are_listed(staff: Browser, site: Site):
    page = staff.get(f"{LIST}?host={site.lena.external_member_id}").body

    assert site.lena.booking_page_slug in page
    assert "/book/workshop" not in page
    assert "No page with this host" in staff.get(f"{LIST}?host=nobody").body


def test_a_part_without_finds_offers_to_keep_looking(
    staff: Browser, site: Site, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        site.adapters.booking_pages, "list", lambda *_, **__: ListPage((), next_cursor="more")
    )

    page = staff.get(f"{LIST}?host=x").body

    assert 'href="?host=x&amp;cursor=more"' in page


def test_fifty_pages_are_at_most_60_kilobytes(staff: Browser, site: Site):
    for number in range(60):
        slug = f"review-of-a-portfolio-{number:02}-k7d2xm4q"
        site.store.booking_pages[slug] = replace(site.workshop, slug=slug)

    page = staff.get(LIST).body

    assert page.count('<tr role="row">') == 51
    assert len(page.encode()) <= 60_000


def test_a_page_is_switched_off_and_on(staff: Browser, site: Site):
    off = staff.post(f"{WORKSHOP}/state", {"is_on": "no"})
    was_on = site.store.booking_pages["workshop"].is_on
    staff.post(f"{WORKSHOP}/state", {"is_on": "yes"})

    assert "Nothing new can be booked." in staff.get(off.location).body
    assert not was_on
    assert site.store.booking_pages["workshop"].is_on


def test_a_copy_is_switched_off_and_opens_in_the_editor(staff: Browser, site: Site):
    answer = staff.post(f"{WORKSHOP}/copies", {})

    page = staff.get(answer.location).body
    slug = answer.location.removeprefix(f"{LIST}/").partition("?")[0]
    assert "This is the copy" in page
    assert 'value="Design workshop"' in page
    assert not site.store.booking_pages[slug].is_on


def test_a_page_is_made_for_oneself(staff: Browser, site: Site):
    form = staff.get(f"{LIST}/new")

    answer = staff.post(f"{LIST}/new", filled(form, title="Office hour", slug="office-hour"))

    page = site.store.booking_pages["office-hour"]
    assert answer.location == f"{LIST}/office-hour?news=made"
    assert page.hosts == (HostKey(HostKind.MEMBER, AIKO.member_id),)
    assert page.person_in_charge_id == AIKO.member_id
    assert page.rules == BookingRules()
    assert page.is_on


def test_the_same_form_makes_one_page(staff: Browser, site: Site):
    form = filled(staff.get(f"{LIST}/new"), title="Office hour", questions__0__label="Why?")

    first, second = (staff.post(f"{LIST}/new", form) for _ in range(2))

    assert first.location == second.location


def test_an_address_that_is_taken_is_named(staff: Browser):
    form = filled(staff.get(f"{LIST}/new"), title="Another", slug="workshop")

    answer = staff.post(f"{LIST}/new", form)

    assert answer.status == 409
    assert 'href="#slug"' in answer.body
    assert 'value="Another"' in answer.body


def test_saving_the_editor_as_it_is_changes_nothing(staff: Browser, site: Site):
    before = site.store.booking_pages["workshop"]

    answer = staff.post(WORKSHOP, filled(staff.get(WORKSHOP)))

    assert answer.location == f"{WORKSHOP}?news=saved"
    assert site.store.booking_pages["workshop"] == replace(before, version=before.version + 1)


def test_settings_are_changed(staff: Browser, site: Site):
    form = filled(
        staff.get(WORKSHOP),
        durations_minutes="45",
        attendance="all",
        needs_approval="",
        minimum_notice_minutes="2",
        minimum_notice_minutes_unit="days",
        limits__week="5",
        reminders_minutes__0="",
        reminders_minutes__2="30",
        reminders_minutes__2_unit="minutes",
        questions__0__label="",
    )

    staff.post(WORKSHOP, form)

    page = site.store.booking_pages["workshop"]
    assert page.rules.durations == (timedelta(minutes=45),)
    assert page.needed_hosts is None
    assert not page.needs_approval
    assert page.rules.minimum_notice == timedelta(days=2)
    assert page.rules.limits == (Limit(LimitPeriod.WEEK, 5),)
    assert page.reminders == (timedelta(minutes=30),)
    assert len(page.questions) == len(site.workshop.questions) - 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"description": "x" * 501}, "description"),
        ({"location": "x" * 101}, "location"),
        ({"durations_minutes": "30, 7"}, "durations_minutes"),
        ({"durations_minutes": ""}, "durations_minutes"),
        ({"hosts": "member:nobody"}, "hosts"),
        ({"hosts": ""}, "hosts"),
        ({"attendance": "some", "needed_hosts": "3"}, "needed_hosts"),
        ({"person_in_charge_id": "nobody"}, "person_in_charge_id"),
        ({"interval_minutes": "7"}, "interval_minutes"),
        ({"minimum_notice_minutes": "61", "minimum_notice_minutes_unit": "days"}, "notice"),
        ({"buffer_before_minutes": "7"}, "buffer_before_minutes"),
        ({"buffer_after_minutes": "721"}, "buffer_after_minutes"),
        ({"horizon_days": "367"}, "horizon_days"),
        (
            {"window": "dates", "first_date": "2026-12-24", "last_date": "2026-12-01"},
            "last_date",
        ),
        ({"limits__month": "0"}, "limits-month"),
        ({"approval_within_minutes": "15"}, "approval_within_minutes"),
        (
            {"reminders_minutes__1": "15", "reminders_minutes__1_unit": "days"},
            "reminders_minutes-1",
        ),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"locale": "tlh"}, "locale"),
        ({"questions__1__label": "x" * 101}, "questions-1-label"),
        ({"questions__4__kind": "choice", "questions__4__label": "x"}, "questions-4-choices"),
    ],
)
def test_each_refused_setting_is_named_at_its_field(
    staff: Browser, site: Site, changes: dict[str, str], field: str
):
    field = "minimum_notice_minutes" if field == "notice" else field
    answer = staff.post(WORKSHOP, filled(staff.get(WORKSHOP), **changes))

    assert answer.status == 422
    assert f'href="#{field}"' in answer.body
    assert f'id="{field}"' in answer.body
    assert f'id="{field}-problem"' in answer.body
    assert site.store.booking_pages["workshop"] == site.workshop


def test_every_language_is_offered_in_its_own_words(staff: Browser):
    offered = re.findall(r'<option value="(\w+)" lang="(\w+)".*?>(.*?)<', staff.get(WORKSHOP).body)

    assert offered == [("en", "en", "English"), ("ja", "ja", "日本語")]


def test_a_mistake_in_a_list_of_answers_names_its_line(staff: Browser):
    changes = {"questions__2__choices": f"Start\n\n{'x' * 101}"}

    answer = staff.post(WORKSHOP, filled(staff.get(WORKSHOP), **changes))

    assert 'href="#questions-2-choices">Question 3, line 3</a>' in answer.body
    assert "<details open>" in answer.body


def test_a_mistake_after_an_emptied_question_stands_where_it_was_typed(staff: Browser):
    changes = {"questions__0__label": "", "questions__3__label": "x" * 101}

    answer = staff.post(WORKSHOP, filled(staff.get(WORKSHOP), **changes))

    assert 'href="#questions-3-label"' in answer.body


def test_another_place_for_a_question_is_added_without_saving(staff: Browser, site: Site):
    form = filled(staff.get(WORKSHOP), title="Unsaved", action="add-question")
    writes = site.store.writes

    answer = staff.post(WORKSHOP, form)
    on_new = staff.post(f"{LIST}/new", filled(staff.get(f"{LIST}/new"), action="add-question"))

    assert answer.body.count('class="question"') == 6
    assert on_new.body.count('class="question"') == 2
    assert 'value="Unsaved"' in answer.body
    assert site.store.writes == writes


def test_two_editors_do_not_overwrite_each_other_unknowingly(staff: Browser, site: Site):
    opened = filled(staff.get(WORKSHOP), title="Mine")
    staff.post(WORKSHOP, filled(staff.get(WORKSHOP), title="Theirs"))

    refused = staff.post(WORKSHOP, opened)
    title = site.store.booking_pages["workshop"].title
    staff.post(WORKSHOP, filled(refused))

    assert refused.status == 409
    assert "Somebody else changed this page meanwhile" in refused.body
    assert 'value="Mine"' in refused.body
    assert title == "Theirs"
    assert site.store.booking_pages["workshop"].title == "Mine"


def test_the_largest_editor_is_at_most_60_kilobytes(staff: Browser, site: Site):
    for number in range(120):
        member = replace(
            an_external_member(email=f"guest{number}@example.org"),
            name=f"Somebody with a Name {number}",
        )
        site._invite(member, site.store.messages[site.lena.request_mail])
    questions = tuple(
        Question(f"q{number}", f"What about the matter number {number}?") for number in range(10)
    )
    site.store.booking_pages["workshop"] = replace(site.workshop, questions=questions)

    assert len(staff.get(WORKSHOP).body.encode()) <= 60_000


def test_hosts_that_are_chosen_are_offered_however_many_there_are(
    staff: Browser, site: Site, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("handlers.pages.console_frame.MOST_CHOICES", 1)

    page = staff.get(WORKSHOP).body

    assert "Kenji Tanaka" in page
    assert "Lena Fischer" not in page


def test_the_preview_shows_what_guests_will_see(staff: Browser, site: Site):
    page = staff.get(f"{WORKSHOP}/preview").body
    off = staff.get(f"{LIST}/switched-off/preview").body
    closed = staff.get(f"{LIST}/{site.lena.booking_page_slug}/preview").body

    assert "Bring a sketch." in page
    assert "What is it about?" in page
    assert "with one of Aiko Mori or Kenji Tanaka" in page
    assert 'class="times"' in page
    assert "<form" not in page.partition("<h1")[2].partition('<nav class="rail"')[0]
    assert "The page is switched off" in off
    assert 'class="times"' in off
    assert "The hosts have no times to come" in closed


def test_taken_times_are_explained_with_the_meeting(staff: Browser, site: Site):
    address = f"{LIST}/{site.kenji.booking_page_slug}/explanations"

    page = staff.get(f"{address}?date=2026-12-01").body

    assert f'href="/console/bookings/{site.booking.booking_id}">the meeting with Mia Weber' in page
    assert "Outside the hours of Kenji Tanaka." in page
    assert "<li>23:30</li>" in page
    assert 'href="?date=2026-11-30"' in page
    assert 'href="?date=2026-12-02"' in page


def test_requests_and_kept_times_are_explained(staff: Browser, site: Site):
    page = replace(site.workshop, slug="aiko", hosts=(site.workshop.hosts[0],), needed_hosts=None)
    site.store.booking_pages["aiko"] = page
    start = at("05:00") + timedelta(days=1)
    time = replace(between("05:00", "05:30"), start=start, end=start + timedelta(minutes=30))
    hold = replace(a_hold(a_member_host(), time), expires_at=site.now + timedelta(minutes=5))
    site.adapters.bookings.hold(hold)

    body = staff.get(f"{LIST}/aiko/explanations?date=2026-12-02").body

    assert "the request of Ben Okoro" in body
    assert "Kept for a guest who is filling in the form." in body


def test_hours_notice_limits_and_days_ahead_are_explained(staff: Browser, site: Site):
    hours = usual_hours(AIKO)
    closed = replace(
        hours.hours,
        overrides=(DateOverride(date(2026, 12, 3), ()), DateOverride(date(2026, 12, 7), ())),
        out_of_office=(DateSpan(date(2026, 12, 4), date(2026, 12, 4)),),
    )
    site.adapters.working_hours.replace(replace(hours, version=1, hours=closed), an_entry())
    rules = replace(
        site.workshop.rules,
        minimum_notice=timedelta(hours=12),
        horizon_days=10,
        limits=(Limit(LimitPeriod.DAY, 1),),
        buffer_after=timedelta(minutes=30),
    )
    page = replace(
        site.workshop, slug="aiko", hosts=(site.workshop.hosts[0],), needed_hosts=1, rules=rules
    )
    site.store.booking_pages["aiko"] = page
    booking = replace(site.store.bookings[ORGANIZATION.organization_id, site.asked.booking_id])
    site.store.bookings[ORGANIZATION.organization_id, booking.booking_id] = replace(
        booking, booking_page_slug="aiko"
    )

    def explained(day: str) -> str:
        return staff.get(f"{LIST}/aiko/explanations?date={day}").body

    assert "Over, or sooner than the notice of 12 hours." in explained("2026-12-01")
    assert "Aiko Mori has 1 booking on this day, and more are not taken." in explained("2026-12-02")
    assert "needs the time before or after" in explained("2026-12-02")
    assert "Closed on this date by an override of Aiko Mori." in explained("2026-12-03")
    assert "Aiko Mori is away on this date." in explained("2026-12-04")
    assert "Guests can book 10 days ahead." in explained("2026-12-15")


def test_a_page_that_is_not_active_says_so_over_its_times(staff: Browser, site: Site):
    off = staff.get(f"{LIST}/switched-off/explanations").body
    empty = staff.get(f"{LIST}/{site.lena.booking_page_slug}/explanations").body

    assert off.index("The page is switched off.") < off.index("<h1>")
    assert "The hosts have no times to come." in empty


def test_another_length_is_explained(staff: Browser):
    page = staff.get(f"{WORKSHOP}/explanations?date=2026-12-02&duration=60").body

    assert '<option value="60" selected>' in page
    assert 'href="?duration=60&amp;date=2026-12-03"' in page


def test_a_day_that_clocks_left_out_is_said(staff: Browser, site: Site):
    site.store.booking_pages["apia"] = replace(site.workshop, slug="apia", time_zone="Pacific/Apia")

    page = staff.get(f"{LIST}/apia/explanations?date=2011-12-30").body

    assert "There is no such day here" in page


def test_typed_words_come_back_as_text(staff: Browser, site: Site):
    opened = filled(staff.get(WORKSHOP))
    plain = ("title", "description", "location", "durations_minutes", "time_zone", "version")
    typed_in = (*plain, "questions.0.label", "questions.0.choices", "questions.0.id")

    def typed(words: str) -> list[tuple[str, ...]]:
        long = words.ljust(600, "x")
        form = [pair for pair in opened if pair[0] not in typed_in]
        answer = staff.post(WORKSHOP, [*form, *((name, long) for name in typed_in)])
        assert answer.status == 422
        return structure(answer.body)

    wanted = typed("harmless")
    for words in CORPUS[::4]:
        assert typed(words) == wanted, words


def test_hours_of_a_host_make_times(staff: Browser, site: Site):
    hours = usual_hours(AIKO)
    weekdays = {3: (ClockSpan(9 * 60, 10 * 60),)}
    site.adapters.working_hours.replace(
        replace(hours, version=1, hours=replace(hours.hours, weekdays=weekdays)), an_entry()
    )

    page = staff.get(f"{LIST}/locked/preview").body

    assert "Wed 2 December 2026" in page
    assert page.count('class="button quiet wide number inert"') == 2
