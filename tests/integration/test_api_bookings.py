"""The life of bookings in the JSON API: hold, ask, book, decide, move, cancel, list, export.

It is Tuesday, 1 December 2026, midnight in Tokyo; Aiko works there from 9 to 5 on weekdays.
"""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from handlers.wiring import adapters
from tests.support.in_process import LambdaContext, handler_at

NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)
NINE = datetime(2026, 12, 1, 0, tzinfo=UTC)
"""In Tokyo."""
TEN = NINE + timedelta(hours=1)
ELEVEN = NINE + timedelta(hours=2)

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(1)"]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def staff(clock, road, created):
    """The road of an admin who is signed in."""
    road.day = NOW
    road.sign_in(created["sign_in_url"].rpartition("/l/")[2])
    return road


@pytest.fixture
def slug(staff):
    return staff.make_page()["slug"]


@pytest.fixture
def booked(staff, slug):
    answer = staff.post_booking(slug, NINE)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def asked(staff):
    """A request on a page that needs approval."""
    slug = staff.make_page(needs_approval=True)["slug"]
    answer = staff.post_booking(slug, NINE)
    assert answer.status_code == 201, answer.text
    return answer.json() | {"slug": slug}


def written(instant):
    return instant.isoformat().replace("+00:00", "Z")


def change(staff, booking, what, **body):
    return staff.admin.post(f"/api/bookings/{booking['booking_id']}/{what}", json=body or None)


def seen_by_staff(staff, booking):
    return staff.admin.get(f"/api/bookings/{booking['booking_id']}").json()


def end_overdue():
    return handler_at("handlers.schedules.end_overdue.handler")({}, LambdaContext())


def test_a_held_slot_is_seen_by_its_guest_only_and_becomes_their_booking(staff, slug):
    hold_id = staff.hold(slug, NINE)

    assert written(NINE) not in staff.slots(slug)
    assert written(NINE) in staff.slots(slug, hold_id=hold_id)
    late = staff.post_booking(slug, NINE)
    assert late.status_code == 409
    assert late.json()["code"] == "slot_taken"
    assert late.json()["alternatives"][0] == written(NINE + timedelta(minutes=30))

    booked = staff.post_booking(slug, NINE, hold_id=hold_id)
    assert booked.status_code == 201
    assert booked.json()["booking_id"] == hold_id
    assert staff.post_booking(slug, NINE, hold_id=hold_id).json() == booked.json()


def test_what_is_told_at_first_is_what_is_told_again(staff, slug, clock):
    clock.shift(0.5)

    first = staff.post_hold(slug, NINE, key="a form")

    assert staff.post_hold(slug, NINE, key="a form").json() == first.json()


def test_the_same_key_holds_once_and_another_guest_is_told_of_other_times(staff, slug):
    first = staff.post_hold(slug, NINE, key="a form")

    assert first.status_code == 201
    assert first.json()["expires_at"] == written(NOW + timedelta(minutes=5))
    assert staff.post_hold(slug, NINE, key="a form").json() == first.json()
    other = staff.post_hold(slug, NINE, key="another form")
    assert other.status_code == 409
    assert len(other.json()["alternatives"]) == 3


def test_a_hold_ends_when_it_is_let_go_or_replaced(staff, slug):
    first = staff.hold(slug, NINE)
    second = staff.hold(slug, TEN, replaces=first)
    assert written(NINE) in staff.slots(slug)
    assert written(TEN) not in staff.slots(slug)

    for _ in range(2):
        assert staff.public.delete(f"/api/holds/{second}").status_code == 204

    assert written(TEN) in staff.slots(slug)


def test_a_hold_expires_and_the_schedule_clears_it_away(staff, slug, clock):
    hold_id = staff.hold(slug, NINE)
    clock.shift(timedelta(minutes=5))

    assert written(NINE) in staff.slots(slug)
    assert end_overdue() == {"ended": 1}
    assert end_overdue() == {"ended": 0}
    assert staff.post_booking(slug, NINE).status_code == 201
    late = staff.post_booking(slug, NINE, hold_id=hold_id)
    assert late.status_code == 409
    assert late.json()["code"] == "slot_taken"


