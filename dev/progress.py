"""What the terminal shows while something long is going on."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_TICK = 0.2
"""Seconds between two looks at the clock, on a terminal."""

_HEARTBEAT = 10.0
"""Seconds between two lines of a step that is still going on, when the output is a file."""

_ERASE_LINE = "\r\x1b[K"


class Step:
    """One long step: its name, what it does right now, and the seconds it has taken."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.detail = ""
        self._started = time.monotonic()
        self._over = threading.Event()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def show(self) -> None:
        """Keep the terminal up to date until the step is over."""
        if sys.stdout.isatty():
            while not self._over.wait(_TICK):
                print(
                    f"{_ERASE_LINE}  {self.name} … {self.seconds:.0f} s  {self.detail[:60]}",
                    end="",
                    flush=True,
                )
            print(_ERASE_LINE, end="", flush=True)
        else:
            print(f"  {self.name} …", flush=True)
            while not self._over.wait(_HEARTBEAT):
                print(f"  {self.name} … {self.seconds:.0f} s  {self.detail[:60]}", flush=True)

    def end(self) -> None:
        self._over.set()


@contextmanager
def step(name: str) -> Iterator[Step]:
    """Show `name` and the seconds it takes; a finished step leaves one line."""
    current = Step(name)
    display = threading.Thread(target=current.show, daemon=True)
    display.start()
    try:
        yield current
    finally:
        current.end()
        display.join()
    print(f"✓ {name}  {current.seconds:.1f} s", flush=True)
