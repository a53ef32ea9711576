"""Making booking pages, and changing what they say."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from scheduling.domain.audit import Activity, Entry, entry_by
from scheduling.domain.availability import GRID
from scheduling.domain.booking import MOST_OTHER_GUESTS
from scheduling.domain.booking_page import (
    MOST_HOSTS,
    BookingPage,
    BookingRules,
    Question,
    QuestionKind,
)
from scheduling.domain.checks import Checks
from scheduling.domain.hosts import HostKind
from scheduling.domain.identifiers import derived_id, new_id
from scheduling.domain.refusals import (
    BookingPageChanged,
    HostNotFound,
    SlugTaken,
    marked,
)
from scheduling.use_cases.slots import own_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.connections import Platform
    from scheduling.domain.hosts import HostKey
    from scheduling.domain.sessions import SignedIn
    from scheduling.domain.slots import Limit
    from scheduling.provider_ports import Connections

SHORTEST_MEETING = timedelta(minutes=5)
LONGEST_MEETING = timedelta(hours=12)
LONGEST_BUFFER = timedelta(hours=12)
LONGEST_NOTICE = timedelta(days=60)
LONGEST_HORIZON_DAYS = 366
SHORTEST_APPROVAL = timedelta(hours=1)
LONGEST_APPROVAL = timedelta(days=14)
EARLIEST_REMINDER = timedelta(days=14)

MOST_DURATIONS = 6
MOST_QUESTIONS = 10
LEAST_CHOICES, MOST_CHOICES = 2, 20
MOST_REMINDERS = 3
MOST_LIMITS = 3
HIGHEST_LIMIT = 999

MOST_WRITES = 100
"""A change of a booking is one transaction, which takes no more items.

Source: DynamoDB API reference, TransactWriteItems.
"""

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,58}[a-z0-9])")


@dataclass(frozen=True, slots=True)
class PageSettings:
    """What the team says about a page, unchecked."""

    title: str
    hosts: tuple[HostKey, ...]
    person_in_charge_id: str
    needed_hosts: int | None = None
    description: str = ""
    location: str = ""
    time_zone: str = ""
    """The organization's where empty."""
    locale: str = ""
    """The organization's where empty."""
    zone_is_locked: bool = False
    rules: BookingRules = BookingRules()  # noqa: RUF009 - a frozen value
    questions: tuple[Question, ...] = ()
    needs_approval: bool = False
    approval_within: timedelta = timedelta(hours=48)
    reminders: tuple[timedelta, ...] = (timedelta(hours=24),)
    is_on: bool = True
    online_meeting: Platform | None = None


def add_booking_page(
    by: SignedIn,
    settings: PageSettings,
    *,
    slug: str = "",
    key: str = "",
    now: datetime,
    members: ports.Members,
    hosts: ports.Hosts,
    connections: Connections,
    booking_pages: ports.BookingPages,
) -> BookingPage:
    """Make a page.

    Args:
        slug: The address it gets; one made of the title where empty.
        key: Chosen by the client; the same key makes one page, however often it is sent.

    Raises:
        InvalidInput: Names each field that cannot be accepted.
        SlugTaken: Another page has this address.
    """
    checks = Checks()
    if slug and not _SLUG.fullmatch(slug):
        message = marked("Please use 3 to 60 small letters, digits and hyphens.")
        checks.refuse("slug", "invalid_slug", message)
    checked = _checked(checks, by, settings, members=members, hosts=hosts, connections=connections)
    scope = key and f"{by.organization.organization_id}#{key}"
    page = _page(by, slug or slug_for(checked.title, scope), checked, now=now)
    return _added(by, page, key, now=now, booking_pages=booking_pages)


