"""Mail scanners follow every link, again and again: that changes nothing. Ended links say so."""

import pytest

from scheduling.adapters.dynamodb import keys
from scheduling.adapters.dynamodb.table import encoded
from scheduling.use_cases.links import link_address
from tests.support.api_road import Road
from tests.support.deployed import an_address, link_in, rows_of, token_in

TIMES = 5


@pytest.fixture
def road(stack):
    with stack.client() as admin, stack.client() as public:
        yield Road(admin, public, guest_email=an_address("mia"))


@pytest.fixture
def team(stack, road):
    """The answer to an operator; its admin is signed in."""
    created = stack.create_organization()
    road.sign_in(token_in(created["sign_in_url"]))
    return created


@pytest.fixture
def no_events(stack):
    """Nobody works off what bookings ask of calendars."""
    with stack.calendar_events_held_back():
        yield


@pytest.mark.usefixtures("no_events")
def test_s4_t5_getting_a_link_or_a_page_changes_nothing(stack, road, team):
    address = an_address("admin")
    other_team = stack.create_organization(address)
    operator = token_in(other_team["sign_in_url"])
    asked = road.public.post("/api/sign-in-requests", json={"email": address})
    sign_in = token_in(link_in(stack.wait_for_mails(address)[0]))
    member = road.invite(email=an_address("kenji"))
    slug = member["booking_page"]["slug"]
    availability = token_in(link_in(stack.wait_for_mails(member["email"])[0]))
    road.enter_times(availability)
    booked = road.book(slug)
    guest = token_in(link_in(stack.wait_for_mails(road.guest_email)[0]))
    assert guest == token_in(booked["manage_url"])
    links = [f"/l/{token}" for token in (operator, sign_in, availability, guest)]
    pages = ["/sign-in", f"/book/{slug}", f"/book/{slug}?start={road.slots(slug)[0]}"]
    teams = (team["organization_id"], other_team["organization_id"])

    before = stored_but_of_others(stack, *teams)
    for path in [*links, *pages]:
        for method in ("GET", "HEAD"):
            for _ in range(TIMES):
                answer = road.public.request(method, path)
                assert answer.status_code == 200, path
                assert "set-cookie" not in answer.headers
                assert bool(answer.content) is (method == "GET")
    assert "set-cookie" not in road.public.get("/").headers
    for path, token in (("/api/availability", availability), ("/api/guest/booking", guest)):
        for _ in range(TIMES):
            mine = {"Authorization": f"Bearer {token}"}
            assert road.public.get(path, headers=mine).status_code == 200
    assert stored_but_of_others(stack, *teams) == before

    form = {"token": availability, "version": "1", "time_zone": "Asia/Tokyo", "action": "save"}
    saved = road.public.post("/availability", data=form)
    cancelled = road.public.post("/booking/cancellation", data={"token": guest})
    by_operator = road.public.post("/sign-in/finish", data={"token": operator})
    mine = {"cookie": asked.headers["set-cookie"].partition(";")[0]}
    by_mail = road.public.post("/sign-in/finish", data={"token": sign_in}, headers=mine)
    answers = (saved, cancelled, by_operator, by_mail)
    assert [answer.status_code for answer in answers] == [303, 303, 303, 303]


def stored_but_of_others(stack, *organizations):
    """Return all items by key, but those of other organizations: workers go on with their affairs.

    Of messages the key alone, and no counts of them: workers send them meanwhile.
    """
    rows = [*rows_of(stack.scheduling), *rows_of(stack.access)]
    others = {row["organization_id"] for row in rows if "organization_id" in row} - {*organizations}
    counts = {keys.sending(whose)["PK"] for whose in organizations}
    return {
        (row["PK"], row["SK"]): None if row["SK"].startswith(keys.MESSAGES) else row
        for row in rows
        if row["PK"] not in counts and not any(other in str(row) for other in others)
    }


@pytest.fixture
def tokens(stack, road, team, room):
    """A link of each kind, by what it is for."""
    member = road.invite(email=an_address("kenji"))
    key = keys.external_member(team["organization_id"], member["external_member_id"])
    link = room.links.get(stack.scheduling.get(key)["request"]["link_id"])
    availability = token_in(link_address(room.base_url, link, room.link_keys))
    road.enter_times(availability)
    booked = road.post_booking(member["booking_page"]["slug"], road.day).json()
    return {
        "sign_in": token_in(stack.create_organization()["sign_in_url"]),
        "availability": availability,
        "guest": token_in(booked["manage_url"]),
    }


KINDS = ("sign_in", "availability", "guest")


def ask(road, kind, token):
    """Use a link as a program does."""
    mine = {"Authorization": f"Bearer {token}"}
    match kind:
        case "sign_in":
            return road.public.post("/api/sessions", json={"token": token})
        case "availability":
            return road.public.get("/api/availability", headers=mine)
        case "guest":
            return road.public.get("/api/guest/booking", headers=mine)


def assert_ended(road, kind, token, status, code):
    page, problem = road.public.get(f"/l/{token}"), ask(road, kind, token)
    assert (page.status_code, problem.status_code) == (status, status)
    assert page.headers["content-type"].startswith("text/html")
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["code"] == code
    assert "set-cookie" not in page.headers
    assert "set-cookie" not in problem.headers


@pytest.mark.parametrize("kind", KINDS)
def test_s6_a_link_past_its_time_says_so_although_it_is_still_stored(stack, road, tokens, kind):
    link_id = tokens[kind].split(".")[2]
    access = stack.access
    access.client.update_item(
        TableName=access.name,
        Key=encoded(keys.link(link_id)),
        UpdateExpression="SET expires_at = :past",
        ExpressionAttributeValues=encoded({":past": int(road.day.timestamp() - 30 * 86400)}),
    )

    assert_ended(road, kind, tokens[kind], 410, "link_expired")


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_link_is_unknown(road, tokens, kind):
    token = tokens[kind]
    damaged = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")

    assert_ended(road, kind, damaged, 404, "link_not_found")


def test_a_sign_in_link_works_once(road, tokens):
    token = tokens["sign_in"]
    assert ask(road, "sign_in", token).status_code == 204

    assert_ended(road, "sign_in", token, 410, "link_used")


def test_t13_a_newer_request_replaces_the_link_of_the_older(road, tokens):
    [member] = road.admin.get("/api/external-members").json()["items"]
    path = f"/api/external-members/{member['external_member_id']}/availability-requests"
    assert road.admin.post(path).status_code == 202

    assert_ended(road, "availability", tokens["availability"], 410, "link_replaced")
