"""Play histories again, by their seeds, and print what happens in them."""

from __future__ import annotations

import sys

from tests.simulation.histories import HistoryBroken, play

for seed in map(int, sys.argv[1:]):
    try:
        history = play(seed)
    except HistoryBroken as broken:
        print(broken)  # noqa: T201 - it is a command
    else:
        print(*history.steps, sep="\n")  # noqa: T201