def test_one_address_holds_so_many_slots_whatever_it_claims_to_be(staff, slug):
    answers = [
        staff.public.post(
            f"/api/booking-pages/{slug}/holds",
            json={"start": written(NINE)},
            headers={"X-Forwarded-For": f"192.0.2.{number}"},
        )
        for number in range(21)
    ]

    assert [answer.status_code for answer in answers] == [201, *[409] * 19, 429]
    assert answers[-1].json()["code"] == "too_many_holds"
    assert answers[-1].headers["retry-after"] == "300"


@pytest.mark.parametrize("hold_id", ["x", "x#y", "A" * 26, "a" * 27])
def test_what_is_no_id_of_a_hold_is_refused(staff, slug, hold_id):
    answer = staff.post_booking(slug, NINE, hold_id=hold_id)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["hold_id"]


def test_a_request_takes_its_time_until_it_is_approved(staff, asked):
    assert asked["state"] == "pending"
    assert asked["expires_at"] == written(NINE)
    assert written(NINE) not in staff.slots(asked["slug"])
    waiting = staff.admin.get("/api/bookings", params={"state": "pending"}).json()["items"]
    assert [item["booking_id"] for item in waiting] == [asked["booking_id"]]

    for _ in range(2):
        approved = change(staff, asked, "approval")
        assert approved.status_code == 200
        assert approved.json()["state"] == "confirmed"
        assert approved.json()["version"] == 2

    too_late = change(staff, asked, "decline")
    assert too_late.status_code == 409
    assert too_late.json()["code"] == "request_decided"


def test_a_declined_request_frees_its_time_and_says_why(staff, asked):
    declined = change(staff, asked, "decline", reason="On a journey")

    assert declined.json()["state"] == "declined"
    assert (declined.json()["ended_by"], declined.json()["reason"]) == ("host", "On a journey")
    assert written(NINE) in staff.slots(asked["slug"])
    mine = staff.public.get("/api/guest/booking", headers=staff.as_guest(asked)).json()
    assert (mine["state"], mine["reason"], mine["can_be_changed"]) == (
        "declined",
        "On a journey",
        False,
    )


def test_a_request_that_nobody_decides_about_expires(staff, asked, clock):
    clock.move_to(NINE)

    assert end_overdue() == {"ended": 1}
    assert seen_by_staff(staff, asked)["state"] == "expired"
    too_late = change(staff, asked, "approval")
    assert too_late.status_code == 409
    assert too_late.json()["code"] == "request_decided"


def test_a_guest_brings_others_answers_questions_and_chooses_a_length(staff):
    slug = staff.make_page(
        durations_minutes=[30, 60],
        questions=[
            {"question_id": "topic", "label": "What is it about?", "is_required": True},
            {"label": "Where?", "kind": "choice", "choices": ["Here", "There"]},
        ],
    )["slug"]
    [_, where] = staff.public.get(f"/api/booking-pages/{slug}").json()["questions"]
    refused = staff.post_booking(
        slug,
        NINE,
        duration_minutes=60,
        other_guests=["noor@guest.example", "noor@"],
        answers={where["question_id"]: "Nowhere"},
    )
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == [
        "other_guests.1",
        "answers.topic",
        f"answers.{where['question_id']}",
    ]

    booked = staff.post_booking(
        slug,
        NINE,
        duration_minutes=60,
        other_guests=["noor@guest.example"],
        answers={"topic": "A garden", where["question_id"]: "Here"},
    ).json()

    assert booked["end"] == written(TEN)
    mine = staff.public.get("/api/guest/booking", headers=staff.as_guest(booked)).json()
    assert mine["other_guests"] == ["n•••@guest.example"]
    assert mine["answers"] == [
        {"label": "What is it about?", "text": "A garden"},
        {"label": "Where?", "text": "Here"},
    ]
    assert seen_by_staff(staff, booked)["other_guests"] == ["noor@guest.example"]
    unknown = staff.post_booking(slug, TEN, duration_minutes=45, answers={"topic": "Trees"})
    assert [error["field"] for error in unknown.json()["errors"]] == ["duration_minutes"]