def edit_booking_page(
    by: SignedIn,
    slug: str,
    settings: PageSettings,
    *,
    version: int,
    now: datetime,
    members: ports.Members,
    hosts: ports.Hosts,
    connections: Connections,
    booking_pages: ports.BookingPages,
) -> BookingPage:
    """Replace all settings of a page. What is booked already stays as it is.

    Args:
        version: The one that was read before editing.

    Raises:
        BookingPageNotFound: The organization has no such page.
        InvalidInput: Names each field that cannot be accepted.
        BookingPageChanged: Somebody saved since `version` was read.
    """
    before = own_page(by, slug, booking_pages=booking_pages)
    if before.version != version:
        raise BookingPageChanged
    checked = _checked(
        Checks(), by, settings, members=members, hosts=hosts, connections=connections
    )
    page = replace(_page(by, slug, checked, now=before.created_at), version=version + 1)
    booking_pages.replace(page, page_entry(by, Activity.BOOKING_PAGE_EDITED, page, now=now))
    return page


def copy_booking_page(
    by: SignedIn, slug: str, *, key: str = "", now: datetime, booking_pages: ports.BookingPages
) -> BookingPage:
    """Make another page with the same settings, switched off until somebody has looked at it.

    Args:
        key: Chosen by the client; the same key makes one copy, however often it is sent.

    Raises:
        BookingPageNotFound: The organization has no such page.
        SlugTaken: The key made a copy before, and one of the two was changed meanwhile.
    """
    original = own_page(by, slug, booking_pages=booking_pages)
    scope = f"{original.organization_id}#{slug}#{key or new_id()}"
    copy_slug = slug_for(original.title, scope)
    page = replace(original, slug=copy_slug, created_at=now, is_on=False, version=1)
    return _added(by, page, key, now=now, booking_pages=booking_pages)


def switch_booking_page(
    by: SignedIn, slug: str, *, is_on: bool, now: datetime, booking_pages: ports.BookingPages
) -> BookingPage:
    """Open a page to guests, or close it; what is booked stays.

    Raises:
        BookingPageNotFound: The organization has no such page.
        BookingPageChanged: Somebody else changed it a moment earlier.
    """
    before = own_page(by, slug, booking_pages=booking_pages)
    if before.is_on == is_on:
        return before
    page = replace(before, is_on=is_on, version=before.version + 1)
    to = "on" if is_on else "off"
    booking_pages.replace(
        page, page_entry(by, Activity.BOOKING_PAGE_SWITCHED, page, now=now, to=to)
    )
    return page


def page_entry(
    by: SignedIn, activity: Activity, page: BookingPage, *, now: datetime, **facts: str
) -> Entry:
    """Return the entry of something that a member did to a page.

    It names the page by an id of its own, and by its first host: its address may have somebody's
    name in it.
    """
    [host, *_] = page.hosts
    return entry_by(
        by,
        activity,
        now=now,
        subject_id=derived_id("booking page", page.organization_id, page.slug),
        host_kind=host.kind.value,
        host_id=host.host_id,
        **facts,
    )


def check_rules(
    checks: Checks, rules: BookingRules, *, duration_field: str = "durations_minutes.{}"
) -> None:
    """Refuse what no page may have: lengths off the grid, or too short, or too long.

    Args:
        duration_field: What a form calls the length of a meeting; `{}` is its position.
    """
    if not 1 <= len(rules.durations) <= MOST_DURATIONS:
        message = marked("Please give one to six lengths.")
        checks.refuse("durations_minutes", "out_of_range", message)
    for position, duration in enumerate(rules.durations):
        field = duration_field.format(position)
        checks.length(field, duration, least=SHORTEST_MEETING, most=LONGEST_MEETING)
    if len(set(rules.durations)) < len(rules.durations):
        checks.refuse("durations_minutes", "repeated", marked("Please give each length once."))
    if rules.interval is not None:
        checks.length(
            "interval_minutes", rules.interval, least=SHORTEST_MEETING, most=LONGEST_MEETING
        )
    for field, buffer in (
        ("buffer_before_minutes", rules.buffer_before),
        ("buffer_after_minutes", rules.buffer_after),
    ):
        if buffer:
            checks.length(field, buffer, least=SHORTEST_MEETING, most=LONGEST_BUFFER)
    if not timedelta(0) <= rules.minimum_notice <= LONGEST_NOTICE:
        message = marked("Please choose at most 60 days.")
        checks.refuse("minimum_notice_minutes", "out_of_range", message)
    if not 0 <= rules.horizon_days <= LONGEST_HORIZON_DAYS:
        message = marked("Please choose at most 366 days.")
        checks.refuse("horizon_days", "out_of_range", message)
    if rules.dates is not None and rules.dates.last < rules.dates.first:
        message = marked("The last day has to be after the first.")
        checks.refuse("last_date", "end_before_start", message)
    check_limits(checks, rules.limits)


