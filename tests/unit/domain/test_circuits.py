from datetime import timedelta

from scheduling.domain.circuits import FIRST_PAUSE, LONGEST_PAUSE, PROBE, Circuit
from tests.support.builders import EARLY


def failed(times):
    circuit = Circuit()
    for _ in range(times):
        circuit = circuit.failed(EARLY)
    return circuit


def test_r10_a_circuit_opens_after_five_failures_in_a_row():
    assert not failed(4).is_open(EARLY)
    assert failed(5).is_open(EARLY)
    assert failed(5).open_until == EARLY + FIRST_PAUSE


def test_each_failure_of_an_open_circuit_doubles_its_pause_up_to_15_minutes():
    pauses = [failed(times).open_until - EARLY for times in range(5, 12)]

    assert pauses[:5] == [FIRST_PAUSE * 2**doublings for doublings in range(5)]
    assert pauses[-1] == LONGEST_PAUSE
    assert failed(1_000).open_until - EARLY == LONGEST_PAUSE


def test_when_the_pause_is_over_one_may_try_and_no_other_meanwhile():
    opened = failed(5)
    over = EARLY + FIRST_PAUSE

    assert not opened.is_half_open(over - timedelta(seconds=1))
    assert opened.is_half_open(over)
    assert opened.probing(over).is_open(over)
    assert opened.probing(over).is_half_open(over + PROBE)


def test_a_probe_that_fails_counts_as_one_more_failure():
    over = EARLY + FIRST_PAUSE

    assert failed(5).probing(over).failed(over).open_until == over + 2 * FIRST_PAUSE


def test_a_circuit_with_any_failure_is_not_closed():
    assert Circuit().is_closed
    assert not failed(1).is_closed