def test_staff_book_for_a_guest_without_approval_and_once_per_key(staff, created):
    slug = staff.make_page(needs_approval=True)["slug"]
    guest = {
        "booking_page_slug": slug,
        "start": written(NINE),
        "name": "Mia Weber",
        "email": "mia@guest.example",
    }
    headers = {"Idempotency-Key": "a form"}

    first, second = (
        staff.admin.post("/api/bookings", json=guest, headers=headers) for _ in range(2)
    )

    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert first.json()["state"] == "confirmed"
    assert first.json()["hosts"] == [
        {"kind": "member", "host_id": created["member_id"], "name": "Aiko Mori"}
    ]
    mine = staff.public.get("/api/guest/booking", headers=staff.as_guest(first.json()))
    assert mine.json()["booking_id"] == first.json()["booking_id"]
    other = staff.admin.post("/api/bookings", json=guest | {"name": "Noor"}, headers=headers)
    assert other.json()["code"] == "idempotency_key_reused"


def test_the_first_link_shows_the_booking_after_three_moves(staff, slug, booked):
    for start in (TEN, ELEVEN, TEN):
        moved = staff.move(booked, start)
        assert moved.status_code == 200, moved.text
        assert (moved.json()["booking_id"], moved.json()["start"]) == (
            booked["booking_id"],
            written(start),
        )

    mine = staff.public.get("/api/guest/booking", headers=staff.as_guest(booked)).json()
    assert mine["start"] == written(TEN)
    assert mine["former_time"]["start"] == written(ELEVEN)
    assert mine["can_be_changed"] is True
    assert seen_by_staff(staff, booked)["version"] == 4
    assert written(NINE) in staff.slots(slug)
    assert written(TEN) not in staff.slots(slug)


def test_a_booking_is_not_in_its_own_way(staff, booked):
    answer = staff.public.get(
        "/api/guest/booking/slots",
        headers=staff.as_guest(booked),
        params={"from": written(NINE), "to": written(TEN)},
    )

    assert answer.status_code == 200
    assert answer.json()["duration_minutes"] == 30
    assert [item["start"] for item in answer.json()["items"]] == [
        written(NINE),
        written(NINE + timedelta(minutes=30)),
    ]


def test_a_move_to_a_taken_time_is_refused_with_others(staff, slug, booked):
    staff.post_booking(slug, TEN)

    answer = staff.move(booked, TEN)

    assert answer.status_code == 409
    assert answer.json()["code"] == "slot_taken"
    assert len(answer.json()["alternatives"]) == 3
    assert seen_by_staff(staff, booked)["start"] == written(NINE)


def test_of_two_moves_at_once_one_wins(staff, booked, monkeypatch):
    bookings = adapters().bookings
    store = bookings.change

    def store_after_another_move(*given, **named):
        monkeypatch.setattr(bookings, "change", store)
        assert change(staff, booked, "move", start=written(ELEVEN)).status_code == 200
        store(*given, **named)

    monkeypatch.setattr(bookings, "change", store_after_another_move)
    late = staff.move(booked, TEN)

    assert late.status_code == 409
    assert late.json()["code"] == "booking_changed"
    assert seen_by_staff(staff, booked)["start"] == written(ELEVEN)


def test_what_can_no_longer_be_changed_says_where_to_book_again(staff, slug, booked, clock):
    book_again = f"https://parley.example/book/{slug}"
    other = staff.post_booking(slug, TEN).json()
    assert change(staff, other, "cancellation", reason="Snow").json()["state"] == "cancelled"
    for answer in (staff.move(other, ELEVEN), change(staff, other, "move", start=written(ELEVEN))):
        assert answer.status_code == 409
        assert (answer.json()["code"], answer.json()["book_again"]) == (
            "booking_cancelled",
            book_again,
        )

    clock.move_to(NINE)
    for answer in (
        staff.move(booked, ELEVEN),
        change(staff, booked, "move", start=written(ELEVEN)),
        change(staff, booked, "cancellation"),
    ):
        assert answer.status_code == 409
        assert (answer.json()["code"], answer.json()["book_again"]) == ("booking_over", book_again)


