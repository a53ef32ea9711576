"""Threat T41: an organization stops before the mail service would stop everybody."""

import pytest

from scheduling.domain.reputation import PauseReason, SendingHealth

BOUNCES, COMPLAINTS = PauseReason.BOUNCES, PauseReason.COMPLAINTS


@pytest.mark.parametrize(
    ("sent", "bounced", "complained", "reason"),
    [
        (0, 0, 0, None),
        (99, 50, 0, None),
        (100, 2, 0, None),
        (100, 3, 0, BOUNCES),
        (1_000, 29, 0, None),
        (1_000, 30, 0, BOUNCES),
        (10, 0, 1, None),
        (10, 0, 2, COMPLAINTS),
        (2_500, 0, 2, COMPLAINTS),
        (2_501, 0, 2, None),
        (10_000, 0, 7, None),
        (10_000, 0, 8, COMPLAINTS),
        (100, 3, 2, COMPLAINTS),
    ],
)
def test_t41_an_organization_pauses_at_3_percent_bounces_or_0_08_percent_complaints(
    sent, bounced, complained, reason
):
    assert SendingHealth(sent, bounced, complained).reason_to_pause is reason
