"""Meetings at Zoom.

Source: https://developers.zoom.us/docs/api/meetings/
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime, BaseModel, Field

from scheduling.adapters.zoom.refusals import refusal_of, require_host_may
from scheduling.domain.provider_events import MadeMeeting
from scheduling.domain.time_range import TimeRange
from scheduling.provider_ports import MeetingGone, ProviderUnavailable

if TYPE_CHECKING:
    from scheduling.adapters.zoom.asking import Answer, Asking
    from scheduling.domain.provider_events import WantedMeeting

_SCHEDULED = 2
_TOPIC_MAX_LENGTH = 200
_PAGE_SIZE = 300
"""The most that Zoom lists at once."""
_MOST_PAGES = 10

_OWN_ROOM_FOR_EACH = {"use_pmi": False}
"""Not the host's personal room, into which guests of other meetings have the link too."""


class _Meeting(BaseModel):
    """What Parley wants to know of a meeting: not `start_url`, with which anybody is its host."""

    id: int
    join_url: str = Field(min_length=1)
    start_time: AwareDatetime
    duration: int = Field(gt=0)
    """Minutes."""


class _Listed(BaseModel):
    id: int
    agenda: str = ""
    """Its first 250 characters."""


class _Page(BaseModel):
    meetings: list[_Listed]
    next_page_token: str = ""


class ZoomMeetings:
    """Meetings that members host at Zoom."""

    def __init__(self, asking: Asking, *, api_url: str) -> None:
        """Ask the API at `api_url` (https://api.zoom.us), whatever a token's answer names."""
        self._asking = asking
        self._api_url = api_url

    def create(self, access_token: str, meeting: WantedMeeting) -> MadeMeeting:
        body = _fields(meeting) | {"type": _SCHEDULED, "settings": _OWN_ROOM_FOR_EACH}
        answer = self._ask("POST", "/users/me/meetings", access_token, json=body)
        require_host_may(answer)
        return _made(_good(answer))

    def find(self, access_token: str, mark: str) -> MadeMeeting | None:
        query: dict[str, str | int] = {"type": "upcoming", "page_size": _PAGE_SIZE}
        for _ in range(_MOST_PAGES):
            answer = self._ask("GET", "/users/me/meetings", access_token, params=query)
            page = _good(answer).read_as(_Page)
            for listed in page.meetings:
                if mark in listed.agenda.split():
                    return self._read(access_token, listed.id)
            if not page.next_page_token:
                return None
            query["next_page_token"] = page.next_page_token
        raise ProviderUnavailable("too_many_meetings")

    def update(self, access_token: str, meeting_id: str, meeting: WantedMeeting) -> None:
        answer = self._ask("PATCH", _path(meeting_id), access_token, json=_fields(meeting))
        require_host_may(answer)
        _good(answer)

    def delete(self, access_token: str, meeting_id: str) -> None:
        """Remove a meeting; Zoom writes to nobody about it, as Parley does."""
        quietly = {"schedule_for_reminder": "false", "cancel_meeting_reminder": "false"}
        answer = self._ask("DELETE", _path(meeting_id), access_token, params=quietly)
        try:
            _good(answer)
        except MeetingGone:
            return

    def _read(self, access_token: str, meeting_id: int) -> MadeMeeting | None:
        """Return a meeting that was listed: a list does not say how to get in."""
        answer = self._ask("GET", _path(str(meeting_id)), access_token)
        try:
            return _made(_good(answer))
        except MeetingGone:
            return None

    def _ask(self, method: str, path: str, access_token: str, **request: Any) -> Answer:
        headers = {"Authorization": f"Bearer {access_token}"}
        return self._asking.ask(method, f"{self._api_url}/v2{path}", headers=headers, **request)


def _path(meeting_id: str) -> str:
    return f"/meetings/{int(meeting_id)}"


def _fields(meeting: WantedMeeting) -> dict[str, Any]:
    return {
        "topic": meeting.topic[:_TOPIC_MAX_LENGTH],
        "start_time": meeting.time.start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "duration": math.ceil(meeting.time.length / timedelta(minutes=1)),
        "timezone": meeting.time_zone,
        # There is no idempotency key: after an answer that was lost, it is found by this.
        "agenda": meeting.mark,
    }


def _good(answer: Answer) -> Answer:
    if not answer.is_good:
        raise refusal_of(answer)
    return answer


def _made(answer: Answer) -> MadeMeeting:
    meeting = answer.read_as(_Meeting)
    start: datetime = meeting.start_time.astimezone(UTC)
    time = TimeRange(start, start + timedelta(minutes=meeting.duration))
    return MadeMeeting(str(meeting.id), meeting.join_url, time)
