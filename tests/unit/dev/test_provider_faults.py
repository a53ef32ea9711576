"""Each way in which a provider lets its clients down, met over HTTP."""

import pytest
import requests
from aiohttp import web

from dev.providers.faults import Fault, Faults, Kind, suffer
from dev.providers.serving import serving_in_thread


class Counter:
    """A provider with one endpoint, which counts; an account asks for it in the query."""

    def __init__(self):
        self.faults = Faults()
        self.count = 0

    def application(self):
        application = web.Application(middlewares=[self._suffer])
        application.router.add_post("/count", self._count)
        return application

    @web.middleware
    async def _suffer(self, request, handler):
        fault = self.faults.hitting(request.query.get("account"), "counter.count")
        return await suffer(fault, request, handler, self._refuse)

    def _refuse(self, fault):
        return web.json_response({"error": fault.reason}, status=fault.status)

    async def _count(self, _):
        self.count += 1
        return web.json_response({"count": self.count})


@pytest.fixture
def counter():
    return Counter()


@pytest.fixture
def ask(counter):
    with serving_in_thread(counter.application()) as origin, requests.Session() as session:
        yield lambda account="aiko", timeout=5: session.post(
            f"{origin}/count", params={"account": account}, timeout=timeout
        )


def test_a_refusal_has_no_effect_and_says_when_to_come_again(counter, ask):
    counter.faults.switch_on(Fault(Kind.REFUSED, 429, "rateLimitExceeded", retry_after="120"))

    answer = ask()

    assert (answer.status_code, answer.json()) == (429, {"error": "rateLimitExceeded"})
    assert answer.headers["Retry-After"] == "120"
    assert counter.count == 0


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        (Kind.RESET_BEFORE, 0),
        (Kind.RESET_AFTER, 1),
        (Kind.SILENT_BEFORE, 0),
        (Kind.SILENT_AFTER, 1),
    ],
)
def test_an_answer_may_be_lost_before_or_after_the_effect(counter, ask, kind, count):
    counter.faults.switch_on(Fault(kind, seconds=0.01), times=1)

    with pytest.raises(requests.ConnectionError):
        ask()

    assert counter.count == count


def test_silence_lasts_until_a_client_gives_up(counter, ask):
    counter.faults.switch_on(Fault(Kind.SILENT_AFTER))

    with pytest.raises(requests.ReadTimeout):
        ask(timeout=0.1)

    assert counter.count == 1


def test_half_an_answer_comes_after_the_effect(counter, ask):
    counter.faults.switch_on(Fault(Kind.TRUNCATED))

    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        ask()

    assert counter.count == 1


def test_a_page_may_come_in_place_of_json(counter, ask):
    counter.faults.switch_on(Fault(Kind.HTML))

    answer = ask()

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert counter.count == 0


def test_a_slow_answer_is_an_answer(counter, ask):
    counter.faults.switch_on(Fault(Kind.SLOW, seconds=0.05))

    answer = ask()

    assert answer.json() == {"count": 1}
    assert answer.elapsed.total_seconds() >= 0.05


def test_a_fault_hits_an_account_a_number_of_times(counter, ask):
    counter.faults.switch_on(Fault(Kind.REFUSED), account="aiko", times=2)

    answers = [ask(account).status_code for account in ("aiko", "ren", "aiko", "aiko")]

    assert answers == [503, 200, 503, 200]


def test_a_fault_hits_endpoints_by_a_pattern_until_it_is_switched_off(counter, ask):
    counter.faults.switch_on(Fault(Kind.REFUSED), endpoint="events.*")
    number = counter.faults.switch_on(Fault(Kind.REFUSED), endpoint="counter.*")
    assert ask().status_code == 503

    counter.faults.switch_off(number)

    assert ask().status_code == 200
    assert [each.endpoint for each in counter.faults.switched_on()] == ["events.*"]
    counter.faults.clear()
    assert counter.faults.switched_on() == []
