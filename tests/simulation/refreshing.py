"""Histories of one grant whose provider takes each refresh token once, and several workers (R9).

The use case runs as it is, on ports in memory: each call of one is a place at which another worker
may go on, or at which a worker may die.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from scheduling.domain.connections import (
    Connection,
    ConnectionKey,
    ConnectionState,
    Platform,
    Provider,
)
from scheduling.domain.grants import Grant, Tokens
from scheduling.domain.refusals import BusyTryAgain, ConnectionChanged
from scheduling.provider_ports import AccessTokenRejected, GrantRejected, ProviderUnavailable
from scheduling.use_cases.provider_calls import SAVE_PAUSES, ConnectionBroken, Providers, call
from tests.simulation.client import Crash
from tests.simulation.ledger import PromiseBroken
from tests.simulation.scheduler import Clock, Scheduler
from tests.support.in_memory_grants import InMemoryCircuits, InMemoryGrants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from scheduling.domain.messages import Message

WORKERS = 5
TRIES = 5
"""How often a worker asks before it leaves the rest to a later one."""

STEPS = 90
"""About how many a history has."""

LATER = timedelta(minutes=20)
"""When nothing fails any more: past the lease of whoever died, and the pause of a circuit."""

START = datetime(2026, 11, 16, 9, tzinfo=UTC)
KEY = ConnectionKey("o" * 26, "m" * 26, Provider.ZOOM)
CONNECTED = Connection(
    key=KEY,
    connection_id="c" * 26,
    platforms=frozenset({Platform.ZOOM}),
    account_id="account",
    account="mia@example.org",
    scopes=frozenset(),
    state=ConnectionState.OK,
    state_since=START,
    connected_at=START,
)


class World:
    """A provider, what is stored, and who does what with it, as one number says."""

    def __init__(self, seed: int) -> None:
        self.random = random = Random(seed)  # noqa: S311 - chance that comes back
        self.clock = Clock(START.timestamp())
        self.scheduler = Scheduler(self.clock, random, depth=random.randint(1, 4), length=STEPS)
        self.seen: Counter[str] = Counter()
        self.crashes_at = random.choice([0, 0, random.randint(1, STEPS)])
        """At which step somebody dies; 0 for never."""
        self.crashes_once_rotated = random.random() < 0.1
        self.steps = 0
        self.provider = RotatingProvider(self)
        self.connections = StoredConnections()
        self.grants = InMemoryGrants()
        is_expired = random.random() < 0.7
        self.grants.put(self._grant(timedelta(0) if is_expired else timedelta(hours=1)))
        self.provider.accepts = self.provider.refresh_token, "revoked"
        self.providers = Providers(
            connections=_Steps(self, self.connections),
            grants=_Steps(self, self.grants),
            circuits=_Steps(self, InMemoryCircuits()),
            oauth={Provider.ZOOM: _Steps(self, self.provider)},
            calendars={},
            meetings={},
            sleep=self.scheduler.sleep,
        )

    def now(self) -> datetime:
        return datetime.fromtimestamp(int(self.clock.seconds), UTC)

    def step(self, what: str) -> None:
        """Let others come between, be held up, or die."""
        self.scheduler.pause()
        self.steps += 1
        if self.now() >= START + LATER:
            return
        rotated = what == "refresh done" and self.crashes_once_rotated
        if not self.seen["crash"] and (rotated or self.steps == self.crashes_at):
            self.seen["crash"] += 1
            raise Crash
        if what == "refresh" and not self.seen["held up"] and self._chance(0.03):
            self.seen["held up"] += 1
            self.scheduler.sleep(2 * LATER.total_seconds())
        is_fault = self.seen["save failed"] < len(SAVE_PAUSES) and (
            (what == "save" and self._chance(0.2)) or (what == "save done" and self._chance(0.1))
        )
        if is_fault:
            self.seen["save failed"] += 1
            self.seen["answer of save lost"] += what == "save done"
            raise BusyTryAgain

    def _chance(self, often: float) -> bool:
        return self.random.random() < often

    def fails(self) -> bool:
        """Tell whether the provider is out of order at this moment."""
        return self.now() < START + LATER and self._chance(0.1)

    def work(self, after: timedelta = timedelta(0)) -> None:
        """Ask the provider something, as a worker does whose task is put back where it failed."""
        self.scheduler.sleep(after.total_seconds())
        try:
            for _ in range(TRIES):
                connection = self.connections.get(KEY)
                if not connection.works:
                    self.seen["left alone"] += 1
                    return
                try:
                    call(connection, self.provider.ask, now=self.now(), providers=self.providers)
                except ProviderUnavailable as unavailable:
                    self.seen[unavailable.reason] += 1
                    self.scheduler.sleep((unavailable.retry_after or timedelta(0)).seconds + 1)
                    continue
                self.seen["answered"] += 1
                return
        except ConnectionBroken:
            self.seen["broken"] += 1
        except Crash:
            return

    def reconnect(self) -> None:
        """Sign in anew, which ends what was granted before."""
        self.scheduler.sleep(self.random.random())
        self.provider.rotate()
        self.seen["reconnected"] += 1
        grant = self._grant(timedelta(hours=1))
        self.scheduler.pause()
        self.grants.put(grant)
        while True:
            self.scheduler.pause()
            stored = self.connections.get(KEY)
            self.scheduler.pause()
            version = stored.version + 1
            anew = replace(stored, state=ConnectionState.OK, version=version)
            try:
                self.connections.change(anew, None)
            except ConnectionChanged:
                continue
            return

    def _grant(self, life: timedelta) -> Grant:
        refresh_token, access_token = self.provider.accepts
        expires_at = self.now() + life
        return Grant(KEY, CONNECTED.connection_id, refresh_token, access_token, expires_at)

    def check(self) -> None:
        stored = self.grants.get(KEY)
        connection = self.connections.get(KEY)
        is_lost = stored.refresh_token != self.provider.refresh_token
        mails = len(self.connections.messages)
        self.seen["lost"] += is_lost
        self.seen["mailed"] += mails
        if is_lost and not self.seen["crash"]:
            raise PromiseBroken("nobody has the tokens, and nobody has crashed")
        if is_lost is (connection.state is ConnectionState.OK):
            raise PromiseBroken(f"{connection.state}, and lost: {is_lost}")
        if mails > 1 or (is_lost and mails != 1):
            raise PromiseBroken(f"{mails} mails")
        if mails and not (self.seen["crash"] or self.seen["reconnected"]):
            raise PromiseBroken("a mail about nothing")
        # Once by whoever finds the tokens lost; once in the way of a sign-in; once much too late.
        if self.seen["rejected"] > 1 + self.seen["reconnected"] + self.seen["held up"]:
            raise PromiseBroken(f"a dead token was tried {self.seen['rejected']} times")
        if not is_lost and not self.seen["answered"]:
            raise PromiseBroken("nobody was answered")


class RotatingProvider:
    """Takes a refresh token once, and the latest access token only."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._issued = 0
        self.accepts = ("", "")
        self.rotate()

    @property
    def refresh_token(self) -> str:
        return self.accepts[0]

    def rotate(self) -> None:
        self._issued += 1
        self.accepts = f"refresh-{self._issued}", f"access-{self._issued}"

    def refresh(self, refresh_token: str, *, now: datetime) -> Tokens:
        world = self._world
        if world.fails():
            raise ProviderUnavailable("http_503")
        if refresh_token != self.refresh_token:
            world.seen["rejected"] += 1
            raise GrantRejected(ConnectionState.RECONNECT_REQUIRED)
        self.rotate()
        world.seen["rotated"] += 1
        refresh_token, access_token = self.accepts
        return Tokens(access_token, now + timedelta(hours=1), frozenset(), refresh_token)

    def ask(self, access_token: str) -> str:
        self._world.step("ask")
        if access_token != self.accepts[1]:
            self._world.seen["access token rejected"] += 1
            raise AccessTokenRejected
        return "answer"


