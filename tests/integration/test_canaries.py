"""Tokens are looked for wherever something is written while providers are asked (T28, S11)."""

import logging
import traceback
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from dev.providers.faults import Fault, Kind
from dev.providers.zoom.world import CLIENT_SECRET, ZoomWorld
from handlers.provider_room import provider_room
from handlers.wiring import adapters
from scheduling.domain.connections import ConnectionState, Provider
from scheduling.domain.grants import Grant
from scheduling.domain.provider_events import WantedMeeting
from scheduling.domain.time_range import TimeRange
from scheduling.provider_ports import ProviderUnavailable
from scheduling.use_cases.provider_calls import ConnectionBroken, call
from tests.support.builders import an_entry
from tests.support.connecting import a_connection
from tests.support.zoom_schemas import serving_checked_zoom

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
START = NOW + timedelta(days=1)
AIKO = "aiko@hanami.example"
CONNECTED = a_connection(Provider.ZOOM)
MEETING = WantedMeeting(
    mark="b7wq3nq2yfkz5tq3rm6w4x7zpe",
    topic="Garden consultation",
    time=TimeRange(START, START + timedelta(minutes=30)),
    time_zone="Asia/Tokyo",
)


@pytest.fixture
def world():
    world = ZoomWorld(now=lambda: NOW)
    world.add_user(AIKO, "Aiko Mori", "Asia/Tokyo")
    return world


@pytest.fixture
def tables(world, deployed, monkeypatch):
    """Let Zoom's stand-in be Zoom; return the tables of the deployment."""
    with serving_checked_zoom(world) as origin:
        monkeypatch.setenv("ZOOM_URL", origin)
        monkeypatch.setenv("ZOOM_API_URL", origin)
        key = boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]
        monkeypatch.setenv("GRANT_KEY", key)
        yield deployed.scheduling, deployed.access, deployed.limits, deployed.connections


def written(tables):
    """Return all that is stored, in words."""
    return "".join(str(table.client.scan(TableName=table.name)["Items"]) for table in tables)


def test_t28_no_token_is_in_a_log_an_exception_or_a_row(world, tables, caplog):
    caplog.set_level(logging.DEBUG)
    providers = provider_room()
    meetings = providers.meetings[Provider.ZOOM]
    secrets, told = {CLIENT_SECRET}, []

    def asked(now=NOW):
        """Make a meeting, whatever comes of it."""
        secrets.update(world.grants.access, world.grants.refreshing)
        try:
            connection = adapters().connections.get(CONNECTED.key)
            call(
                connection,
                lambda token: meetings.create(token, MEETING),
                now=now,
                providers=providers,
            )
        except (ConnectionBroken, ProviderUnavailable) as refused:
            told.append("".join(traceback.format_exception(refused)) + repr(refused))
        secrets.update(world.grants.access, world.grants.refreshing)

    tokens = world.sign_in(AIKO)
    grant = Grant(
        CONNECTED.key, CONNECTED.connection_id, tokens.refresh_token, tokens.access_token, NOW
    )
    providers.grants.put(grant)
    adapters().connections.put(CONNECTED, an_entry())
    asked()
    world.grants.access.clear()
    asked()
    for endpoint in ("meetings.create", "oauth.token"):
        for fault in (
            Fault(Kind.REFUSED, 500, "Internal"),
            Fault(Kind.HTML),
            Fault(Kind.RESET_BEFORE),
            Fault(Kind.REFUSED, 401, "Access token is expired."),
        ):
            world.grants.access.clear()
            world.faults.switch_on(fault, endpoint=endpoint, times=1)
            asked(NOW + timedelta(hours=2))
            providers.circuits.close(CONNECTED.key.organization_id, Provider.ZOOM)
    world.grants.access.clear()
    world.faults.switch_on(Fault(Kind.TRUNCATED), endpoint="oauth.token", times=1)
    asked(NOW + timedelta(hours=4))
    asked(NOW + timedelta(hours=6))

    broken = adapters().connections.get(CONNECTED.key)
    assert broken.state is ConnectionState.RECONNECT_REQUIRED
    assert len(world.meetings_of(AIKO)) > 1
    assert len(told) > 4
    everything = [
        *told,
        *(f"{record.getMessage()} {record.__dict__}" for record in caplog.records),
        written(tables),
        repr(grant),
        repr(providers),
    ]
    assert len(secrets) > 8
    assert [text for text in everything for secret in secrets if secret in text] == []


def test_s11_debug_lines_of_libraries_are_not_written(tables, caplog):
    caplog.set_level(logging.DEBUG)

    provider_room().grants.put(
        Grant(CONNECTED.key, CONNECTED.connection_id, "canary-refresh", "canary-access", NOW)
    )

    assert [record.name for record in caplog.records if record.levelno < logging.INFO] == []
