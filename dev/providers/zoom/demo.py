"""The Zoom of `make dev`: members of the demo organization, and an account from elsewhere."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from pydantic import ValidationError

from dev.demo import HANAMI_STUDIO
from dev.demo_team import REN, TOM, YUI
from dev.front import serving
from dev.providers.zoom.keeping import keep, remember
from dev.providers.zoom.limits import BUSINESS
from dev.providers.zoom.server import ZoomServer
from dev.providers.zoom.world import CALLBACK, ZoomWorld

_PERSONAL = "yui.sato@mail.example"
"""Yui's own account, which is not the organization's."""


@asynccontextmanager
async def running_zoom(origin: str, port: int, file: Path) -> AsyncIterator[None]:
    """Serve the Zoom of the Parley at `origin` until the block ends; it keeps itself in `file`."""
    world = _remembered_world(origin, file)
    try:
        async with serving(ZoomServer(world).application(), "localhost", port):
            yield
    finally:
        keep(world, file)


def demo_world(origin: str) -> ZoomWorld:
    """Return the world of a Parley at `origin`; one of its users has a meeting of their own."""
    world = ZoomWorld(redirect_uris={f"{origin}{CALLBACK}"})
    world.limits.per_second = BUSINESS
    admin = HANAMI_STUDIO
    world.add_user(admin.admin_email, admin.admin_name, admin.time_zone)
    for colleague in (REN, TOM):
        world.add_user(colleague.email, colleague.name, colleague.time_zone)
    world.add_user(_PERSONAL, YUI.name, YUI.time_zone)
    tomorrow = world.now().replace(hour=1, minute=0, second=0) + dt.timedelta(days=1)
    world.add_meeting(REN.email, "Weekly design review", tomorrow, dt.timedelta(minutes=45))
    return world


def _remembered_world(origin: str, file: Path) -> ZoomWorld:
    world = demo_world(origin)
    # What an earlier version has kept holds nothing that cannot be made again.
    with suppress(FileNotFoundError, ValidationError):
        remember(world, file)
    return world
