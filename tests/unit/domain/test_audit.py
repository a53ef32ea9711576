import pytest

from scheduling.domain.audit import masked_network


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:7:9::1", "2001:db8:7::/48"),
    ],
)
def test_where_somebody_came_from_is_kept_as_a_network_only(address, network):
    assert masked_network(address) == network
