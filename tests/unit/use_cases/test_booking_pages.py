from dataclasses import replace
from datetime import date, timedelta

import pytest

from scheduling.domain.booking_page import Question, QuestionKind
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.hours import DateSpan
from scheduling.domain.identifiers import new_id
from scheduling.domain.refusals import (
    BookingPageChanged,
    BookingPageNotFound,
    InvalidInput,
    SlugTaken,
)
from scheduling.domain.slots import Limit, LimitPeriod, Verdict
from scheduling.use_cases.booking_pages import list_booking_pages, view_booking_page
from scheduling.use_cases.page_settings import (
    add_booking_page,
    copy_booking_page,
    edit_booking_page,
    switch_booking_page,
)
from scheduling.use_cases.slots import explain_day
from tests.support.builders import AIKO, ORGANIZATION, STAFF, at, between
from tests.support.road import (
    HALF_HOUR,
    book,
    do,
    enter,
    external,
    hold,
    invite,
    make_page,
    settings,
    slots,
)

ME = HostKey(HostKind.MEMBER, AIKO.member_id)
HOURS_OF_THE_DAY = [f"{half // 2:02d}:{half % 2 * 30:02d}" for half in range(16)]
"""9 to 5 in Tokyo, in UTC."""


def refused_fields(refused):
    return [(problem.field, problem.code) for problem in refused.value.problems]


def minutes(*lengths):
    return tuple(timedelta(minutes=length) for length in lengths)


def test_a_members_page_offers_their_working_hours(parley):
    parley.clock -= timedelta(days=1)
    page = make_page(parley, ME, title="Ask Aiko")

    assert page.slug.startswith("ask-aiko-")
    assert slots(parley, page.slug) == HOURS_OF_THE_DAY


def test_a_host_has_several_pages_that_share_their_time(parley):
    parley.clock -= timedelta(days=1)
    short = make_page(parley, ME, slug="ask-aiko")
    long = make_page(parley, ME, rules=replace(HALF_HOUR, durations=minutes(60)))

    book(parley, short.slug, at("02:30"))

    assert short.slug == "ask-aiko"
    assert slots(parley, long.slug) == [f"{hour:02d}:00" for hour in range(8) if hour != 2]


def test_an_address_is_given_once(parley):
    make_page(parley, ME, slug="ask-aiko")

    with pytest.raises(SlugTaken):
        make_page(parley, ME, slug="ask-aiko")


def test_the_same_key_makes_one_page(parley):
    one = do(parley, add_booking_page, STAFF, settings(ME), key="form")
    parley.clock += timedelta(minutes=1)

    assert do(parley, add_booking_page, STAFF, settings(ME), key="form") == one
    with pytest.raises(SlugTaken):
        do(parley, add_booking_page, STAFF, settings(ME, location="Studio"), key="form")


def test_each_wrong_setting_is_named_and_nothing_is_stored(parley):
    rules = replace(
        HALF_HOUR,
        durations=minutes(30, 7, 725),
        interval=timedelta(0),
        buffer_before=timedelta(minutes=2),
        buffer_after=timedelta(hours=13),
        minimum_notice=timedelta(days=61),
        horizon_days=367,
        dates=DateSpan(date(2026, 12, 2), date(2026, 12, 1)),
        limits=(Limit(LimitPeriod.DAY, 0), Limit(LimitPeriod.DAY, 2)),
    )
    questions = (
        Question("a", ""),
        Question("b", "Which?", QuestionKind.CHOICE, choices=("One",)),
    )
    wrong = settings(
        ME,
        title="",
        description="x" * 501,
        time_zone="Mars/Olympus",
        locale="tlh",
        person_in_charge_id="nobody",
        needed_hosts=2,
        rules=rules,
        questions=questions,
        approval_within=timedelta(minutes=5),
        reminders=minutes(3, 60, 120, 180),
    )

    with pytest.raises(InvalidInput) as refused:
        do(parley, add_booking_page, STAFF, wrong, slug="A page")

    assert refused_fields(refused) == [
        ("slug", "invalid_slug"),
        ("title", "missing"),
        ("description", "too_long"),
        ("time_zone", "unknown_time_zone"),
        ("locale", "unknown_language"),
        ("questions.0.label", "missing"),
        ("questions.1.choices", "out_of_range"),
        ("durations_minutes.1", "off_grid"),
        ("durations_minutes.2", "out_of_range"),
        ("interval_minutes", "out_of_range"),
        ("buffer_before_minutes", "out_of_range"),
        ("buffer_after_minutes", "out_of_range"),
        ("minimum_notice_minutes", "out_of_range"),
        ("horizon_days", "out_of_range"),
        ("last_date", "end_before_start"),
        ("limits", "repeated"),
        ("limits.0.count", "out_of_range"),
        ("needed_hosts", "out_of_range"),
        ("person_in_charge_id", "not_a_member"),
        ("approval_within_minutes", "out_of_range"),
        ("reminders_minutes", "too_many"),
        ("reminders_minutes.0", "out_of_range"),
    ]
    assert parley.store.booking_pages == {}


