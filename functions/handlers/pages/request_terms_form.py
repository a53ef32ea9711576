"""What somebody is asked for, as fields of a form, and back."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from handlers.pages.forms import parsed_day, parsed_number
from scheduling.domain.availability_request import RequestTerms, usual_terms
from scheduling.domain.hours import DateSpan
from scheduling.domain.refusals import FieldProblem, InvalidInput, marked
from scheduling.domain.zones import instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handlers.pages.forms import Form
    from scheduling.domain.sessions import SignedIn

REMINDERS = {
    "72 24": marked("Three days and one day before"),
    "24": marked("One day before"),
    "": marked("None"),
}
"""By what the form sends: hours before the deadline."""

EVENING = time(18)
"""When a day counts as over for those who wait: "until Monday" is not until midnight."""

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)


def usual_fields(by: SignedIn, now: datetime) -> dict[str, Sequence[str]]:
    """Return the fields of a form that nobody has touched yet."""
    terms = usual_terms(now)
    deadline = terms.deadline.astimezone(ZoneInfo(by.member.time_zone)).date()
    return {
        "request.deadline": [deadline.isoformat()],
        "request.minimum_windows": [str(terms.minimum_windows)],
        "request.reminders_hours": ["72 24"],
    }


def typed_terms(form: Form, by: SignedIn, *, now: datetime) -> RequestTerms:
    """Return what a form asks for.

    Raises:
        InvalidInput: Names each field that cannot be read.
    """
    problems: list[FieldProblem] = []
    terms = RequestTerms(
        deadline=_deadline(form, by, now, problems),
        wished=_wished(form, problems),
        minimum_windows=_number(form, "request.minimum_windows", problems, blank=1),
        minimum_length=_number(form, "request.minimum_minutes", problems) * _MINUTE,
        message=form["request.message"],
        reminders=_reminders(form),
    )
    if problems:
        raise InvalidInput(problems)
    return terms


def _number(form: Form, field: str, problems: list[FieldProblem], *, blank: int = 0) -> int:
    typed = form[field].strip()
    number = parsed_number(typed) if typed else blank
    if number is None:
        message = marked("Please enter a whole number.")
        problems.append(FieldProblem(field, "unreadable", message))
        return blank
    return number


def _deadline(form: Form, by: SignedIn, now: datetime, problems: list[FieldProblem]) -> datetime:
    """Return the evening of the chosen day on the clocks of whoever asks; a week where blank."""
    typed = form["request.deadline"]
    day = parsed_day(typed)
    if day is None:
        if typed:
            problems.append(_no_day("request.deadline"))
        return usual_terms(now).deadline
    return instant(day, EVENING, ZoneInfo(by.member.time_zone))


def _wished(form: Form, problems: list[FieldProblem]) -> DateSpan | None:
    typed = {name: form[name] for name in ("request.wished_first", "request.wished_last")}
    if not any(typed.values()):
        return None
    days = {name: parsed_day(text) for name, text in typed.items()}
    problems += [_no_day(name) for name, day in days.items() if day is None]
    first, last = days.values()
    return DateSpan(first, last) if first and last else None


def _reminders(form: Form) -> tuple[timedelta, ...]:
    typed = form["request.reminders_hours"]
    return tuple(int(hours) * _HOUR for hours in typed.split()) if typed in REMINDERS else ()


def _no_day(field: str) -> FieldProblem:
    return FieldProblem(field, "unreadable", marked("Please choose a day, like 2026-12-01."))
