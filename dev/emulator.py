"""The embedded AWS: MiniStack in a process of its own, bound to this machine, with IAM enforced."""

import asyncio
import os
import shutil
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import boto3
from botocore.config import Config

from dev.failures import CannotRun
from dev.home import GRANTS_LOG, PROJECT, Home
from dev.ports import Ports

ACCESS_KEY_ID = "parley"
SECRET_ACCESS_KEY = "parley-local"  # noqa: S105 - opens nothing but the emulator on this machine
"""The emulator takes the pair it is started with for root; everybody else needs a grant."""

_PROGRAM = "dev.mended_ministack"

_SECONDS_TO_START = 60.0
_SECONDS_TO_STOP = 45.0


@dataclass(frozen=True)
class Emulator:
    """A running emulator."""

    port: int
    region: str
    grants_log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, service: str, config: Config | None = None) -> Any:
        """Return a boto3 client with the rights of root."""
        connect: Callable[..., Any] = boto3.client
        return connect(
            service,
            config=config,
            endpoint_url=self.url,
            region_name=self.region,
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=SECRET_ACCESS_KEY,
        )

    def environment(self) -> dict[str, str]:
        """Return the variables with which any AWS tool talks to the emulator and to nobody else."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return kept | {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONUTF8": "1",
        }


def keep_to_this_machine() -> None:
    """Forget what the shell says about AWS accounts, and use no proxy for what is here."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "SAM_"))]:
        del os.environ[name]
    away = [os.environ.get(name, "") for name in ("NO_PROXY", "no_proxy")]
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = ",".join(
        ["localhost", "127.0.0.1", *filter(None, away)]
    )


@asynccontextmanager
async def running_emulator(home: Home, ports: Ports, region: str) -> AsyncIterator[Emulator]:
    """Run the emulator on what `home` keeps; it writes its state back when the block ends.

    Raises:
        CannotRun: It does not start.
    """
    emulator = Emulator(ports.aws, region, home.grants_log)
    shutil.rmtree(home.scratch, ignore_errors=True)
    home.scratch.mkdir(parents=True)
    with home.emulator_log.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            _PROGRAM,
            cwd=PROJECT,
            env=emulator.environment() | _settings(home, ports),
            stdin=DEVNULL,
            stdout=log,
            stderr=STDOUT,
            # Ctrl-C reaches every process of the terminal's group; this one is told when to stop.
            start_new_session=True,
        )
    home.emulator_pid.write_text(str(process.pid))
    try:
        await _wait_until_ready(emulator, process, home)
        yield emulator
    finally:
        await _stop(process)
        home.emulator_pid.unlink()
        shutil.rmtree(home.scratch, ignore_errors=True)


async def stop_leftover(home: Home) -> None:
    """Stop the emulator of a Parley that was killed; it still writes its state back.

    Raises:
        CannotRun: It does not stop.
    """
    if not home.emulator_pid.exists():
        return
    pid = int(home.emulator_pid.read_text())
    # The number may belong to another program by now.
    if await _is_emulator(pid):
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _SECONDS_TO_STOP
        while await _is_emulator(pid):
            if time.monotonic() > deadline:
                raise CannotRun(f"Process {pid}, an emulator left behind, does not stop.")
            await asyncio.sleep(0.2)
    home.emulator_pid.unlink()


async def _is_emulator(pid: int) -> bool:
    listing = await asyncio.create_subprocess_exec("ps", "-o", "args=", "-p", str(pid), stdout=PIPE)
    command, _ = await listing.communicate()
    return _PROGRAM.encode() in command


def _settings(home: Home, ports: Ports) -> dict[str, str]:
    """Return MiniStack's settings; functions inherit them, as they are its child processes."""
    return {
        "GATEWAY_PORT": str(ports.aws),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "AUTH": "true",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(home.state),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(home.state / "s3"),
        "TMPDIR": str(home.scratch),
        GRANTS_LOG: str(home.grants_log),
        # The mailbox, which passes on what it is sent.
        "AWS_ENDPOINT_URL_SESV2": f"http://127.0.0.1:{ports.mail}",
    }


async def _wait_until_ready(emulator: Emulator, process: Process, home: Home) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    async with aiohttp.ClientSession() as session:
        while process.returncode is None and time.monotonic() < deadline:
            try:
                async with session.get(f"{emulator.url}/_ministack/ready") as answer:
                    if answer.ok:
                        return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
    raise CannotRun(f"The AWS emulator did not start. Its log: {home.emulator_log}")


async def _stop(process: Process) -> None:
    """End the emulator; its state is on disk when this returns, unless it had to be killed."""
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(_SECONDS_TO_STOP):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
