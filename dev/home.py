"""The folder in which a Parley keeps everything: `.parley`, or another one for a test."""

import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from dev.failures import CannotRun, RunsAlready

PROJECT = Path(__file__).resolve().parent.parent

GRANTS_LOG = "PARLEY_GRANTS_LOG"
"""Variable that tells the emulator where to note grants, each a JSON array on its line."""

_SECONDS_TO_STOP = 60.0


@dataclass(frozen=True)
class Facts:
    """Where a running Parley is: what `dev.json` holds, for tools and tests."""

    api_url: str
    console_url: str
    mailbox_url: str
    styleguide_url: str
    mailbox_api_url: str
    google_url: str
    """Google's stand-in; what its accounts and calendars hold is at its root."""
    zoom_url: str
    """Zoom's stand-in; its users and meetings are at its root."""
    admin_email: str
    admin_sign_in_url: str
    """Redirects to a sign-in link of the admin that nobody has used yet."""
    organization_id: str
    booking_page_urls: list[str]
    """The booking pages that are open; none without demo."""
    availability_url: str | None
    """Where the demo's external member enters times who has not answered yet; none without demo."""
    table_names: dict[str, str]
    """By what the tables hold: "scheduling" and "access"."""
    function_names: dict[str, str]
    """By logical id in template.yaml."""
    grants_log: str
    """File with role, statement and action of each grant that a function could not have done
    without since the emulator started, and of what was refused: that has no statement."""
    aws_endpoint_url: str
    aws_region: str
    aws_access_key_id: str
    aws_secret_access_key: str
    pid: int


class Home:
    """The files of one Parley, and the promise that only one process uses them at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.state = self.folder / "state"
        self.mails = self.folder / "mails"
        self.google = self.folder / "google.json"
        """What Google's stand-in knows."""
        self.zoom = self.folder / "zoom.json"
        """What Zoom's stand-in knows."""
        self.scratch = self.folder / "tmp"
        """Where the emulator unpacks functions and layers; worth nothing once it has stopped."""
        self.grants_log = self.scratch / "grants.log"
        self.emulator_pid = self.folder / "emulator.pid"
        self.emulator_log = self.folder / "emulator.log"
        self.sam_log = self.folder / "sam.log"
        self.log = self.folder / "dev.log"
        self._facts = self.folder / "dev.json"
        self._lock = self.folder / "lock"
        self._port = self.folder / "port"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold this home until the block ends, or until the process dies in any way.

        Raises:
            CannotRun: Another process holds it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock.open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RunsAlready(self._who_is_running()) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def require_idle(self) -> None:
        """Check that no process holds this home.

        Raises:
            CannotRun: One does.
        """
        if self.holder() is not None:
            raise RunsAlready(self._who_is_running())

    def _who_is_running(self) -> str:
        facts = self.read_facts()
        if facts is None:
            return "Parley is starting or stopping in another terminal. `make stop` stops it."
        return f"Parley is already running: {facts.console_url} (`make stop` stops it)."

    def holder(self) -> int | None:
        """Return the process that holds this home, if one does."""
        if not self._lock.exists():
            return None
        with self._lock.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(lock.read())
        return None

    def stop_holder(self) -> bool:
        """Ask the process that holds this home to stop and wait until it has; False if none does.

        Raises:
            CannotRun: It is still there after a minute.
        """
        pid = self.holder()
        if pid is None:
            return False
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _SECONDS_TO_STOP
        while self.holder() == pid:
            if time.monotonic() > deadline:
                raise CannotRun(f"Process {pid} does not stop. Its log: {self.emulator_log}")
            time.sleep(0.05)
        return True

    def write_facts(self, facts: Facts) -> None:
        """Announce that Parley is ready: whoever finds the file can use what is in it."""
        unfinished = self._facts.with_suffix(".tmp")
        unfinished.write_text(json.dumps(asdict(facts), indent=2) + "\n")
        unfinished.replace(self._facts)

    def read_facts(self) -> Facts | None:
        """Return where the running Parley is, if one is running and ready."""
        try:
            written = json.loads(self._facts.read_text())
        except FileNotFoundError:
            return None
        return Facts(**written) if written["pid"] == self.holder() else None

    def remove_facts(self) -> None:
        self._facts.unlink(missing_ok=True)

    def remember_port(self, port: int) -> None:
        self._port.write_text(str(port))

    def remembered_port(self) -> int | None:
        """Return the port of the last start, if there was one."""
        return int(self._port.read_text()) if self._port.exists() else None
