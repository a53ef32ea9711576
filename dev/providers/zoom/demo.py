"""Whom the Zoom of `make dev` knows: members of the demo organization, and somebody else."""

import datetime as dt

from dev.demo import HANAMI_STUDIO
from dev.demo_team import REN, TOM
from dev.providers.zoom.limits import BUSINESS
from dev.providers.zoom.world import CALLBACK, ZoomWorld

PRIVATE = ("ren.ito@private.example", "Ren Ito")
"""An account that one of the members has besides."""


def demo_world(origin: str) -> ZoomWorld:
    """Return the world of a Parley at `origin`; one of its users has a meeting of their own."""
    world = ZoomWorld(redirect_uris={f"{origin}{CALLBACK}"})
    world.limits.per_second = BUSINESS
    admin = HANAMI_STUDIO
    world.add_user(admin.admin_email, admin.admin_name, admin.time_zone)
    for colleague in (REN, TOM):
        world.add_user(colleague.email, colleague.name, colleague.time_zone)
    world.add_user(*PRIVATE)
    tomorrow = world.now().replace(hour=1, minute=0, second=0) + dt.timedelta(days=1)
    world.add_meeting(REN.email, "Weekly design review", tomorrow, dt.timedelta(minutes=45))
    return world
