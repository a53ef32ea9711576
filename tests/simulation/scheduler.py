"""Who goes on: tasks of which one runs at a time, ordered by random priorities (PCT)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from greenlet import greenlet  # type: ignore[import-untyped] # ships no types

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

STEP_SECONDS = 0.01
"""What a step takes on the simulated clock."""


class Clock:
    """A clock that moves when it is told to; stands in for the module `time`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        """Since 1970."""

    def monotonic(self) -> float:
        return self.seconds


@dataclass(eq=False)
class _Task:
    name: str
    run: greenlet
    priority: float
    wakes_at: float = 0.0


class Scheduler:
    """Runs tasks one at a time, and changes over only where a task pauses.

    Of those that do not sleep the one with the highest priority goes on. At
    some steps, chosen beforehand, whoever runs falls behind all others.
    """

    def __init__(self, clock: Clock, random: Random, *, depth: int, length: int) -> None:
        """Choose the steps at which priorities change.

        Args:
            depth: How many there are, at most.
            length: About how many steps the whole will have.
        """
        self._clock = clock
        self._random = random
        self._changes = {random.randrange(length) for _ in range(depth)}
        self._tasks: list[_Task] = []
        self._current: _Task | None = None
        self._main = greenlet.getcurrent()
        self._lowest = 0.0
        self.steps = 0

    @property
    def is_running(self) -> bool:
        """Whether a task asks, and not whoever started the scheduler."""
        return self._current is not None

    @property
    def current(self) -> str:
        """The name of the task that runs; empty where none does."""
        return "" if self._current is None else self._current.name

    def add(self, name: str, run: Callable[[], None]) -> None:
        """Add a task, before or while others run."""
        self._tasks.append(_Task(name, greenlet(run, self._main), self._random.random()))

    def run(self) -> None:
        """Run until all tasks have ended; what a task raises is raised here."""
        while self._tasks:
            task = self._next()
            self._clock.seconds = max(self._clock.seconds, task.wakes_at)
            self._current = task
            task.run.switch()
            self._current = None
            if task.run.dead:
                self._tasks.remove(task)

    def pause(self) -> None:
        """Let another task go on, if it is its turn."""
        task = self._current
        if task is None:
            return
        self.steps += 1
        self._clock.seconds += STEP_SECONDS
        if self.steps in self._changes:
            self._lowest -= 1
            task.priority = self._lowest
        if self._next() is not task:
            self._main.switch()

    def sleep(self, seconds: float) -> None:
        """Let others go on for so long on the simulated clock."""
        task = self._current
        if task is None:
            self._clock.seconds += seconds
            return
        task.wakes_at = self._clock.seconds + seconds
        self._main.switch()

    def _next(self) -> _Task:
        awake = [task for task in self._tasks if task.wakes_at <= self._clock.seconds]
        if awake:
            return max(awake, key=lambda task: task.priority)
        return min(self._tasks, key=lambda task: task.wakes_at)
