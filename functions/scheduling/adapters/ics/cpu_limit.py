"""Stopping what takes too long, in code of others that knows no limit."""

from __future__ import annotations

import gc
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

AGAIN_AFTER_SECONDS = 0.1
"""Python drops what is raised in a finalizer, and a library may: then it is raised once more."""


class TookTooLong(BaseException):
    """No `except Exception` of a library holds this up."""


@contextmanager
def limited(cpu_seconds: float) -> Iterator[None]:
    """Stop what takes too long; counted in CPU time, which a busy machine does not use up.

    In the main thread only. Garbage is not collected meanwhile: what is raised
    in a callback of the collector does not stop anything, but is reported.

    Raises:
        TookTooLong: It does.
    """
    is_over, collects = False, gc.isenabled()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        if not is_over:
            raise TookTooLong

    before = signal.signal(signal.SIGPROF, stop)
    gc.disable()
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds, AGAIN_AFTER_SECONDS)
    try:
        yield
    finally:
        is_over = True
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        if collects:
            gc.enable()
