"""What takes too long is stopped, whatever it does about it."""

from __future__ import annotations

import gc
import signal
from contextlib import suppress

import pytest

from scheduling.adapters.ics.cpu_limit import TookTooLong, limited

ENDLESS = iter(int, 1)
"""Zeros for ever."""


def work() -> None:
    for _ in ENDLESS:
        pass


def stubborn_work(stops: int) -> None:
    """Take no notice of so many stops."""
    for _ in range(stops):
        with suppress(TookTooLong):
            work()
    work()


def test_endless_work_is_stopped():
    with pytest.raises(TookTooLong), limited(0.01):
        work()


def test_work_that_takes_no_notice_is_stopped_again_and_again():
    with pytest.raises(TookTooLong), limited(0.01):
        stubborn_work(stops=2)


def test_what_is_done_in_time_is_not_stopped_afterwards():
    handler = signal.getsignal(signal.SIGPROF)

    with limited(60):
        assert signal.getitimer(signal.ITIMER_PROF)[0] > 0

    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)
    assert signal.getsignal(signal.SIGPROF) is handler


def test_no_callback_of_the_garbage_collector_is_stopped_in_place_of_the_work():
    with limited(60):
        assert not gc.isenabled()
    assert gc.isenabled()

    with pytest.raises(TookTooLong), limited(0.01):
        work()
    assert gc.isenabled()


def test_where_garbage_is_not_collected_it_stays_so():
    gc.disable()
    try:
        with limited(60):
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
