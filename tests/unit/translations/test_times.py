from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from handlers.pages import zones
from translations import times

PRINCIPAL_ZONES = [name for names in zones.PRINCIPAL_ZONES.values() for name in names.split()]


def at(day: int, clock: str, month: int = 12) -> datetime:
    hour, minute = clock.split(":")
    return datetime(2026, month, day, int(hour), int(minute), tzinfo=UTC)


def test_a_day_has_its_weekday() -> None:
    assert times.day(date(2026, 12, 1), "en") == "Tue 1 December 2026"


def test_a_day_in_japanese_is_as_japanese_write_it() -> None:
    assert times.day(date(2026, 12, 1), "ja") == "2026年12月1日(火)"


def test_a_region_of_english_reads_days_in_the_same_order() -> None:
    assert times.day(date(2026, 12, 1), "en_US") == "Tue 1 December 2026"


def test_a_clock_shows_the_time_of_its_zone() -> None:
    assert times.clock(at(1, "01:30"), "Asia/Tokyo", "en") == "10:30"


@pytest.mark.parametrize(
    ("start", "end", "zone", "words"),
    [
        (
            at(1, "01:30"),
            at(1, "02:00"),
            "Asia/Tokyo",
            "Tue 1 December 2026, 10:30\N{EN DASH}11:00 (Tokyo, GMT+9)",
        ),
        (
            at(1, "14:30"),
            at(1, "15:30"),
            "Asia/Tokyo",
            "Tue 1 December 2026, 23:30\N{EN DASH}Wed 2 December 2026, 00:30 (Tokyo, GMT+9)",
        ),
        (
            at(1, "13:00"),
            at(1, "15:00"),
            "Asia/Tokyo",
            "Tue 1 December 2026, 22:00\N{EN DASH}24:00 (Tokyo, GMT+9)",
        ),
        (
            at(1, "15:00"),
            at(2, "15:00"),
            "Asia/Tokyo",
            "Wed 2 December 2026, 00:00\N{EN DASH}24:00 (Tokyo, GMT+9)",
        ),
        (
            at(1, "02:00"),
            at(1, "03:00"),
            "America/New_York",
            "Mon 30 November 2026, 21:00\N{EN DASH}22:00 (New York, GMT-5)",
        ),
        (
            at(1, "01:30"),
            at(1, "02:00"),
            "UTC",
            "Tue 1 December 2026, 01:30\N{EN DASH}02:00 (UTC)",
        ),
        (
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
            datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
            "Europe/Berlin",
            "Sun 25 October 2026, 02:30\N{EN DASH}02:30 (Berlin, GMT+2, then GMT+1)",
        ),
        (
            datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
            datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
            "Europe/London",
            "Sun 29 March 2026, 00:30\N{EN DASH}02:30 (London, GMT, then GMT+1)",
        ),
    ],
    ids=[
        "same day",
        "over midnight",
        "until midnight",
        "all day",
        "day before",
        "UTC",
        "repeated hour",
        "missing hour",
    ],
)
def test_a_span_names_day_clocks_and_zone(
    start: datetime, end: datetime, zone: str, words: str
) -> None:
    assert times.span(start, end, zone, "en") == words


@pytest.mark.parametrize(
    ("zone", "label"),
    [
        ("Asia/Tokyo", "Tokyo, GMT+9"),
        ("Asia/Kolkata", "Kolkata, GMT+5:30"),
        ("Asia/Calcutta", "Kolkata, GMT+5:30"),
        ("Asia/Kathmandu", "Kathmandu, GMT+5:45"),
        ("America/St_Johns", "St. John’s, GMT-3:30"),  # noqa: RUF001 - CLDR writes it so
        ("America/Argentina/Buenos_Aires", "Buenos Aires, GMT-3"),
        ("US/Pacific", "Los Angeles, GMT-8"),
        ("Europe/London", "London, GMT"),
        ("Etc/GMT+5", "GMT-5"),
        ("GMT", "UTC"),
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
    ],
)
def test_a_zone_is_its_city_and_offset(zone: str, label: str) -> None:
    assert times.zone_label(zone, at(1, "12:00"), "en") == label


