"""One history from one number: a world, a few people at once, and what is left afterwards."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from scheduling.domain.booking import Booking, Hold
from tests.simulation.ledger import SCHEDULING, PromiseBroken
from tests.simulation.people import Form, People
from tests.simulation.store import Written
from tests.simulation.world import HOURS, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

_ID = re.compile(r"\b([a-z2-7]{4})[a-z2-7]{22}\b")
"""Four letters tell the few identifiers of a history apart."""

_ENTRY_ID = re.compile(r"(#AU/\d+)#[a-z2-7]{26}\b")
"""The only identifiers that chance alone gives: nothing is ever found by them."""

_MINUTE = timedelta(minutes=1)

JUMPS = (6 * _MINUTE, 31 * _MINUTE, 100 * _MINUTE)
"""Past the life of a hold, past the time to decide about a request, past the start of a meeting."""

MOVES = tuple(minutes * _MINUTE for minutes in (-15, -5, 5, 15))

_SWEEPS = 10
"""After so many rounds everything has ended that ever ends."""


class HistoryBroken(AssertionError):
    """A promise was broken; says in which history, and how it came to it."""

    def __init__(self, seed: int, reason: BaseException, steps: Iterable[Step]) -> None:
        told = "\n".join(f"{step}" for step in steps)
        super().__init__(f"history {seed}: {type(reason).__name__}: {reason}\n{told}")
        self.seed = seed
        self.reason = reason


class Step(NamedTuple):
    """Something that happened; worded only when somebody reads it."""

    clock: float
    who: str
    what: str
    detail: object

    def __str__(self) -> str:
        return f"{self.clock % 86400:9.2f} {self.who or '-':<16} {self.what} {_worded(self.detail)}"


@dataclass
class History:
    """What happened in one history."""

    seed: int
    steps: list[Step] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)


def play(seed: int) -> History:
    """Play one history.

    Raises:
        HistoryBroken: A promise was broken, or something failed in an unknown way.
    """
    history = History(seed)
    world = World(seed)

    def note(what: str, detail: object) -> None:
        step = Step(world.clock.seconds, world.scheduler.current, what, detail)
        history.steps.append(step)

    world.client.note = note
    people = People(world)
    try:
        with world.in_force():
            _Plot(world, people).play()
    except Exception as reason:
        raise HistoryBroken(seed, reason, history.steps) from reason
    history.seen = world.seen + world.client.met
    return history


def first_broken(seeds: Iterable[int]) -> HistoryBroken | None:
    """Play histories until a promise is broken; None where none is."""
    for seed in seeds:
        try:
            play(seed)
        except HistoryBroken as broken:
            return broken
    return None


class _Plot:
    """What is done in a world, at random."""

    def __init__(self, world: World, people: People) -> None:
        self._world = world
        self._people = people
        self._random = world.random
        self._forms: list[Form] = []

    def play(self) -> None:
        for _ in range(self._random.randint(1, 2)):
            self._prepare()
        for number in range(self._random.randint(3, 6)):
            name, do = self._chosen()
            self._world.scheduler.add(f"{number} {name}", do)
        self._world.scheduler.run()
        self._settle()

    def _prepare(self) -> None:
        """Let something be there already."""
        form, people = self._form(), self._people
        self._forms.append(form)
        self._random.choice([people.book, people.book, people.hold, people.hold_and_book])(form)

    def _chosen(self) -> tuple[str, Callable[[], None]]:
        """Return something that somebody does, with its name."""
        people, random = self._people, self._random
        new, known = self._form(), random.choice(self._forms)
        page = random.choice(list(self._world.pages))
        start = self._other_start(known)
        many = {
            "hold": (2, lambda: people.hold(new)),
            "book": (4, lambda: people.book(new)),
            "hold and book": (3, lambda: people.hold_and_book(new)),
            "book again": (2, lambda: people.book(known)),
            "approve": (2, lambda: people.approve(known)),
            "decline": (1, lambda: people.decline(known)),
            "cancel": (2, lambda: people.cancel(known)),
            "move": (4, lambda: people.move(known, start)),
            "no-show": (1, lambda: people.mark_no_show(known)),
            "sweep": (2, people.sweep),
            "time passes": (2, self._jump),
            "mails": (2, self._deliver_some),
            "buffers": (1, lambda: people.change_buffers(page)),
        }
        (name,) = random.choices(list(many), [often for often, _ in many.values()])
        if name in {"hold", "book", "hold and book"}:
            self._forms.append(new)
        return name, many[name][1]

    def _form(self) -> Form:
        slug = self._random.choice(list(self._world.pages))
        interval = self._world.pages[slug].rules.interval or _MINUTE
        first = self._random.choice([HOURS.start, HOURS.start + 45 * _MINUTE])
        return Form(
            slug=slug,
            key=f"guest-{len(self._forms)}",
            start=first + self._random.randrange(4) * interval,
            is_held=self._random.random() < 0.5,
        )

    def _other_start(self, form: Form) -> datetime:
        if self._random.random() < 0.5:
            return self._random.choice(self._forms).start
        return form.start + self._random.choice(MOVES)

    def _jump(self) -> None:
        self._world.clock.seconds += self._random.choice(JUMPS).total_seconds()

    def _deliver_some(self) -> None:
        """Work as a worker who is woken by the stream: late, twice, in another order."""
        queued = self._world.post.queued
        for message in self._random.sample(queued, min(len(queued), 3)):
            self._people.deliver(message)

    def _settle(self) -> None:
        """Let guests try again who had no answer, and everything end that ends by itself."""
        people, world = self._people, self._world
        for again in people.crashed:
            again()
        if people.booked:
            people.book(self._random.choice(people.booked))
        for _ in range(_SWEEPS):
            world.clock.seconds += timedelta(hours=1).total_seconds()
            people.sweep()
            # Whoever is told of what has just ended is told by the schedule, after the stream.
            world.clock.seconds += timedelta(minutes=1).total_seconds()
            if not people.deliver_due():
                break
        else:
            raise PromiseBroken("mails are due for ever")
        if world.ledger.present.holds:
            raise PromiseBroken(f"holds that never end: {world.ledger.present.holds}")
        for form in people.booked:
            if form.booking_id not in world.ledger.present.bookings:
                raise PromiseBroken(f"booked and gone: {form}")
        world.post.check_all_told(world.store.items(SCHEDULING), world.now())


def _worded(detail: object) -> str:
    match detail:
        case Booking():
            text = f"{detail.booking_id} {detail.version} {detail.state} {detail.time.start:%H:%M}"
        case Hold():
            text = f"{detail.hold_id} {detail.claim.time.start:%H:%M}"
        case [Written(), *_]:
            text = ", ".join(map(_worded, detail))
        case Written():
            text = f"{'removed' if detail.after is None else 'stored'} {'/'.join(detail.key)}"
        case [{**_write}, *_]:
            text = ", ".join(map(_worded, detail))
        case {"Put": {"Item": {"PK": {"S": partition}, "SK": {"S": sort}}}}:
            text = f"put {partition}/{sort}"
        case (
            {"Update": {"Key": {"PK": {"S": partition}, "SK": {"S": sort}}}}
            | {"Delete": {"Key": {"PK": {"S": partition}, "SK": {"S": sort}}}}
            | {"ConditionCheck": {"Key": {"PK": {"S": partition}, "SK": {"S": sort}}}}
        ):
            text = f"{' '.join(detail).lower()} {partition}/{sort}"
        case {"PK": {"S": partition}, "SK": {"S": sort}}:
            text = f"{partition}/{sort}"
        case _:
            text = str(detail)
    return _ID.sub(r"\1", _ENTRY_ID.sub(r"\1", text))
