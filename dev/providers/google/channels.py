"""Push: what Google sends to a channel's address when a calendar has changed.

Source: Google Calendar API, "Push notifications".
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import SimpleQueue
from random import Random
from typing import NamedTuple

import requests

from dev.providers.google.state import Channel

_SECONDS_TO_ANSWER = 10.0
_KEPT = 1000


class Notification(NamedTuple):
    """A request without a body."""

    address: str
    headers: Mapping[str, str]


@dataclass
class Pushes:
    """What happens to notifications: some are lost, all others are sent, or kept for a test."""

    are_sent: bool = True
    loss: float = 0.0
    """How many of a hundred never leave, divided by a hundred."""
    random: Random = field(default_factory=lambda: Random(0))  # noqa: S311
    kept: deque[Notification] = field(default_factory=lambda: deque(maxlen=_KEPT))
    """The latest that were not lost, sent or not."""
    outcomes: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=_KEPT))
    """What became of those that were sent: address, and status or failure."""
    _outbox: SimpleQueue[Notification | None] = field(default_factory=SimpleQueue)

    def push(self, channel: Channel, state: str) -> None:
        """Notify of a channel's beginning, `sync`, or of a change, `exists`."""
        channel.messages += 1
        if self.random.random() < self.loss:
            return
        notification = Notification(channel.address, _headers(channel, state))
        self.kept.append(notification)
        if self.are_sent:
            self._outbox.put(notification)

    def send_until_closed(self) -> None:
        """Send what is pushed, one after the other; for a thread of its own."""
        with requests.Session() as session:
            while (notification := self._outbox.get()) is not None:
                self.outcomes.append((notification.address, _send(session, notification)))

    def close(self) -> None:
        """Let `send_until_closed` return when everything is sent."""
        self._outbox.put(None)


def _send(session: requests.Session, notification: Notification) -> str:
    try:
        answer = session.post(
            notification.address,
            headers=dict(notification.headers),
            timeout=_SECONDS_TO_ANSWER,
            allow_redirects=False,
        )
    except requests.RequestException as failure:
        return str(failure)
    return str(answer.status_code)


def _headers(channel: Channel, state: str) -> dict[str, str]:
    headers = {
        "User-Agent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)",
        "X-Goog-Channel-ID": channel.channel_id,
        "X-Goog-Channel-Expiration": _http_date(channel.expires_at),
        "X-Goog-Resource-ID": channel.resource_id,
        "X-Goog-Resource-URI": channel.resource_uri,
        "X-Goog-Resource-State": state,
        "X-Goog-Message-Number": str(channel.messages),
    }
    return headers if channel.token is None else headers | {"X-Goog-Channel-Token": channel.token}


def _http_date(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
