import socket

import pytest

from dev.failures import CannotRun
from dev.ports import Ports, free_ports


@pytest.mark.parametrize("taken", ["front", "aws", "mail", "google", "zoom"])
def test_a_port_that_another_program_uses_is_named_with_a_way_out(taken):
    ports = free_ports()
    port = getattr(ports, taken)

    with socket.create_server(("127.0.0.1", port)), pytest.raises(CannotRun) as refusal:
        ports.require_free()

    assert f"Port {port} is used by another program." in str(refusal.value)
    assert f"PARLEY_PORT={ports.front + 100} make dev" in str(refusal.value)


def test_free_ports_in_a_row_are_found():
    ports = free_ports()

    ports.require_free()

    assert ports.all == tuple(range(ports.front, ports.front + 5))


def test_people_reach_parley_by_name_not_by_address():
    assert Ports(8080).origin == "http://localhost:8080"
