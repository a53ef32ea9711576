import pytest

from tests.support.google_schemas import endpoint_of, violations

TIMES = {
    "start": {"dateTime": "2026-12-01T12:00:00+09:00", "timeZone": "Asia/Tokyo"},
    "end": {"dateTime": "2026-12-01T13:00:00+09:00", "timeZone": "Asia/Tokyo"},
}


def inserting(body, query=None, reply=None, status=200):
    return violations("events.insert", query or {}, body, status, reply or {})


def test_what_google_documents_is_in_order():
    body = TIMES | {"extendedProperties": {"private": {"any": "name"}}}

    assert inserting(body, {"conferenceDataVersion": "1", "sendUpdates": "none"}, body) == []


@pytest.mark.parametrize(
    ("found", "where"),
    [
        (inserting(TIMES | {"titel": "x"}), "'titel' was unexpected"),
        (inserting({"start": {"dateTime": "2026-12-01T12:00:00"}}), "$.start.dateTime"),
        (inserting({"start": {"date": "1 December"}}), "$.start.date"),
        (inserting({"attendees": [{"mail": "a@b.example"}]}), "$.attendees[0]"),
        (inserting({"sequence": "1"}), "$.sequence"),
        (inserting({"location": None}), "$.location"),
        (inserting({}, {"sendUpdate": "none"}), "sendUpdate is no parameter"),
        (inserting({}, {"sendUpdates": "nobody"}), "sendUpdates is never nobody"),
        (inserting({}, reply={"summary": 1}), "answered 200: $.summary"),
        (inserting({}, reply={"error": "no"}, status=400), "answered 400: $.error"),
        (violations("events.delete", {}, None, 204, {}), "it is not empty"),
        (violations("events.get", {}, {}, 200, {}), "it takes no body"),
        (violations("events.watch", {}, {"expiration": "soon"}, 200, {}), "$.expiration"),
    ],
)
def test_what_google_does_not_document_is_found(found, where):
    (violation,) = found

    assert where in violation


def test_a_patch_may_remove_by_null():
    assert violations("events.patch", {}, {"start": {"date": None}}, 200, {}) == []


def test_a_method_is_found_by_its_path():
    events = "/calendar/v3/calendars/primary/events"

    assert endpoint_of("GET", events) == "events.list"
    assert endpoint_of("POST", f"{events}/watch") == "events.watch"
    with pytest.raises(LookupError):
        endpoint_of("POST", "/calendar/v3/colors")
