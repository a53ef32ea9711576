"""One organization whose calendars answer slowly keeps nobody else waiting (T45)."""

from collections import defaultdict, deque
from heapq import heappop, heappush
from operator import attrgetter

from dev.build.template import written
from scheduling.domain.connections import ConnectionKey, Provider
from scheduling.domain.identifiers import derived_id
from scheduling.domain.sync_turns import GROUPS, SyncTurn
from scheduling.use_cases.sync_dispatch import request_due_turns
from tests.support.builders import EARLY
from tests.support.syncing import QUEUE_DELAY

QUEUE_SECONDS = QUEUE_DELAY.total_seconds()
SEND_SECONDS = 0.02
"""For ten messages."""
FAST_SECONDS, SLOW_SECONDS = 0.8, 25.0
"""What a look takes; the slow one ends with a timeout at the provider."""

_SOURCE = written()["Resources"]["SyncCalendarsFunction"]["Properties"]["Events"]["Requested"]
WORKERS = _SOURCE["Properties"]["ScalingConfig"]["MaximumConcurrency"]
BATCH = _SOURCE["Properties"]["BatchSize"]


class DueTurns:
    """Turns that have all come."""

    def __init__(self, members):
        """Give each of so many members of each organization a turn."""
        self.turns = [
            SyncTurn(
                ConnectionKey(organization, derived_id(organization, str(number)), Provider.GOOGLE),
                "c" * 26,
                EARLY,
            )
            for organization, count in members.items()
            for number in range(count)
        ]

    def due(self, *, now, limit):
        return self.turns[: 4 * limit]


class Fifo:
    """A FIFO queue of SQS before its Lambda function, on a clock of its own.

    Of a group in which a batch is worked on nothing is handed out; a batch has as many of one
    group as there are, and is over when its last message is.
    """

    def __init__(self, slow, group_of=attrgetter("group")):
        self.slow = slow
        self.group_of = group_of
        self.groups = defaultdict(deque)
        """Those that wait, with when they may be handed out."""
        self.sent = 0
        self.done_at = {}
        self.most_at_once = 0
        """Batches with messages of the slow organization."""

    def send(self, requests):
        for request in requests:
            self.sent += 1
            visible_at = self.sent / BATCH * SEND_SECONDS + QUEUE_SECONDS
            self.groups[self.group_of(request)].append((visible_at, request))

    def work_off(self):
        """Hand out everything, to as many workers as there may be."""
        clock, ends, locked = 0.0, [], set()
        while True:
            while len(ends) < WORKERS and (batch := self._received(clock, locked)):
                groups = {self.group_of(request) for request in batch}
                locked |= groups
                for request in batch:
                    self.done_at[request] = clock + self._seconds(request)
                end = clock + max(map(self._seconds, batch))
                heappush(ends, (end, len(self.done_at), groups, any(map(self._is_slow, batch))))
                self.most_at_once = max(self.most_at_once, sum(each[3] for each in ends))
            heads = (queue[0][0] for group, queue in self.groups.items() if group not in locked)
            moments = [end for end, *_ in ends[:1]]
            if len(ends) < WORKERS:
                moments += [each for each in heads if each > clock]
            if not moments:
                return
            clock = min(moments)
            while ends and ends[0][0] <= clock:
                locked -= heappop(ends)[2]

    def _received(self, clock, locked):
        batch = []
        for group, queue in [*self.groups.items()]:
            if group in locked:
                continue
            while queue and queue[0][0] <= clock and len(batch) < BATCH:
                batch.append(queue.popleft()[1])
            if not queue:
                del self.groups[group]
            if len(batch) == BATCH:
                break
        return batch

    def _is_slow(self, request):
        return request.key.organization_id == self.slow

    def _seconds(self, request):
        return SLOW_SECONDS if self._is_slow(request) else FAST_SECONDS


SLOW = derived_id("slow")
OTHERS = {derived_id("organization", str(each)): 10 for each in range(400)}


def others_p95(queue):
    """Return within how many seconds 95 of 100 connections of the others were looked at."""
    done = sorted(
        at for request, at in queue.done_at.items() if request.key.organization_id != SLOW
    )
    assert len(done) == 4000
    return done[int(len(done) * 0.95)]


def test_t45_with_5000_due_at_once_others_are_looked_at_within_a_minute():
    queue = Fifo(SLOW)
    asked = request_due_turns(now=EARLY, turns=DueTurns({SLOW: 1000} | OTHERS), queue=queue)

    queue.work_off()

    assert asked == len(queue.done_at) == 5000
    assert others_p95(queue) < 60


def test_t45_others_pass_by_what_an_organization_has_waiting():
    queue, all_as_one = Fifo(SLOW), Fifo(SLOW, attrgetter("deduplication_id"))
    for each in (queue, all_as_one):
        request_due_turns(now=EARLY, turns=DueTurns({SLOW: 1000}), queue=each)
        request_due_turns(now=EARLY, turns=DueTurns(OTHERS), queue=each)
        each.work_off()

    assert others_p95(queue) < 60
    assert queue.most_at_once == GROUPS
    # Without shares every worker would be theirs, for minutes.
    assert others_p95(all_as_one) > 120
