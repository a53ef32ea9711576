"""One running Parley from its parts."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from dev.demo import HANAMI_STUDIO, NO_DEMO, Demo, play_demo
from dev.deploy import LocalSettings, deploy
from dev.emulator import ACCESS_KEY_ID, SECRET_ACCESS_KEY, Emulator, running_emulator, stop_leftover
from dev.front import OWN_PATHS, Front, aws_session, serving
from dev.home import Facts, Home
from dev.mailbox import Mailbox, SendingApi
from dev.ports import Ports
from dev.progress import step
from dev.providers.apps import introduce_to_providers
from dev.providers.google import server as google
from dev.providers.google.keeping import keep, kept_google
from dev.providers.zoom.demo import running_zoom
from dev.ses_events import SesEvents
from dev.sign_in_link import SignInLink, Welcome, create_organization


@asynccontextmanager
async def running(home: Home, ports: Ports, *, with_demo: bool) -> AsyncIterator[Facts]:
    """Run Parley on what `home` keeps until the block ends; it is ready when the block begins.

    Raises:
        CannotRun: A port is taken, a build failed, or something does not start.
    """
    await stop_leftover(home)
    ports.require_free()
    settings = LocalSettings.read()
    async with AsyncExitStack() as parts:
        with step("Starting the AWS emulator"):
            emulator = await parts.enter_async_context(
                running_emulator(home, ports, settings.region)
            )
        names = await deploy(home, emulator, settings, ports)
        introduce_to_providers(emulator, names["ProviderApps"])
        aws = await parts.enter_async_context(aws_session())
        mailbox = Mailbox(home.mails)
        events = SesEvents(emulator)
        sending = SendingApi(mailbox, aws, emulator.url, events.tell).application()
        await parts.enter_async_context(serving(sending, "127.0.0.1", ports.mail))
        await _serve_google(parts, home, ports)
        await parts.enter_async_context(running_zoom(ports.origin, ports.zoom, home.zoom))
        operator = names["CreateOrganizationFunction"]
        with step(f"Creating {HANAMI_STUDIO.name}"):
            welcome = await asyncio.to_thread(
                create_organization, emulator, operator, HANAMI_STUDIO
            )
        link = SignInLink(emulator, operator, HANAMI_STUDIO)
        front = Front(ports, names["HttpApi"], mailbox, link, aws).application()
        await parts.enter_async_context(serving(front, "localhost", ports.front))
        demo = NO_DEMO
        if with_demo:
            with step("Filling in demo data"):
                demo = await play_demo(ports.origin, mailbox, welcome)
        facts = _facts(ports, emulator, names, welcome, demo)
        home.write_facts(facts)
        parts.callback(home.remove_facts)
        yield facts


async def _serve_google(parts: AsyncExitStack, home: Home, ports: Ports) -> None:
    world = kept_google(home.google)
    world.redirect_uris.add(f"{ports.origin}/connections/google/callback")
    parts.callback(keep, world, home.google)
    await parts.enter_async_context(serving(google.application(world), "localhost", ports.google))


def _facts(
    ports: Ports, emulator: Emulator, names: dict[str, str], welcome: Welcome, demo: Demo
) -> Facts:
    own = f"{ports.origin}{OWN_PATHS}"
    return Facts(
        api_url=f"{ports.origin}/api",
        console_url=f"{ports.origin}/console",
        mailbox_url=f"{own}/mailbox",
        styleguide_url=f"{own}/styleguide",
        mailbox_api_url=f"{own}/mailbox/messages",
        google_url=ports.google_origin,
        zoom_url=ports.zoom_origin,
        admin_email=HANAMI_STUDIO.admin_email,
        admin_sign_in_url=f"{own}/sign-in",
        organization_id=welcome.organization_id,
        booking_page_urls=demo.booking_page_urls,
        availability_url=demo.availability_url,
        table_names={"scheduling": names["SchedulingTable"], "access": names["AccessTable"]},
        function_names={
            logical_id: name
            for logical_id, name in names.items()
            if logical_id.endswith("Function")
        },
        grants_log=str(emulator.grants_log),
        aws_endpoint_url=emulator.url,
        aws_region=emulator.region,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
        pid=os.getpid(),
    )
