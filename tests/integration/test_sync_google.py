"""What is known of a calendar after a thousand edits is what Google's own free/busy says."""

from dataclasses import replace
from datetime import UTC, timedelta
from random import Random

import pytest

from handlers.api import notifications
from handlers.wiring import adapters
from scheduling.adapters.google.calendars import GoogleCalendars
from scheduling.domain.connections import ConnectionState
from scheduling.domain.grants import Tokens
from scheduling.domain.hours import intersection, merged
from scheduling.domain.slots import span_of
from scheduling.domain.time_range import TimeRange
from scheduling.use_cases.calendar_sync import SyncEnd
from tests.support.connecting import PRIMARY
from tests.support.google import AIKO, SCOPES, TOKYO, running_google
from tests.support.in_memory_sync import InMemoryChannelSecrets
from tests.support.in_process import LambdaContext
from tests.support.syncing import SyncWorld

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
ACTS = (
    *("add", "add_away", "add_day", "add_free", "add_invited", "add_series", "add_tentative"),
    *("move", "move", "delete", "delete", "decline", "switch", "move_one", "cancel_one"),
)
WEEKLY = ["RRULE:FREQ=WEEKLY;COUNT=12"]


@pytest.fixture
def google():
    with running_google() as google:
        yield google


@pytest.fixture
def world(google):
    """Aiko's calendar at the stand-in; what it pushes goes through the receiver."""
    world = SyncWorld(seed=7)
    world.port = GoogleCalendars(google.origin)
    google.world.now = world.now
    granted = frozenset(SCOPES)

    def refresh(_refresh_token, *, now):
        token = google.world.new_access_token(AIKO, granted)
        return Tokens(token, now + timedelta(hours=1), granted)

    world.oauth.refresh = refresh
    grant = world.grants.get(world.key)
    token = google.world.sign_in(AIKO, *SCOPES).access_token
    world.grants.put(replace(grant, access_token=token))
    adapters.cache_clear()
    adapters().channel_secrets = InMemoryChannelSecrets()
    adapters().sync_queue = world.adapters.sync_queue
    notifications._passed_on.clear()
    yield world
    adapters.cache_clear()


def receive_pushes(world, google):
    """Hand what the stand-in pushed to the receiver; return its answers."""
    answers = []
    while google.world.pushes.kept:
        push = google.world.pushes.kept.popleft()
        headers = {name.lower(): value for name, value in push.headers.items()}
        time = {"timeEpoch": int(world.now().timestamp() * 1000)}
        event = {"headers": headers, "requestContext": time}
        answers.append(notifications.handler(event, LambdaContext())["statusCode"])
    return answers


class Owner:
    """Edits a calendar as people do."""

    def __init__(self, google, now, seed):
        self.world = google.world
        self.now = now
        self.random = Random(seed)  # noqa: S311 - chance that comes back
        self.series = {}

    def edit(self):
        act = self.random.choice(ACTS)
        getattr(self, act)()

    def add(self, **fields):
        start = self.some_time()
        return self.world.add_event(AIKO, start, start + self.some_length(), **fields)

    def add_day(self):
        day = self.some_time().date()
        self.world.add_event(AIKO, day, day + self.random.choice([1, 2, 7]) * DAY)

    def add_free(self):
        self.add(transparency="transparent")

    def add_away(self):
        self.add(eventType="outOfOffice")

    def add_tentative(self):
        self.add(status="tentative")

    def add_series(self):
        if len(self.series) < 20:
            start = self.some_time()
            series = self.add_at(start, recurrence=WEEKLY)
            self.series[series] = start

    def add_at(self, start, **fields):
        return self.world.add_event(AIKO, start, start + timedelta(hours=1), **fields)

    def add_invited(self):
        self.add(organizer="ren@hanami.example", attendees=[{"email": AIKO}], guestsCanModify=True)

    def move(self):
        if event := self.some_event():
            start = self.some_time()
            self.world.move_event(AIKO, event["id"], start, start + self.some_length())

    def delete(self):
        if event := self.some_event():
            self.world.delete_event(AIKO, event["id"])

    def decline(self):
        if (event := self.some_event()) and "attendees" in event:
            self.world.answer(AIKO, event["id"], "declined")

    def switch(self):
        if event := self.some_event():
            other = "opaque" if event.get("transparency") == "transparent" else "transparent"
            self.world.change_event(AIKO, event["id"], transparency=other)

    def move_one(self):
        if instance := self.some_instance():
            start = self.some_time()
            self.world.move_event(AIKO, instance, start, start + self.some_length())

    def cancel_one(self):
        if instance := self.some_instance():
            self.world.delete_event(AIKO, instance)

    def some_instance(self):
        """Return the id of an instance of a series that is as it was made."""
        if not self.series:
            return None
        series = self.random.choice([*self.series])
        start = self.series[series] + 7 * DAY * self.random.randrange(12)
        return f"{series}_{start.astimezone(UTC):%Y%m%dT%H%M%SZ}"

    def some_event(self):
        """Return an event that stands alone."""
        alone = [
            event
            for event in self.world.events(AIKO)
            if "recurrence" not in event and "recurringEventId" not in event
        ]
        return self.random.choice(alone) if alone else None

    def some_time(self):
        quarters = self.random.randrange(60 * 24 * 4)
        return (self.now() + timedelta(minutes=15 * quarters)).astimezone(TOKYO)

    def some_length(self):
        return timedelta(minutes=self.random.choice([15, 30, 60, 600]))


def test_a_thousand_edits_end_in_what_googles_own_free_busy_says(world, google):
    owner = Owner(google, world.now, seed=7)
    google.world.pushes.loss = 0.3
    google.world.rows_per_page = 40
    answers = []
    for number in range(1000):
        owner.edit()
        if number % 150 == 149:
            google.world.forget_sync_tokens(AIKO)
        if number % 20 == 19:
            answers += receive_pushes(world, google)
            world.pass_time(MINUTE, step=MINUTE)

    google.world.pushes.loss = 0.0
    owner.add()
    answers += receive_pushes(world, google)
    world.pass_time(2 * MINUTE)

    within = TimeRange(world.now(), world.now() + 120 * DAY)
    truth = [
        (int(start.timestamp()), int(end.timestamp()))
        for start, end in google.world.busy(AIKO, (within.start, within.end))
    ]
    assert intersection(world.busy(), [span_of(within)]) == merged(truth)
    assert len(truth) > 50
    assert {*answers} == {202, 200}
    assert world.ends[SyncEnd.READ] > 20
    assert google.world.calls("events.list") < 400
    assert world.stored().state is ConnectionState.OK
    assert PRIMARY.calendar_id == AIKO
