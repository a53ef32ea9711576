"""Meetings of a provider in memory: what simulations and tests of use cases ask and look into."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scheduling.domain.provider_events import MadeMeeting, WantedMeeting
from scheduling.provider_ports import AccessTokenRejected, MeetingGone

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_ID = 90_000_000_000
"""As long as they are, and more than 32 bits."""


@dataclass(slots=True)
class _Failure:
    call: str | None
    error: Exception
    times: int
    is_after: bool


class InMemoryMeetings:
    """The port Meetings, and the meetings behind it. An access token is an account's."""

    def __init__(self) -> None:
        self.accounts: dict[str, dict[str, WantedMeeting]] = {}
        """Meetings by id, by access token. Without the token: AccessTokenRejected."""
        self.calls: Counter[str] = Counter()
        """How often each method was called, whatever came of it."""
        self.pause: Callable[[str], None] = lambda moment: None
        """Is told `create` before the effect and `create done` after it, and so on."""
        self._failures: list[_Failure] = []
        self._latest = FIRST_ID

    def add_account(self, access_token: str) -> None:
        self.accounts[access_token] = {}

    def meetings(self, access_token: str) -> list[WantedMeeting]:
        return list(self.accounts[access_token].values())

    def fail(
        self, error: Exception, *, call: str | None = None, times: int = 1, after: bool = False
    ) -> None:
        """Let the next calls raise `error`, after their effect or before."""
        self._failures.append(_Failure(call, error, times, after))

    def create(self, access_token: str, meeting: WantedMeeting) -> MadeMeeting:
        def effect() -> MadeMeeting:
            self._latest += 1
            self._own(access_token)[str(self._latest)] = meeting
            return _made(str(self._latest), meeting)

        return self._call("create", effect)

    def find(self, access_token: str, mark: str) -> MadeMeeting | None:
        def answer() -> MadeMeeting | None:
            own = self._own(access_token).items()
            return next((_made(*each) for each in own if each[1].mark == mark), None)

        return self._call("find", answer)

    def update(self, access_token: str, meeting_id: str, meeting: WantedMeeting) -> None:
        def effect() -> None:
            own = self._own(access_token)
            if meeting_id not in own:
                raise MeetingGone
            own[meeting_id] = replace(meeting)

        self._call("update", effect)

    def delete(self, access_token: str, meeting_id: str) -> None:
        def effect() -> None:
            self._own(access_token).pop(meeting_id, None)

        self._call("delete", effect)

    def _own(self, access_token: str) -> dict[str, WantedMeeting]:
        try:
            return self.accounts[access_token]
        except KeyError:
            raise AccessTokenRejected from None

    def _call[Answer](self, name: str, effect: Callable[[], Answer]) -> Answer:
        self.calls[name] += 1
        failure = self._failure(name)
        self.pause(name)
        if failure is not None and not failure.is_after:
            raise failure.error
        answer = effect()
        self.pause(f"{name} done")
        if failure is not None:
            raise failure.error
        return answer

    def _failure(self, call: str) -> _Failure | None:
        for failure in self._failures:
            if failure.call in {None, call}:
                failure.times -= 1
                if not failure.times:
                    self._failures.remove(failure)
                return failure
        return None


def _made(meeting_id: str, meeting: WantedMeeting) -> MadeMeeting:
    return MadeMeeting(meeting_id, f"https://zoom.example/j/{meeting_id}", meeting.time)
