from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.availability import merged
from scheduling.domain.booking_page import BookingRules
from scheduling.domain.slots import SlotRules, Span, is_open, open_slots, span_of
from scheduling.domain.time_range import TimeRange
from tests.support.builders import DAY, EARLY, at, between

HALF_HOURS = BookingRules(duration=timedelta(minutes=30), minimum_notice=timedelta(0))
WHOLE_DAY = between("00:00", "24:00")


def starts(windows, busy=(), rules=HALF_HOURS, now=EARLY, within=WHOLE_DAY):
    spans = [span_of(window) for window in windows]
    taken = [span_of(block) for block in busy]
    found = open_slots(spans, taken, SlotRules.of(rules), span_of(within), now)
    day = int(DAY.timestamp())
    return [f"{(start - day) // 3600:02d}:{(start - day) % 3600 // 60:02d}" for start in found]


def test_slots_fill_the_window_and_end_within_it():
    assert starts([between("09:00", "10:45")]) == ["09:00", "09:30", "10:00"]


def test_a_slot_may_start_the_moment_a_busy_block_ends():
    assert starts([between("09:00", "10:00")], [between("09:00", "09:30")]) == ["09:30"]


def test_slots_may_overlap_each_other_when_the_interval_is_shorter_than_the_meeting():
    rules = BookingRules(
        duration=timedelta(minutes=60), interval=timedelta(minutes=30), minimum_notice=timedelta(0)
    )

    found = starts([between("09:00", "12:00")], rules=rules)

    assert found == ["09:00", "09:30", "10:00", "10:30", "11:00"]


def test_the_grid_stays_anchored_at_the_window_after_a_busy_block():
    found = starts([between("09:00", "11:00")], [between("09:10", "09:20")])

    assert found == ["09:30", "10:00", "10:30"]


def test_buffers_keep_their_distance_from_what_is_busy_and_may_leave_the_window():
    rules = BookingRules(
        duration=timedelta(minutes=30),
        interval=timedelta(minutes=15),
        minimum_notice=timedelta(0),
        buffer_before=timedelta(minutes=15),
        buffer_after=timedelta(minutes=45),
    )

    found = starts([between("10:00", "14:00")], [between("12:00", "13:00")], rules)

    assert found == ["10:00", "10:15", "10:30", "10:45", "13:15", "13:30"]


def test_a_slot_is_offered_up_to_the_moment_its_notice_is_up():
    rules = BookingRules(duration=timedelta(minutes=60), minimum_notice=timedelta(minutes=60))
    window = [between("12:00", "15:00")]

    on_time = starts(window, rules=rules, now=at("12:00"))
    late = starts(window, rules=rules, now=at("12:00") + timedelta(milliseconds=1))

    assert on_time == ["13:00", "14:00"]
    assert late == ["14:00"]


def test_nothing_is_offered_beyond_the_horizon():
    rules = BookingRules(minimum_notice=timedelta(0), horizon=timedelta(hours=1))

    assert starts([WHOLE_DAY], rules=rules, now=at("09:00")) == ["09:00", "09:30", "10:00"]


def test_a_busy_block_inside_a_longer_one_hides_nothing():
    busy = [between("09:00", "11:00"), between("09:30", "10:00")]

    assert starts([between("09:00", "12:00")], busy) == ["11:00", "11:30"]


GRID = st.integers(min_value=0, max_value=12 * 12).map(
    lambda cell: DAY + timedelta(minutes=5 * cell)
)
RANGES = (
    st.tuples(GRID, GRID).filter(lambda pair: pair[0] < pair[1]).map(lambda pair: TimeRange(*pair))
)
MINUTES = st.integers(min_value=0, max_value=6).map(lambda cells: timedelta(minutes=5 * cells))
LENGTHS = st.integers(min_value=1, max_value=12).map(lambda cells: timedelta(minutes=5 * cells))
RULES = st.builds(
    BookingRules,
    duration=LENGTHS,
    interval=st.none() | LENGTHS,
    minimum_notice=MINUTES,
    buffer_before=MINUTES,
    buffer_after=MINUTES,
)


@given(
    windows=st.lists(RANGES, max_size=4).map(merged),
    busy=st.lists(RANGES, max_size=6),
    rules=RULES,
    now=GRID,
)
def test_slots_are_what_the_rules_say_minute_by_minute(windows, busy, rules, now):
    spans = [span_of(window) for window in windows]
    taken: list[Span] = [span_of(block) for block in busy]
    slot_rules = SlotRules.of(rules)

    listed = list(open_slots(spans, taken, slot_rules, span_of(WHOLE_DAY), now))

    interval = rules.interval or rules.duration
    expected = sorted(
        int(start.timestamp())
        for window in windows
        for step in range(int((window.end - window.start) / timedelta(minutes=5)))
        if (step * timedelta(minutes=5)) % interval == timedelta(0)
        for start in [window.start + step * timedelta(minutes=5)]
        if start + rules.duration <= window.end
        and start >= now + rules.minimum_notice
        and not any(
            start - rules.buffer_before < block.end
            and block.start < start + rules.duration + rules.buffer_after
            for block in busy
        )
    )
    assert listed == expected


@given(windows=st.lists(RANGES, min_size=1, max_size=4).map(merged), rules=RULES, start=GRID)
def test_a_slot_is_open_exactly_when_it_is_listed(windows, rules, start):
    spans = [span_of(window) for window in windows]
    seconds = int(start.timestamp())
    slot_rules = SlotRules.of(rules)

    listed = set(open_slots(spans, (), slot_rules, span_of(WHOLE_DAY), EARLY))

    assert is_open(seconds, spans, (), slot_rules, EARLY) == (seconds in listed)
