from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from scheduling.domain.zones import instant, time_zone


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe", "\0", "a" * 300])
def test_a_name_of_no_zone_is_no_zone(name):
    assert time_zone(name) is None


@pytest.mark.parametrize(
    ("zone", "day", "clock", "expected"),
    [
        ("Asia/Tokyo", "2026-12-01", "10:00", "2026-12-01T01:00:00"),
        ("Asia/Kathmandu", "2026-12-01", "08:00", "2026-12-01T02:15:00"),
        ("America/New_York", "2026-03-08", "02:30", "2026-03-08T07:00:00"),
        ("America/New_York", "2026-03-08", "03:00", "2026-03-08T07:00:00"),
        ("America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30:00"),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30:00"),
        ("Europe/London", "2026-10-25", "08:00", "2026-10-25T08:00:00"),
    ],
)
def test_a_wall_clock_is_one_instant(zone, day, clock, expected):
    found = instant(date.fromisoformat(day), time.fromisoformat(clock), ZoneInfo(zone))

    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)