@dataclass
class StoredConnections:
    """The one connection there is."""

    stored: Connection = CONNECTED
    messages: list[Message] = field(default_factory=list)

    def get(self, key: ConnectionKey) -> Connection:
        return self.stored

    def change(
        self, connection: Connection, entry: object, messages: Sequence[Message] = ()
    ) -> None:
        if connection.version != self.stored.version + 1:
            raise ConnectionChanged
        self.stored = connection
        self.messages += messages

    def verified(self, connection: Connection, *, at: datetime) -> None:
        if connection.version == self.stored.version:
            self.stored = replace(self.stored, verified_at=at)


class _Steps:
    """A port before and after each of whose calls others may come."""

    def __init__(self, world: World, port: Any) -> None:
        self._world = world
        self._port = port

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._port, name)

        def stepped(*arguments: Any, **more: Any) -> Any:
            self._world.step(name)
            answer = method(*arguments, **more)
            self._world.step(f"{name} done")
            return answer

        setattr(self, name, stepped)
        return stepped


def play(seed: int) -> Counter[str]:
    """Play one history, and return what happened in it.

    Raises:
        PromiseBroken: What it should not have come to.
    """
    world = World(seed)
    for number in range(WORKERS):
        world.scheduler.add(f"worker {number}", world.work)
        world.scheduler.add(f"later worker {number}", partial(world.work, LATER))
    if world.random.random() < 0.3:
        world.scheduler.add("member", world.reconnect)
    world.scheduler.run()
    try:
        world.check()
    except PromiseBroken as broken:
        raise PromiseBroken(f"history {seed}: {broken}; {dict(world.seen)}") from broken
    return world.seen


def first_broken(seeds: Iterable[int]) -> PromiseBroken | None:
    """Play histories until a promise is broken; None where none is."""
    for seed in seeds:
        try:
            play(seed)
        except PromiseBroken as broken:
            return broken
    return None
