"""Tasks, events and meetings of bookings in memory: the same promises as the adapters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scheduling.domain.calendar_events import (
    LEASE,
    EventState,
    EventTask,
    HostEvent,
    KnownEvents,
    TaskState,
)
from scheduling.domain.hosts import HostKind
from scheduling.provider_ports import ClaimLost

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from scheduling.domain.booking import Booking
    from scheduling.domain.calendar_events import OnlineMeeting
    from tests.support.in_memory import Store


def ask_for_events(store: Store, before: Booking | None, after: Booking, *, now: datetime) -> None:
    """Do what the transaction of each change of a booking does."""
    hosts = (*after.hosts, *(before.hosts if before else ()))
    if any(host.key.kind is HostKind.MEMBER for host in hosts):
        key = after.organization_id, after.booking_id
        blank = EventTask(*key, after.time.start, TaskState.NEW, 0, 0, 0, 0, now, now)
        task = store.event_tasks.get(key, blank)
        store.event_tasks[key] = _asked(replace(task, starts_at=after.time.start), now)


def _asked(task: EventTask, now: datetime) -> EventTask:
    return replace(
        task,
        state=TaskState.NEW,
        asks=task.asks + 1,
        attempts=0,
        checks=0,
        since=now,
        due_at=now,
        problems=(),
    )


class InMemoryCalendarEvents:
    def __init__(self, store: Store) -> None:
        self.store = store

    def ask(self, organization_id: str, booking_id: str, *, now: datetime) -> None:
        task = self.store.event_tasks.get((organization_id, booking_id))
        if task is not None:
            self._put(_asked(task, now))

    def claim(self, organization_id: str, booking_id: str, *, now: datetime) -> EventTask | None:
        key = organization_id, booking_id
        task = self.store.event_tasks.get(key)
        leased_until = self.store.event_leases.get(key, now)
        if task is None or task.due_at is None or task.due_at > now or leased_until > now:
            return None
        self.store.event_leases[key] = now + LEASE
        claimed = replace(
            task,
            state=TaskState.WORKING,
            claims=task.claims + 1,
            attempts=task.attempts + 1,
            due_at=now + LEASE,
        )
        self._put(claimed)
        return claimed

    def finish(self, before: EventTask, after: EventTask) -> bool:
        key = before.organization_id, before.booking_id
        stored = self.store.event_tasks[key]
        if stored.claims != before.claims:
            return False
        self.store.event_leases.pop(key, None)
        if stored.asks != before.asks:
            return False
        self._put(after)
        return True

    def due(self, *, now: datetime, limit: int) -> Sequence[EventTask]:
        due = [
            (task.due_at, task)
            for task in self.store.event_tasks.values()
            if task.due_at is not None and task.due_at <= now
        ]
        return [task for _, task in sorted(due, key=lambda pair: pair[0])[:limit]]

    def failed(self, organization_id: str, *, now: datetime, limit: int) -> Sequence[EventTask]:
        failed = [
            task
            for task in self.store.event_tasks.values()
            if task.organization_id == organization_id
            and task.state is TaskState.FAILED
            and task.starts_at > now
        ]
        return sorted(failed, key=lambda task: task.starts_at)[:limit]

    def known(self, organization_id: str, booking_id: str) -> KnownEvents:
        key = organization_id, booking_id
        return KnownEvents(
            self.store.event_tasks.get(key),
            tuple(
                self.store.host_events[each]
                for each in sorted(self.store.host_events)
                if each[:2] == key
            ),
            self.store.online_meetings.get(key),
        )

    def keep(self, event: HostEvent, task: EventTask) -> None:
        self._check(task)
        key = event.organization_id, event.booking_id, event.host_id
        self.store.writes += 1
        self.store.host_events[key] = event

    def keep_meeting(self, meeting: OnlineMeeting, task: EventTask) -> None:
        self._check(task)
        self.store.writes += 1
        self.store.online_meetings[meeting.organization_id, meeting.booking_id] = meeting

    def flag(self, event: HostEvent) -> None:
        key = event.organization_id, event.booking_id, event.host_id
        stored = self.store.host_events[key]
        is_same = (stored.generation, stored.etag) == (event.generation, event.etag)
        if is_same and stored.state is EventState.WRITTEN:
            self.store.writes += 1
            self.store.host_events[key] = stored.in_state(EventState.DIVERGED)

    def _check(self, task: EventTask) -> None:
        stored = self.store.event_tasks[task.organization_id, task.booking_id]
        if stored.claims != task.claims:
            raise ClaimLost

    def _put(self, task: EventTask) -> None:
        self.store.writes += 1
        self.store.event_tasks[task.organization_id, task.booking_id] = task


class InMemoryOnlineMeetings:
    def __init__(self, store: Store) -> None:
        self.store = store

    def get(self, organization_id: str, booking_id: str) -> OnlineMeeting | None:
        return self.store.online_meetings.get((organization_id, booking_id))

    def of_bookings(
        self, organization_id: str, booking_ids: Sequence[str]
    ) -> Mapping[str, OnlineMeeting]:
        found = ((each, self.get(organization_id, each)) for each in booking_ids)
        return {booking_id: meeting for booking_id, meeting in found if meeting is not None}
