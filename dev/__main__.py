"""The commands behind `make dev` and `make stop`."""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from dev.emulator import keep_to_this_machine
from dev.failures import CannotRun, RunsAlready
from dev.home import PROJECT, Facts, Home
from dev.ports import DEFAULT_PORT, Ports
from dev.stack import start_in_background, wait_until_ready
from dev.up import running

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    keep_to_this_machine()
    arguments = _parser().parse_args()
    home = Home(arguments.home)
    try:
        match arguments.command:
            case "up":
                ports = Ports(arguments.port or home.remembered_port() or DEFAULT_PORT)
                if arguments.detach:
                    _start_in_background(home, ports, with_demo=arguments.with_demo)
                else:
                    asyncio.run(_run_until_stopped(home, ports, with_demo=arguments.with_demo))
            case "stop":
                stopped = home.stop_holder()
                print("Stopped; everything is kept." if stopped else "Parley is not running.")
            case "status":
                facts = home.read_facts()
                print(_where_to_click(facts) if facts else "Parley is not running.")
    except RunsAlready as found:
        print(found)
    except CannotRun as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dev", description=__doc__)
    everywhere = argparse.ArgumentParser(add_help=False)
    everywhere.add_argument(
        "--home", type=Path, default=PROJECT / ".parley", help="folder in which everything is kept"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", parents=[everywhere], help="start Parley; Ctrl-C stops it")
    up.add_argument("--detach", action="store_true", help="return when it is ready")
    up.add_argument(
        "--port",
        type=int,
        default=os.environ.get("PARLEY_PORT"),
        help=f"where people find it, with the next four for its parts; {DEFAULT_PORT} at first",
    )
    up.add_argument(
        "--without-demo",
        dest="with_demo",
        action="store_false",
        help="create the organization and nothing in it",
    )
    commands.add_parser("stop", parents=[everywhere], help="stop Parley and keep its data")
    commands.add_parser("status", parents=[everywhere], help="say whether it runs, and where")
    return parser


def _start_in_background(home: Home, ports: Ports, *, with_demo: bool) -> None:
    home.require_idle()
    process = start_in_background(home, ports, with_demo=with_demo)
    facts = wait_until_ready(home, process, show=_show_steps)
    print(f"{_where_to_click(facts)}\n\n`make stop` stops everything and keeps the data.")


def _show_steps(output: str) -> None:
    for line in output.splitlines():
        if line.startswith("✓"):
            print(line, flush=True)


async def _run_until_stopped(home: Home, ports: Ports, *, with_demo: bool) -> None:
    loop = asyncio.get_running_loop()
    running_parley = asyncio.create_task(_run(home, ports, with_demo=with_demo))

    def stop() -> None:
        # Once is enough: what follows writes everything to disk and must not be interrupted.
        for number in _STOPPING:
            loop.add_signal_handler(number, lambda: None)
        print("\nStopping …", flush=True)
        running_parley.cancel()

    for number in _STOPPING:
        loop.add_signal_handler(number, stop)
    try:
        await running_parley
    except asyncio.CancelledError:
        print("Stopped; everything is kept.", flush=True)


async def _run(home: Home, ports: Ports, *, with_demo: bool) -> None:
    with home.locked():
        async with running(home, ports, with_demo=with_demo) as facts:
            home.remember_port(ports.front)
            print(f"{_where_to_click(facts)}\n\nCtrl-C stops everything and keeps the data.")
            sys.stdout.flush()
            await asyncio.Event().wait()


def _where_to_click(facts: Facts) -> str:
    places = {
        "Sign in": f"{facts.admin_sign_in_url}  (as {facts.admin_email})",
        "Console": facts.console_url,
        "Booking page": ", ".join(facts.booking_page_urls),
        "Availability": facts.availability_url or "",
        "Mailbox": facts.mailbox_url,
        "Google": f"{facts.google_url}  (a stand-in)",
        "Zoom": f"{facts.zoom_url}  (a stand-in)",
        "Style guide": facts.styleguide_url,
        "JSON API": facts.api_url,
    }
    lines = [f"  {name:13} {place}" for name, place in places.items() if place]
    return "\n".join(["", "Parley is running:", *lines])


if __name__ == "__main__":
    sys.exit(main())