def test_a_guest_can_only_have_missed_a_meeting_that_began(staff, slug, asked, clock):
    booked = staff.post_booking(slug, TEN).json()
    undecided = change(staff, asked, "no-show")
    assert (undecided.status_code, undecided.json()["code"]) == (409, "booking_undecided")
    early = change(staff, booked, "no-show")
    assert (early.status_code, early.json()["code"]) == (409, "booking_not_begun")

    clock.move_to(TEN)
    for _ in range(2):
        missed = change(staff, booked, "no-show")
        assert (missed.status_code, missed.json()["state"]) == (200, "no_show")


def test_bookings_are_found_by_what_is_known_of_them(staff, slug, created, clock):
    host = staff.invite()
    mine = staff.post_booking(slug, NINE, name="Mia Weber").json()["booking_id"]
    noor = staff.post_booking(slug, TEN, name="Noor Ali", email="noor@guest.example").json()
    change(staff, noor, "cancellation")

    def found(**which):
        answer = staff.admin.get("/api/bookings", params=which)
        assert answer.status_code == 200, answer.text
        return [item["booking_id"] for item in answer.json()["items"]]

    both = [mine, noor["booking_id"]]
    assert found() == both
    assert found(order="latest") == both[::-1]
    assert found(after=written(TEN)) == both[1:]
    assert found(before=written(TEN)) == both[:1]
    assert found(host_id=created["member_id"]) == both
    assert found(host_id=host["external_member_id"]) == []
    assert found(person_in_charge_id=created["member_id"]) == both
    assert found(state="cancelled") == both[1:]
    assert found(state="confirmed,cancelled") == both
    assert found(text="WEBER") == both[:1]
    assert found(text="noor@guest.example") == both[1:]
    clock.move_to(TEN)
    assert found() == both[1:]
    assert found(before=written(ELEVEN)) == both
    for which in ({"state": "done"}, {"order": "any"}, {"limit": "101"}, {"after": "today"}):
        refused = staff.admin.get("/api/bookings", params=which)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"].startswith(next(iter(which)))


@pytest.mark.parametrize("order", ["soonest", "latest"])
def test_a_list_is_read_part_by_part(staff, slug, order):
    starts = [NINE + number * timedelta(minutes=30) for number in range(3)]
    booked = [staff.post_booking(slug, start).json()["booking_id"] for start in starts]
    found, cursor = [], None
    while cursor is not None or not found:
        more = {} if cursor is None else {"cursor": cursor}
        which = {"order": order, "limit": "2", "state": "confirmed"}
        part = staff.admin.get("/api/bookings", params=which | more).json()
        found += [item["booking_id"] for item in part["items"]]
        cursor = part["next_cursor"]

    assert found == (booked if order == "soonest" else booked[::-1])


def test_an_export_has_what_the_list_has_and_no_formulas(staff, slug):
    for number, words in enumerate(FORMULAS):
        start = NINE + number * timedelta(minutes=30)
        booked = staff.post_booking(
            slug,
            start,
            name=words,
            email=f"mia-{number}@guest.example",
            note='He said "hi",\nthen left',
        )
        assert booked.status_code == 201

    answer = staff.admin.get("/api/bookings.csv", params={"text": "@guest.example"})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="bookings.csv"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["Guest"] for row in rows] == [f"'{words}" for words in FORMULAS]
    assert rows[0]["Start (UTC)"] == written(NINE)
    assert rows[0]["Start (Asia/Tokyo)"] == "2026-12-01 09:00"
    assert rows[0]["Hosts"] == "Aiko Mori"
    assert rows[0]["Note"] == 'He said "hi",\nthen left'
    nothing = staff.admin.get("/api/bookings.csv", params={"text": "nobody"})
    assert len(nothing.text.splitlines()) == 1


@pytest.mark.parametrize("what", ["", "/approval", "/decline", "/cancellation", "/no-show"])
def test_what_is_no_booking_is_a_404(staff, what):
    method = "POST" if what else "GET"

    answer = staff.admin.request(method, f"/api/bookings/nothing{what}")

    assert answer.status_code == 404
    assert answer.json()["code"] == "booking_not_found"
