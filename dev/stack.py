"""A Parley in a process of its own: for `make dev ARGS=--detach`, and for tests."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.deploy import sources_digest
from dev.failures import CannotRun
from dev.home import PROJECT, Facts, Home
from dev.ports import Ports, free_ports

SHARED_STACK = "PARLEY_STACK"
"""Variable that names the folder of a running Parley, for tests to use instead of their own."""

_SEEDS = PROJECT / ".parley" / "seeds"
"""The emulator's state after a deployment, by the digest of what was deployed."""

_SECONDS_TO_BE_READY = 300.0
_SECONDS_TO_STOP = 180.0


@contextmanager
def running_stack(*, with_demo: bool = False) -> Iterator[Facts]:
    """Run a Parley for tests, on free ports and in a folder that is gone afterwards.

    It starts as a copy of a freshly deployed stack, which is made when the sources have changed
    since the last one. With the variable PARLEY_STACK set to the folder of a Parley that runs
    already, such as .parley, that one is used and left running.

    Raises:
        CannotRun: It does not start.
    """
    shared = os.environ.get(SHARED_STACK)
    if shared is not None:
        yield _facts_of_shared(Home(Path(shared)))
        return
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        home = Home(Path(folder))
        with _seeds_to_itself():
            shutil.copytree(_seed(), home.state)
        with _running_until_left(home, with_demo=with_demo) as facts:
            yield facts


def _facts_of_shared(home: Home) -> Facts:
    facts = home.read_facts()
    if facts is None:
        raise CannotRun(f"No Parley runs in {home.folder}, which {SHARED_STACK} names.")
    return facts


@contextmanager
def _seeds_to_itself() -> Iterator[None]:
    """Wait until no other process makes, copies or clears away seeds."""
    _SEEDS.mkdir(parents=True, exist_ok=True)
    with (_SEEDS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _seed() -> Path:
    """Return the state to start from; deploys the sources once if they are new."""
    seed = _SEEDS / sources_digest()
    if not seed.exists():
        for outdated in _SEEDS.glob("*/"):
            shutil.rmtree(outdated)
        with tempfile.TemporaryDirectory(prefix="new-", dir=_SEEDS) as folder:
            home = Home(Path(folder))
            with _running_until_left(home, with_demo=False):
                pass
            home.state.rename(seed)
    return seed


@contextmanager
def _running_until_left(home: Home, *, with_demo: bool) -> Iterator[Facts]:
    process = start_in_background(home, free_ports(), with_demo=with_demo)
    try:
        yield wait_until_ready(home, process, show=lambda _: None)
    finally:
        process.terminate()
        process.wait(_SECONDS_TO_STOP)


def start_in_background(home: Home, ports: Ports, *, with_demo: bool) -> subprocess.Popen[bytes]:
    """Start a Parley that outlives this process; what it prints goes to the log of its home."""
    home.folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "dev", "up", "--home", str(home.folder)]
    options = ["--port", str(ports.front), *([] if with_demo else ["--without-demo"])]
    with home.log.open("wb") as log:
        return subprocess.Popen(
            [*command, *options],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_until_ready(
    home: Home, process: subprocess.Popen[bytes], show: Callable[[str], object]
) -> Facts:
    """Wait for a Parley that was started in the background.

    Args:
        home: The folder it was started in.
        process: What `start_in_background` returned.
        show: Is called with what it prints, as it comes.

    Raises:
        CannotRun: It ended instead; the message is the last line it printed.
    """
    deadline = time.monotonic() + _SECONDS_TO_BE_READY
    with home.log.open() as log:
        while (facts := home.read_facts()) is None:
            show(log.read())
            if process.poll() is not None:
                raise CannotRun(home.log.read_text().strip().rpartition("\n")[2])
            if time.monotonic() > deadline:
                raise CannotRun(f"Parley is still not ready. Its log: {home.log}")
            time.sleep(0.05)
        show(log.read())
    return facts