def test_a_zone_has_the_offset_of_that_day() -> None:
    assert times.zone_label("Europe/London", at(1, "12:00", month=7), "en") == "London, GMT+1"


def test_a_city_is_named_in_the_readers_language() -> None:
    assert times.zone_label("Asia/Tokyo", at(1, "12:00"), "ja") == "東京、GMT+9"


@pytest.mark.parametrize(
    ("zone", "city"),
    [
        ("America/Argentina/Buenos_Aires", "ブエノスアイレス"),
        ("Asia/Kolkata", "コルカタ"),
        ("Asia/Calcutta", "コルカタ"),
        ("Europe/Kyiv", "キーウ"),
    ],
)
def test_a_city_whose_zone_was_renamed_keeps_its_name(zone: str, city: str) -> None:
    assert times.zone_label(zone, at(1, "12:00"), "ja").startswith(f"{city}、")


@pytest.mark.parametrize("zone", PRINCIPAL_ZONES)
def test_every_zone_that_is_offered_has_a_japanese_name(zone: str) -> None:
    assert not times.zone_label(zone, at(1, "12:00"), "ja")[0].isascii()


@pytest.mark.parametrize(
    ("start", "end", "zone", "words"),
    [
        (
            at(1, "01:30"),
            at(1, "02:00"),
            "Asia/Tokyo",
            "2026年12月1日(火) 10:30\N{EN DASH}11:00（東京、GMT+9）",
        ),
        (
            at(1, "14:30"),
            at(1, "15:30"),
            "Asia/Tokyo",
            "2026年12月1日(火) 23:30\N{EN DASH}2026年12月2日(水) 00:30（東京、GMT+9）",
        ),
        (
            at(1, "13:00"),
            at(1, "15:00"),
            "Asia/Tokyo",
            "2026年12月1日(火) 22:00\N{EN DASH}24:00（東京、GMT+9）",
        ),
        (at(1, "01:30"), at(1, "02:00"), "UTC", "2026年12月1日(火) 01:30\N{EN DASH}02:00（UTC）"),
        (
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
            datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
            "Europe/Berlin",
            "2026年10月25日(日) 02:30\N{EN DASH}02:30（ベルリン、GMT+2、その後GMT+1）",
        ),
    ],
    ids=["same day", "over midnight", "until midnight", "UTC", "repeated hour"],
)
def test_a_span_in_japanese_is_as_japanese_write_it(
    start: datetime, end: datetime, zone: str, words: str
) -> None:
    assert times.span(start, end, zone, "ja") == words


def test_a_moment_has_its_day_and_its_zone_if_asked_for() -> None:
    assert times.moment(at(1, "01:30"), "Asia/Tokyo", "en") == "Tue 1 December 2026, 10:30"
    assert times.moment(at(1, "01:30"), "Asia/Tokyo", "ja") == "2026年12月1日(火) 10:30"
    assert (
        times.zoned_moment(at(1, "01:30"), "Asia/Tokyo", "ja")
        == "2026年12月1日(火) 10:30（東京、GMT+9）"
    )


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (1, "1 minute"),
        (30, "30 minutes"),
        (60, "1 hour"),
        (90, "1 hour 30 minutes"),
        (24 * 60, "1 day"),
        (30 * 24 * 60, "30 days"),
    ],
)
def test_a_length_is_in_days_hours_and_minutes(minutes: int, words: str) -> None:
    assert times.length(timedelta(minutes=minutes), "en") == words


def test_a_length_in_japanese_has_no_spaces() -> None:
    assert times.length(timedelta(minutes=90), "ja") == "1時間30分"


def test_a_month_has_its_year() -> None:
    assert times.month(date(2026, 12, 1), "en") == "December 2026"
    assert times.month(date(2026, 12, 1), "ja") == "2026年12月"


def test_a_week_begins_on_monday() -> None:
    assert times.weekday_names("en") == ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    assert "".join(times.weekday_names("ja")) == "月火水木金土日"
