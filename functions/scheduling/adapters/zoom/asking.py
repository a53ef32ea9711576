"""One question to Zoom and its answer, over one pool of connections."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import requests
from pydantic import BaseModel, ValidationError

from scheduling.provider_ports import ProviderUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = (3.05, 10.0)
"""To connect, and between two bytes of an answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Zoom has answered."""

    status: int
    body: Mapping[str, Any] = field(repr=False)
    """Empty where the answer is no JSON object."""
    retry_after: timedelta | None
    """What Zoom asked for; None where it did not."""
    limit: str
    """The limit that was reached, in Zoom's word: `QPS`, `Daily-limit`; empty where not said."""

    @property
    def is_good(self) -> bool:
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    def read_as[Read: BaseModel](self, model: type[Read]) -> Read:
        """Return what a good answer says.

        Raises:
            ProviderUnavailable: It does not say it; something between Zoom and us may have spoken.
        """
        try:
            return model.model_validate(self.body)
        except ValidationError:
            # Its own message quotes the answer, tokens included.
            raise ProviderUnavailable("unexpected_answer") from None

    def unavailable(self) -> ProviderUnavailable:
        code = self.body.get("code")
        says_more = isinstance(code, int) and code != self.status
        reason = f"http_{self.status}_zoom_{code}" if says_more else f"http_{self.status}"
        return ProviderUnavailable(reason, retry_after=self.retry_after)


class Asking:
    """Sends requests to Zoom; for all members, so it keeps nothing of one for another."""

    def __init__(self, seconds: tuple[float, float] = _SECONDS) -> None:
        """Wait for `seconds` to connect, and between two bytes."""
        self._seconds = seconds
        self._session = requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # Neither a proxy nor the credentials of a .netrc stand between a token and its request.
        self._session.trust_env = False

    def ask(self, method: str, url: str, **request: Any) -> Answer:
        """Return the answer to a request, whatever its status; redirects are not followed.

        Args:
            method: Of HTTP.
            url: Below one of the two that Zoom is configured with; never from an answer.
            request: As for `requests.request`: `headers`, `params`, `data`, `json`, `auth`.

        Raises:
            ProviderUnavailable: There is no answer, or a good one that is no JSON object.
        """
        try:
            answer = self._session.request(
                method, url, timeout=self._seconds, allow_redirects=False, **request
            )
        except requests.Timeout as failure:
            raise ProviderUnavailable("timeout") from failure
        except requests.RequestException as failure:
            raise ProviderUnavailable("connection") from failure
        body = _json_object(answer)
        if body is None and answer.status_code in (HTTPStatus.OK, HTTPStatus.CREATED):
            raise ProviderUnavailable("not_json")
        return Answer(
            status=answer.status_code,
            body=body or {},
            retry_after=_retry_after(answer),
            limit=answer.headers.get("X-RateLimit-Type", ""),
        )


def _json_object(answer: requests.Response) -> dict[str, Any] | None:
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None


def _retry_after(answer: requests.Response) -> timedelta | None:
    """Return how long to wait: Zoom says seconds, or for limits of a day when they end, in ISO.

    Sources: https://developers.zoom.us/docs/api/rate-limits/, RFC 9110 section 10.2.3
    """
    said = answer.headers.get("Retry-After", "")
    if said.isdecimal():
        return timedelta(seconds=int(said))
    until, sent = _moment(said), _moment(answer.headers.get("Date", ""))
    if until is None or sent is None:
        return None
    return max(timedelta(seconds=math.ceil((until - sent).total_seconds())), timedelta(0))


def _moment(text: str) -> datetime | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(text)
        except ValueError:
            continue
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return None