def check_limits(checks: Checks, limits: Sequence[Limit]) -> None:
    """Refuse limits that nobody can mean."""
    if len({limit.per for limit in limits}) < len(limits):
        message = marked("Please give one limit per day, week and month.")
        checks.refuse("limits", "repeated", message)
    for position, limit in enumerate(limits):
        if not 1 <= limit.count <= HIGHEST_LIMIT:
            message = marked("Please choose from 1 to 999.")
            checks.refuse(f"limits.{position}.count", "out_of_range", message)


def slug_for(title: str, key: str = "") -> str:
    """Return an address that can be read out and not be guessed: `hana-sato-k7d2xm4q`.

    Args:
        key: The same key and title give the same address; a fresh one where empty.
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    ending = (
        derived_id("slug", key)[:8] if key else "".join(secrets.choice(alphabet) for _ in range(8))
    )
    return f"{words}-{ending}" if words else ending


def _added(
    by: SignedIn,
    page: BookingPage,
    key: str,
    *,
    now: datetime,
    booking_pages: ports.BookingPages,
) -> BookingPage:
    """Store a page, unless it is stored already and was asked for with a key.

    Raises:
        SlugTaken: Another page has its address.
    """
    try:
        booking_pages.add(page, page_entry(by, Activity.BOOKING_PAGE_MADE, page, now=now))
    except SlugTaken:
        stored = booking_pages.get(page.slug)
        if not key or replace(page, created_at=stored.created_at) != stored:
            raise
        return stored
    return page


def _page(by: SignedIn, slug: str, settings: PageSettings, *, now: datetime) -> BookingPage:
    return BookingPage(
        slug=slug,
        organization_id=by.organization.organization_id,
        person_in_charge_id=settings.person_in_charge_id,
        hosts=settings.hosts,
        title=settings.title,
        location=settings.location,
        time_zone=settings.time_zone,
        created_at=now,
        needed_hosts=settings.needed_hosts,
        description=settings.description,
        locale=settings.locale,
        zone_is_locked=settings.zone_is_locked,
        rules=settings.rules,
        questions=settings.questions,
        needs_approval=settings.needs_approval,
        approval_within=settings.approval_within,
        reminders=settings.reminders,
        is_on=settings.is_on,
        online_meeting=settings.online_meeting,
    )


def _checked(
    checks: Checks,
    by: SignedIn,
    settings: PageSettings,
    *,
    members: ports.Members,
    hosts: ports.Hosts,
    connections: Connections,
) -> PageSettings:
    """Return the settings as they are stored.

    Raises:
        InvalidInput: Names each field that cannot be accepted.
    """
    checked = replace(
        settings,
        title=checks.name("title", settings.title),
        description=checks.note("description", settings.description),
        location=checks.optional_name("location", settings.location),
        time_zone=checks.zone("time_zone", settings.time_zone or by.organization.time_zone),
        locale=settings.locale and checks.language("locale", settings.locale),
        questions=_checked_questions(checks, settings.questions),
        reminders=tuple(sorted(set(settings.reminders), reverse=True)),
    )
    check_rules(checks, settings.rules)
    _check_hosts(checks, by, settings, hosts=hosts)
    _check_online_meeting(checks, by, settings, connections=connections)
    in_charge = members.get_all(by.organization.organization_id, [settings.person_in_charge_id])
    if not any(member.is_active for member in in_charge):
        message = marked("Please choose a member of the team.")
        checks.refuse("person_in_charge_id", "not_a_member", message)
    if not SHORTEST_APPROVAL <= settings.approval_within <= LONGEST_APPROVAL:
        message = marked("Please choose from 1 hour to 14 days.")
        checks.refuse("approval_within_minutes", "out_of_range", message)
    if len(settings.reminders) > MOST_REMINDERS:
        message = marked("At most three reminders can be sent.")
        checks.refuse("reminders_minutes", "too_many", message)
    for position, before in enumerate(settings.reminders):
        if not GRID <= before <= EARLIEST_REMINDER or before % GRID:
            message = marked("Please choose from 5 minutes to 14 days, in steps of five minutes.")
            checks.refuse(f"reminders_minutes.{position}", "out_of_range", message)
    checks.done()
    return checked


def _check_hosts(
    checks: Checks, by: SignedIn, settings: PageSettings, *, hosts: ports.Hosts
) -> None:
    keys, needed = settings.hosts, settings.needed_hosts
    if not 1 <= len(keys) <= MOST_HOSTS:
        checks.refuse("hosts", "out_of_range", marked("Please choose one to ten hosts."))
        return
    if max(Counter(keys).values()) > 1:
        checks.refuse("hosts", "repeated", marked("Please choose each host once."))
        return
    try:
        found = hosts.get_all(by.organization.organization_id, keys)
    except HostNotFound as refusal:
        checks.refuse("hosts", "unknown_host", refusal.message)
        return
    if any(host.is_gone for host in found):
        checks.refuse("hosts", "unknown_host", HostNotFound.message)
    if needed is not None and not 1 <= needed <= len(keys):
        message = marked("Please choose from one to as many as there are hosts.")
        checks.refuse("needed_hosts", "out_of_range", message)
        return
    if _most_writes(settings) > MOST_WRITES:
        message = marked("These meetings are too long for so many hosts and reminders.")
        checks.refuse("hosts", "too_many_for_length", message)


def _check_online_meeting(
    checks: Checks, by: SignedIn, settings: PageSettings, *, connections: Connections
) -> None:
    """Refuse meetings that none of the hosts can make."""
    platform = settings.online_meeting
    if platform is None:
        return
    member_ids = [key.host_id for key in settings.hosts if key.kind is HostKind.MEMBER]
    connected = connections.of_members(by.organization.organization_id, member_ids[:MOST_HOSTS])
    able = [each for each in connected if each.key.provider is platform.provider and each.is_on]
    if not platform.makes_meetings or not any(each.has(platform) for each in able):
        message = marked("None of the hosts has connected this. Please ask one of them to.")
        checks.refuse("online_meeting", "not_connected", message)


def _most_writes(settings: PageSettings) -> int:
    """Return how many items moving the longest meeting of a page may write at once."""
    rules, hosts = settings.rules, settings.needed_hosts or len(settings.hosts)
    longest = max(rules.durations, default=timedelta(0)) + rules.buffer_before + rules.buffer_after
    hours = -(-longest // timedelta(hours=1)) + 1
    guests = 1 + MOST_OTHER_GUESTS
    booking_link_entry_and_events, row_and_count = 4, 3
    claims = hosts * (2 * hours + row_and_count)
    news = guests + 2 * hosts + 1
    return (
        booking_link_entry_and_events + claims + news + len(settings.reminders) * (guests + hosts)
    )


def _checked_questions(checks: Checks, questions: Sequence[Question]) -> tuple[Question, ...]:
    if len(questions) > MOST_QUESTIONS:
        message = marked("At most ten questions can be asked.")
        checks.refuse("questions", "too_many", message)
        return ()
    checked = []
    for position, question in enumerate(questions):
        where = f"questions.{position}"
        choices = tuple(
            checks.name(f"{where}.choices.{number}", choice)
            for number, choice in enumerate(question.choices)
        )
        if question.kind is QuestionKind.CHOICE and not (
            LEAST_CHOICES <= len(choices) <= MOST_CHOICES
        ):
            message = marked("Please give two to twenty answers to choose from.")
            checks.refuse(f"{where}.choices", "out_of_range", message)
        checked.append(
            replace(
                question,
                label=checks.name(f"{where}.label", question.label),
                choices=choices if question.kind is QuestionKind.CHOICE else (),
            )
        )
    return tuple(checked)