@pytest.mark.parametrize(
    ("hosts", "code"),
    [
        ((), "out_of_range"),
        ((ME, ME), "repeated"),
        ((HostKey(HostKind.EXTERNAL_MEMBER, new_id()),), "unknown_host"),
    ],
)
def test_hosts_are_people_of_the_organization(parley, hosts, code):
    with pytest.raises(InvalidInput) as refused:
        make_page(parley, *hosts)

    assert refused_fields(refused) == [("hosts", code)]


def test_a_meeting_fits_into_one_transaction(parley):
    others = [
        external(invite(parley, name=f"Host {n}", email=f"{n}@example.org")) for n in range(4)
    ]
    whole_day = replace(HALF_HOUR, durations=minutes(720))

    make_page(parley, ME, *others, rules=whole_day, needed_hosts=1)
    with pytest.raises(InvalidInput) as refused:
        make_page(parley, ME, *others, rules=whole_day)

    assert refused_fields(refused) == [("hosts", "too_many_for_length")]


def test_a_page_is_edited_by_one_at_a_time(parley):
    page = make_page(parley, ME)

    edited = do(parley, edit_booking_page, STAFF, page.slug, settings(ME, title="New"), version=1)

    assert (edited.title, edited.version, edited.slug) == ("New", 2, page.slug)
    with pytest.raises(BookingPageChanged):
        do(parley, edit_booking_page, STAFF, page.slug, settings(ME), version=1)


def test_a_copy_is_another_page_that_is_not_open_yet(parley):
    page = make_page(parley, ME, title="Ask Aiko")

    copy = do(parley, copy_booking_page, STAFF, page.slug)

    assert copy.slug != page.slug
    assert not do(parley, view_booking_page, copy.slug).is_active
    do(parley, switch_booking_page, STAFF, copy.slug, is_on=True)
    assert do(parley, view_booking_page, copy.slug).is_active


def test_pages_are_listed_with_why_they_are_not_open(parley):
    member = invite(parley)
    parley.clock += timedelta(minutes=1)
    mine = make_page(parley, ME)

    listed = do(parley, list_booking_pages, STAFF, cursor=None, limit=10).items
    of_member = do(
        parley,
        list_booking_pages,
        STAFF,
        host_id=member.external_member_id,
        cursor=None,
        limit=10,
    )

    assert [(view.page.slug, view.is_active) for view in listed] == [
        (mine.slug, True),
        (member.booking_page_slug, False),
    ]
    assert [view.page.slug for view in of_member.items] == [member.booking_page_slug]


def test_another_organization_touches_no_page(parley):
    page = make_page(parley, ME)
    stranger = replace(STAFF, organization=replace(ORGANIZATION, organization_id="another"))

    with pytest.raises(BookingPageNotFound):
        do(parley, switch_booking_page, stranger, page.slug, is_on=False)
    with pytest.raises(BookingPageNotFound):
        do(parley, explain_day, stranger, page.slug, at("00:00").date())


def test_staff_sees_why_each_time_of_a_day_is_or_is_not_offered(parley):
    parley.clock = at("00:00")
    member = invite(parley, rules=replace(HALF_HOUR, buffer_after=timedelta(minutes=15)))
    enter(parley, member, between("02:00", "06:00"))
    parley.clock = at("02:15")
    booked = book(parley, member, at("04:00"), key="1").booking
    held = hold(parley, member.booking_page_slug, at("05:00"), key="2")

    explained = do(parley, explain_day, STAFF, member.booking_page_slug, at("00:00").date())
    listed = slots(parley, member.booking_page_slug)

    verdicts = {clock(each.start): each for each in explained.explanations}
    assert [when for when, each in verdicts.items() if each.verdict is Verdict.OPEN] == listed
    assert verdicts["01:00"].verdict is Verdict.OUTSIDE_HOURS
    assert verdicts["02:00"].verdict is Verdict.TOO_SOON
    assert (verdicts["04:00"].verdict, verdicts["04:00"].reference) == (
        Verdict.BUSY,
        booked.booking_id,
    )
    assert (verdicts["04:30"].verdict, verdicts["04:30"].reference) == (
        Verdict.BUFFER,
        booked.booking_id,
    )
    assert (verdicts["05:00"].verdict, verdicts["05:00"].reference) == (
        Verdict.HELD,
        held.hold_id,
    )
    assert explained.is_active


def clock(seconds):
    start = at("00:00") + timedelta(seconds=seconds - at("00:00").timestamp())
    return f"{start:%H:%M}" if start.date() == at("00:00").date() else f"{start:%d %H:%M}"
