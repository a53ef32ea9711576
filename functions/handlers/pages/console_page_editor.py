"""Making a booking page, and changing its settings."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from handlers.pages.console_booking_pages import LIST
from handlers.pages.console_frame import (
    console_page,
    host_names,
    member_or_none,
    suggested_members,
)
from handlers.pages.form_reading import UNITS, Mistake
from handlers.pages.forms import Form, parsed_number
from handlers.pages.page_settings_form import (
    MEETING_PLATFORMS,
    SettingsReading,
    form_of,
    host_keys,
    question_rows,
)
from handlers.pages.rendering import see_other
from handlers.pages.zones import zone_groups
from handlers.problems import status_of
from handlers.wiring import adapters
from scheduling.domain.booking_page import BookingPage, QuestionKind
from scheduling.domain.hosts import HostKey, HostKind
from scheduling.domain.identifiers import new_id
from scheduling.domain.languages import LANGUAGES
from scheduling.domain.refusals import BookingPageChanged, InvalidInput, SlugTaken, marked
from scheduling.use_cases.members import member_id_at
from scheduling.use_cases.page_settings import (
    MOST_QUESTIONS,
    MOST_REMINDERS,
    add_booking_page,
    edit_booking_page,
)
from scheduling.use_cases.slots import own_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

    from scheduling.domain.sessions import SignedIn
    from scheduling.use_cases.page_settings import PageSettings

QUESTION_KINDS = {
    QuestionKind.LINE: marked("One line"),
    QuestionKind.TEXT: marked("Several lines"),
    QuestionKind.CHOICE: marked("A choice"),
    QuestionKind.CHECK: marked("A box to tick"),
}

UNIT_NAMES = dict(zip(UNITS, (marked("days"), marked("hours"), marked("minutes")), strict=True))

logger = Logger()


def new_page(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    chosen = host_keys([Form.of_query(event)["host"]])
    usual = BookingPage(
        slug="",
        organization_id=by.organization.organization_id,
        person_in_charge_id=by.member.member_id,
        hosts=chosen or (HostKey(HostKind.MEMBER, by.member.member_id),),
        title="",
        location="",
        time_zone=by.organization.time_zone,
        created_at=adapters().now(),
    )
    blank = _form_of(by, usual)
    return _editor(by, Form({**blank.fields, "form_id": [new_id()]}))


def add(by: SignedIn, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    if form["action"] == "add-question":
        return _editor(by, form, one_more=True)
    reading = SettingsReading(form)
    settings, slug = _settings(by, reading), reading.text("slug").strip()
    if reading.mistakes:
        return _refused(by, form, reading.mistakes)
    try:
        page = add_booking_page(
            by,
            settings,
            slug=slug,
            key=form["form_id"],
            now=adapters().now(),
            members=adapters().members,
            hosts=adapters().hosts,
            connections=adapters().connections,
            booking_pages=adapters().booking_pages,
        )
    except InvalidInput as refusal:
        reading.refuse_all(refusal.problems)
        return _refused(by, form, reading.mistakes)
    except SlugTaken as refusal:
        mistake = Mistake("slug", refusal.message)
        return _editor(by, form, mistakes=[mistake], status=status_of(refusal))
    logger.info("booking page made", slug=page.slug)
    return see_other(f"{LIST}/{page.slug}?news=made")


def edit_page(by: SignedIn, slug: str, event: APIGatewayProxyEventV2) -> Response[str]:
    page = own_page(by, slug, booking_pages=adapters().booking_pages)
    return _editor(by, _form_of(by, page), slug=slug, news=Form.of_query(event)["news"])


def edit(by: SignedIn, slug: str, event: APIGatewayProxyEventV2) -> Response[str]:
    form = Form.of(event)
    if form["action"] == "add-question":
        return _editor(by, form, slug=slug, one_more=True)
    reading = SettingsReading(form)
    settings = _settings(by, reading)
    if reading.mistakes:
        return _refused(by, form, reading.mistakes, slug=slug)
    try:
        edit_booking_page(
            by,
            slug,
            settings,
            version=parsed_number(form["version"]) or 0,
            now=adapters().now(),
            members=adapters().members,
            hosts=adapters().hosts,
            connections=adapters().connections,
            booking_pages=adapters().booking_pages,
        )
    except InvalidInput as refusal:
        reading.refuse_all(refusal.problems)
        return _refused(by, form, reading.mistakes, slug=slug)
    except BookingPageChanged as refusal:
        saved = own_page(by, slug, booking_pages=adapters().booking_pages)
        form = Form({**form.fields, "version": [str(saved.version)]})
        return _editor(by, form, slug=slug, has_changed=True, status=status_of(refusal))
    logger.info("booking page changed", slug=slug)
    return see_other(f"{LIST}/{slug}?news=saved")


def _form_of(by: SignedIn, page: BookingPage) -> Form:
    """Return a page's settings as they are typed: a member by their address."""
    person_in_charge = member_or_none(by, page.person_in_charge_id)
    typed = "" if person_in_charge is None else person_in_charge.email
    return Form({**form_of(page).fields, "person_in_charge_id": [typed]})


def _settings(by: SignedIn, reading: SettingsReading) -> PageSettings:
    settings = reading.settings()
    typed = settings.person_in_charge_id
    return replace(
        settings, person_in_charge_id=member_id_at(by, typed, members=adapters().members)
    )


def _refused(
    by: SignedIn, form: Form, mistakes: Sequence[Mistake], *, slug: str = ""
) -> Response[str]:
    return _editor(by, form, slug=slug, mistakes=mistakes, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _editor(
    by: SignedIn,
    form: Form,
    *,
    slug: str = "",
    mistakes: Sequence[Mistake] = (),
    has_changed: bool = False,
    one_more: bool = False,
    news: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> Response[str]:
    """Show the settings as they were typed.

    Args:
        slug: Empty where the page is new.
        has_changed: Somebody else saved since the form was opened; `form` has their version.
        one_more: Whether a place for another question was asked for.
    """
    chosen = host_keys(form.every("hosts"))
    return console_page(
        "booking_page_editor.html",
        by,
        status=status,
        slug=slug,
        form=form,
        mistakes=mistakes,
        has_changed=has_changed,
        news=news,
        hosts=host_names(by, chosen),
        chosen_hosts=chosen,
        suggestions=suggested_members(by),
        languages=LANGUAGES,
        kinds=QUESTION_KINDS,
        meeting_platforms=MEETING_PLATFORMS,
        units=UNIT_NAMES,
        reminders=range(MOST_REMINDERS),
        questions={
            at: form[f"questions.{at}.id"] or new_id() for at in question_rows(form, more=one_more)
        },
        most_questions=MOST_QUESTIONS,
        zones=zone_groups(form["time_zone"], adapters().now(), by.locale),
    )
