"""Accounts to link in `make dev`: the demo's members, and what they do in the coming days."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dev.demo import HANAMI_STUDIO
from dev.demo_team import REN, TOM, YUI
from dev.providers.google.state import Role
from dev.providers.google.world import GoogleWorld

_WORKSPACE = HANAMI_STUDIO.admin_email.partition("@")[2]
_PERSONAL = "yui.sato@mail.example"
"""Yui's own account: nothing about it belongs to the organization but she."""

_AIKO = HANAMI_STUDIO.admin_email


def fill(world: GoogleWorld) -> None:
    """Add the accounts, with calendars that are shared and events of every sort."""
    tokyo = HANAMI_STUDIO.time_zone
    world.add_account(_AIKO, HANAMI_STUDIO.admin_name, tokyo, hosted_domain=_WORKSPACE)
    for each in (REN, TOM):
        world.add_account(each.email, each.name, each.time_zone, hosted_domain=_WORKSPACE)
    world.add_account(_PERSONAL, YUI.name, YUI.time_zone)
    gardens = world.add_calendar(_AIKO, "Gardens under way", tokyo)
    team = world.add_calendar(REN.email, "Hanami team", tokyo)
    world.share(team, _AIKO, Role.READER)
    world.share(REN.email, _AIKO, Role.FREE_BUSY_READER)
    world.share(gardens, REN.email, Role.WRITER)
    _fill_calendars(world, gardens, team)


def _fill_calendars(world: GoogleWorld, gardens: str, team: str) -> None:
    def add(calendar_id: str, day: int, at: str, minutes: int, summary: str, **fields: Any) -> str:
        zone = ZoneInfo(world.calendar(calendar_id).time_zone)
        date = datetime.now(UTC).astimezone(zone).date() + timedelta(days=day)
        start = datetime.combine(date, time.fromisoformat(at), zone)
        end = start + timedelta(minutes=minutes)
        return world.add_event(calendar_id, start, end, summary=summary, **fields)

    def add_day(calendar_id: str, day: int, summary: str, **fields: Any) -> None:
        date = datetime.now(UTC).astimezone(ZoneInfo(HANAMI_STUDIO.time_zone)).date()
        first = date + timedelta(days=day)
        world.add_event(calendar_id, first, first + timedelta(days=1), summary=summary, **fields)

    weekly = add(_AIKO, 1, "09:30", 30, "Team round", recurrence=["RRULE:FREQ=WEEKLY;COUNT=12"])
    second = world.event(_AIKO, weekly)["start"]
    in_a_week = datetime.fromisoformat(second["dateTime"]) + timedelta(days=7)
    instance = f"{weekly}_{in_a_week.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    moved = in_a_week.astimezone(ZoneInfo(second["timeZone"])) + timedelta(hours=2)
    world.move_event(_AIKO, instance, moved, moved + timedelta(minutes=30))
    add(_AIKO, 2, "13:00", 60, "Dentist", visibility="private")
    add(_AIKO, 3, "15:00", 45, "Seed order", status="tentative")
    add(_AIKO, 3, "12:00", 60, "Lunch in the park", transparency="transparent")
    add_day(_AIKO, 5, "Day off", eventType="outOfOffice")
    add_day(_AIKO, 2, "Office", eventType="workingLocation", transparency="transparent")
    add(gardens, 4, "10:00", 180, "Planting at the Tanakas'")
    add(team, 6, "17:00", 120, "Summer party")
    add(REN.email, 2, "11:00", 90, "Drawings for the courtyard")
    add(TOM.email, 1, "14:00", 60, "Suppliers")
    add(TOM.email, 3, "09:00", 30, "Invoices", recurrence=["RRULE:FREQ=DAILY;COUNT=3"])
    add(_PERSONAL, 2, "18:30", 90, "Choir")
