"""What is promised of external members, row by row, through the JSON API."""

import csv
import io
from datetime import datetime, timedelta
from operator import itemgetter

import boto3
import pytest

from scheduling.adapters.dynamodb import keys
from scheduling.domain.people import Role
from tests.integration.test_api import inbox, link_in, send_mails, token_in
from tests.support.deployed import rows_of

ADDRESS = "kenji@example.org"
LIST = "/api/external-members"
FEATURE = "/api/organization/features/external_members"


@pytest.fixture
def staff(road, created):
    """The road of an admin who is signed in."""
    road.sign_in(token_in(created["sign_in_url"]))
    return road


@pytest.fixture
def kenji(staff, deployed):
    """An external member who was asked, with the link from the mail."""
    member = staff.invite()
    send_mails(deployed)
    return member | {
        "token": token_in(link_in(inbox()[-1])),
        "slug": member["booking_page"]["slug"],
        "address": f"{LIST}/{member['external_member_id']}",
    }


@pytest.fixture
def open_kenji(staff, kenji):
    """The same, after entering 10:00-12:00 and 14:00-15:00 in Tokyo."""
    return kenji | {"windows": staff.enter_times(kenji["token"])["windows"]}


def bearer(member):
    return {"Authorization": f"Bearer {member['token']}"}


def save(staff, member, *hours, version):
    windows = [
        {
            "start": (staff.day + timedelta(hours=first)).isoformat(),
            "end": (staff.day + timedelta(hours=last)).isoformat(),
        }
        for first, last in hours
    ]
    answer = staff.public.put(
        "/api/availability",
        headers=bearer(member),
        json={"version": version, "time_zone": "Asia/Tokyo", "windows": windows},
    )
    assert answer.status_code == 200, answer.text


def fields(answer):
    assert answer.status_code == 422, answer.text
    return [error["field"] for error in answer.json()["errors"]]


def code(answer):
    return answer.status_code, answer.json()["code"]


def entries(deployed):
    return [row for row in rows_of(deployed.scheduling) if "activity" in row]


def test_a1_times_are_collected_with_nothing_but_the_link(staff, open_kenji):
    assert staff.public.cookies.jar._cookies == {}
    assert len(open_kenji["windows"]) == 2
    assert staff.staff_reads_times(open_kenji["external_member_id"]) == open_kenji["windows"]


def test_a2_their_bookings_are_managed_like_members(staff, open_kenji):
    booked = staff.post_booking(open_kenji["slug"], staff.day).json()
    one = f"/api/bookings/{booked['booking_id']}"

    for which in (
        {"host_id": open_kenji["external_member_id"]},
        {"person_in_charge_id": open_kenji["person_in_charge_id"]},
        {"text": "mia@guest"},
    ):
        found = staff.admin.get("/api/bookings", params=which).json()["items"]
        assert [item["booking_id"] for item in found] == [booked["booking_id"]]
    later = (staff.day + timedelta(minutes=30)).isoformat()
    assert staff.admin.post(f"{one}/move", json={"start": later}).status_code == 200
    assert staff.admin.post(f"{one}/cancellation").json()["state"] == "cancelled"


def test_a3_nobody_without_an_account_gets_one(staff, open_kenji, deployed):
    staff.post_booking(open_kenji["slug"], staff.day)

    everything = rows_of(deployed.scheduling)
    assert [row for row in everything if row["PK"] == keys.addressees(ADDRESS)] == []
    assert [row["email"] for row in everything if "role" in row] == ["aiko@hanami.example"]
    sessions = [row for row in rows_of(deployed.access) if row["PK"].startswith("SES#")]
    assert len(sessions) == 1


def test_a4_the_person_in_charge_never_takes_part_and_hears_of_the_booking(
    staff, open_kenji, deployed
):
    send_mails(deployed)
    before = len(inbox())
    booked = staff.post_booking(open_kenji["slug"], staff.day).json()
    send_mails(deployed)

    to = [mail["to"].addresses[0].addr_spec for mail in inbox()[before:]]
    found = staff.admin.get(f"/api/bookings/{booked['booking_id']}").json()
    assert "aiko@hanami.example" in to
    assert [host["host_id"] for host in found["hosts"]] == [open_kenji["external_member_id"]]


def test_a5_who_is_available_is_a_grid(staff, open_kenji):
    staff.post_booking(open_kenji["slug"], staff.day)
    asked = {"from": f"{staff.day:%Y-%m-%d}", "days": 1, "time_zone": "UTC"}

    [row] = staff.admin.get("/api/availability-grid", params=asked).json()["items"]
    table = staff.admin.get("/api/availability-grid.csv", params=asked).text

    [cell] = row["days"]
    assert row["name"] == "Kenji Tanaka"
    assert [len(cell["free"]), len(cell["taken"])] == [2, 1]
    assert '"01:30-03:00, 05:00-06:00"' in table


def test_a6_the_feature_is_listed_and_off_at_first(staff):
    [feature] = staff.admin.get("/api/organization/features").json()["items"]

    assert (feature["feature"], feature["enabled"]) == ("external_members", False)
    assert "no account" in feature["description"]


def test_a7_an_admin_switches_it_on_and_again_changes_nothing(staff, created, deployed):
    first = staff.admin.put(FEATURE, json={"enabled": True})
    known = len(entries(deployed))
    again = staff.admin.put(FEATURE, json={"enabled": True})

    assert [answer.status_code for answer in (first, again)] == [200, 200]
    assert first.json() == again.json()
    assert first.json()["enabled"] is True
    assert len(entries(deployed)) == known
    boto3.client("dynamodb").update_item(
        TableName=deployed.scheduling.name,
        Key={
            name: {"S": value}
            for name, value in keys.member(created["organization_id"], created["member_id"]).items()
        },
        UpdateExpression="SET #role = :role",
        ExpressionAttributeNames={"#role": "role"},
        ExpressionAttributeValues={":role": {"S": Role.MEMBER}},
    )
    assert code(staff.admin.put(FEATURE, json={"enabled": False})) == (403, "not_allowed")


def test_a7_a_feature_that_there_is_not_is_named(staff):
    answer = staff.admin.put("/api/organization/features/teleporting", json={"enabled": True})

    assert fields(answer) == ["feature"]


def test_a8_off_until_switched_on(staff, created):
    invitation = {
        "name": "Kenji",
        "email": ADDRESS,
        "person_in_charge_id": created["member_id"],
    }
    table = {
        "content": b"name,email,person_in_charge\na,b,c",
        "headers": {"Content-Type": "text/csv"},
    }
    for method, path, sent in (
        ("GET", LIST, {}),
        ("GET", f"{LIST}.csv", {}),
        ("POST", LIST, {"json": invitation}),
        ("POST", f"{LIST}/imports", table),
        ("GET", f"{LIST}/x", {}),
        ("PATCH", f"{LIST}/x", {"json": {"version": 1}}),
        ("DELETE", f"{LIST}/x", {}),
        ("GET", f"{LIST}/x/availability", {}),
        ("POST", f"{LIST}/x/availability-requests", {}),
        ("POST", f"{LIST}/x/link", {}),
        ("GET", f"{LIST}/x/deliveries", {}),
        ("DELETE", f"{LIST}/x/suppression", {}),
        ("GET", "/api/availability-grid", {}),
        ("GET", "/api/availability-grid.csv", {}),
    ):
        answer = staff.admin.request(method, path, **sent)
        assert (method, path, *code(answer)) == (method, path, 409, "feature_disabled")


def test_a9_the_list_tells_how_far_everybody_is(staff, open_kenji):
    [listed] = staff.admin.get(LIST).json()["items"]

    assert (listed["name"], listed["email"]) == ("Kenji Tanaka", ADDRESS)
    assert listed["person_in_charge_name"] == "Aiko Mori"
    assert (listed["answered"], listed["open_windows"]) == (True, 2)
    assert (listed["request"]["number"], listed["request"]["delivery"]) == (1, "sent")
    assert listed["booking_page"]["url"].endswith(f"/book/{open_kenji['slug']}")


def test_a9_t25_the_list_is_exported_as_a_table_in_which_no_name_is_a_formula(
    staff, open_kenji, created
):
    formula = {
        "name": "=SUM(A1)",
        "email": "sum@example.org",
        "person_in_charge_id": created["member_id"],
    }
    staff.admin.post(LIST, json=formula)

    answer = staff.admin.get(f"{LIST}.csv")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    read = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    # Of two that were invited in the same second, either may come first.
    rows = sorted(read, key=itemgetter("Name"))
    shown = ("Name", "E-mail", "Person in charge", "State", "Mail", "Open times")
    assert [[row[heading] for heading in shown] for row in rows] == [
        ["'=SUM(A1)", "sum@example.org", "aiko@hanami.example", "queued", "queued", "0"],
        ["Kenji Tanaka", ADDRESS, "aiko@hanami.example", "answered", "sent", "2"],
    ]
    assert rows[1]["Booking page"].endswith(f"/book/{open_kenji['slug']}")
    only = staff.admin.get(f"{LIST}.csv", params={"q": "kenji", "standing": "answered"})
    assert "Kenji Tanaka" in only.text
    assert "SUM" not in only.text


def test_a9_the_page_leads_to_the_table_of_what_it_shows(staff, open_kenji):
    page = staff.admin.get("/console/external-members", params={"q": "kenji"}).text

    assert 'href="/api/external-members.csv?q=kenji"' in page


def test_a10_before_anybody_was_invited_one_button_says_start_using(staff):
    staff.connect_external_members()
    page = staff.admin.get("/console/external-members").text.partition("<main")[2]

    assert page.count('href="/console/external-members/new"') == 1
    assert ">Start using</a>" in page


def test_a11_with_somebody_in_it_the_list_says_invite(staff, kenji):
    page = staff.admin.get("/console/external-members").text

    assert ">Invite external member</a>" in page
    assert "Start using" not in page


@pytest.mark.parametrize("missing", ["name", "email", "person_in_charge_id"])
def test_a12_each_missing_field_is_named(staff, created, missing):
    staff.connect_external_members()
    whole = {"name": "Kenji", "email": ADDRESS, "person_in_charge_id": created["member_id"]}
    without = {name: value for name, value in whole.items() if name != missing}

    assert fields(staff.admin.post(LIST, json=without)) == [missing]
    assert fields(staff.admin.post(LIST, json=whole | {missing: ""})) == [missing]
    assert staff.admin.post(LIST, json=whole).status_code == 201


def test_a12_an_address_is_invited_once_and_a_key_invites_once(staff, kenji, created):
    invitation = {"name": "Lena", "person_in_charge_id": created["member_id"]}
    mine = invitation | {"email": "lena@example.org"}
    key = {"Idempotency-Key": "a form"}

    assert code(staff.admin.post(LIST, json=invitation | {"email": ADDRESS})) == (
        409,
        "email_taken",
    )
    first, again = (staff.admin.post(LIST, json=mine, headers=key) for _ in range(2))
    assert [answer.status_code for answer in (first, again)] == [201, 201]
    assert first.json() == again.json()
    other = staff.admin.post(LIST, json=mine | {"email": "omar@example.org"}, headers=key)
    assert code(other) == (409, "idempotency_key_reused")


def test_a13_the_request_is_one_mail_with_a_link_that_works(staff, kenji, deployed):
    send_mails(deployed)

    [mail] = inbox()
    assert mail["to"].addresses[0].addr_spec == ADDRESS
    assert staff.public.get("/api/availability", headers=bearer(kenji)).status_code == 200


def test_a13_a_mail_that_fails_loses_nobody(staff, deployed):
    boto3.client("sesv2").delete_email_identity(EmailIdentity="mail.example")
    member = staff.invite()
    send_mails(deployed)

    [listed] = staff.admin.get(LIST).json()["items"]
    assert listed["external_member_id"] == member["external_member_id"]
    assert listed["request"]["delivery"] == "send_failed"
    again = staff.admin.post(f"{LIST}/{member['external_member_id']}/availability-requests")
    assert again.status_code == 202


def test_a14_the_pages_of_the_team_lead_to_the_same_form(staff, kenji):
    team = staff.admin.get("/console/team").text
    tab = staff.admin.get("/console/external-members").text

    assert 'href="/console/external-members"' in team.partition("<main")[2]
    assert 'href="/console/external-members/new"' in tab
    assert staff.admin.get("/console/external-members/new").status_code == 200


def test_a15_asking_again_mails_the_stored_address_and_counters_move(staff, kenji, deployed):
    answer = staff.admin.post(f"{kenji['address']}/availability-requests")
    send_mails(deployed)

    assert answer.status_code == 202
    assert answer.json()["request"]["number"] == 2
    assert [mail["to"].addresses[0].addr_spec for mail in inbox()] == [ADDRESS, ADDRESS]
    assert code(staff.public.get("/api/availability", headers=bearer(kenji))) == (
        410,
        "link_replaced",
    )


def test_a16_opening_the_dialog_sends_nothing(staff, kenji, deployed):
    before = rows_of(deployed.scheduling)

    page = staff.admin.get(f"/console{kenji['address'][4:]}/availability-requests")

    assert page.status_code == 200
    assert rows_of(deployed.scheduling) == before


def test_a17_staff_sees_the_page_marked_as_staff_view(staff, open_kenji):
    page = staff.admin.post(f"/console{open_kenji['address'][4:]}/availability").text

    assert "You are looking at what somebody else sees" in page


def test_a18_what_was_entered_is_shown_and_before_that_nothing(staff, kenji):
    assert staff.staff_reads_times(kenji["external_member_id"]) == []

    saved = staff.enter_times(kenji["token"])["windows"]

    mine = staff.public.get("/api/availability", headers=bearer(kenji)).json()
    assert mine["windows"] == saved
    assert staff.staff_reads_times(kenji["external_member_id"]) == saved


def test_a19_a_new_address_ends_the_old_link_and_a_new_request_goes_there(staff, kenji, deployed):
    edited = staff.admin.patch(
        kenji["address"], json={"version": 1, "email": "kenji@elsewhere.example"}
    )

    assert edited.status_code == 200, edited.text
    assert edited.json()["request"]["is_void"] is True
    assert code(staff.public.get("/api/availability", headers=bearer(kenji))) == (
        410,
        "link_revoked",
    )
    late = staff.admin.patch(kenji["address"], json={"version": 1, "name": "Kenji Ito"})
    assert code(late) == (409, "external_member_changed")
    again = staff.admin.post(f"{kenji['address']}/availability-requests")
    assert again.json()["request"]["is_void"] is False
    send_mails(deployed)
    assert inbox()[-1]["to"].addresses[0].addr_spec == "kenji@elsewhere.example"


def test_a20_deleting_wants_a_word_about_the_bookings(staff, open_kenji):
    staff.post_booking(open_kenji["slug"], staff.day)

    refused = staff.admin.delete(open_kenji["address"])
    deleted = staff.admin.delete(open_kenji["address"], params={"bookings": "cancel"})

    assert code(refused) == (409, "upcoming_bookings")
    assert deleted.status_code == 204
    assert staff.admin.get(LIST).json()["items"] == []
    assert staff.public.get("/api/availability", headers=bearer(open_kenji)).status_code == 410
    assert staff.public.get(f"/api/booking-pages/{open_kenji['slug']}").status_code == 410


def test_a21_their_booking_pages_are_listed(staff, kenji):
    which = {"host_id": kenji["external_member_id"]}
    [page] = staff.admin.get("/api/booking-pages", params=which).json()["items"]

    assert (page["title"], page["durations_minutes"]) == ("Portfolio review", [30])
    assert page["url"].endswith(f"/book/{kenji['slug']}")
    assert (page["is_on"], page["active"]) == (True, False)


def test_a22_their_page_offers_what_lies_inside_the_windows(staff, open_kenji):
    windows = [
        (datetime.fromisoformat(window["start"]), datetime.fromisoformat(window["end"]))
        for window in open_kenji["windows"]
    ]

    starts = [datetime.fromisoformat(start) for start in staff.slots(open_kenji["slug"])]

    assert len(starts) == 6
    for start in starts:
        assert any(
            first <= start and start + timedelta(minutes=30) <= last for first, last in windows
        )


def test_a23_a_guest_books_on_the_shared_link_and_three_people_hear_of_it(
    staff, open_kenji, deployed
):
    send_mails(deployed)
    before = len(inbox())

    booked = staff.post_booking(open_kenji["slug"], staff.day)
    send_mails(deployed)

    mails = inbox()[before:]
    assert booked.status_code == 201
    assert {mail["to"].addresses[0].addr_spec for mail in mails} == {
        "aiko@hanami.example",
        ADDRESS,
        "mia@guest.example",
    }
    for mail in mails:
        assert any(part.get_content_type() == "text/calendar" for part in mail.walk())


def test_a24_before_anything_was_entered_nothing_can_be_booked(staff, kenji):
    staff.find_not_open(kenji["slug"])
    assert "not open yet" in staff.public.get(f"/book/{kenji['slug']}").text


def test_a25_the_next_request_after_the_save_succeeds(staff, kenji):
    staff.enter_times(kenji["token"])

    assert staff.post_booking(kenji["slug"], staff.day).status_code == 201


def test_a26_active_is_a_function_of_the_windows(staff, open_kenji):
    page = f"/api/booking-pages/{open_kenji['slug']}"
    seen = [staff.public.get(page).json()["active"]]
    for version, hours in ((1, []), (2, [(0, 1)])):
        save(staff, open_kenji, *hours, version=version)
        seen.append(staff.public.get(page).json()["active"])

    assert seen == [True, False, True]


def test_a27_the_person_in_charge_gets_one_mail_with_what_was_entered(staff, open_kenji, deployed):
    before = len(inbox())
    send_mails(deployed)

    [mail] = inbox()[before:]
    assert mail["to"].addresses[0].addr_spec == "aiko@hanami.example"
    assert "10:00–12:00" in mail.get_body(("plain",)).get_content()


def test_a28_their_page_has_the_settings_of_any_page(staff, open_kenji):
    address = f"/api/booking-pages/{open_kenji['slug']}/settings"
    settings = staff.admin.get(address).json() | {
        "title": "Mentoring",
        "durations_minutes": [60],
        "buffer_after_minutes": 15,
        "minimum_notice_minutes": 60,
        "location": "Studio 2",
        "questions": [{"question_id": "topic", "label": "What about?", "is_required": True}],
    }

    saved = staff.admin.put(address, json=settings)

    assert saved.status_code == 200, saved.text
    assert saved.json()["title"] == "Mentoring"
    assert len(staff.slots(open_kenji["slug"])) == 3


@pytest.mark.parametrize(("needed", "slots"), [(None, 2), (1, 6)])
def test_a29_several_on_one_page_all_of_them_or_any_one(staff, open_kenji, deployed, needed, slots):
    lena = staff.invite(name="Lena Fischer", email="lena@example.org")
    send_mails(deployed)
    [mail] = [mail for mail in inbox() if "lena" in mail["to"].addresses[0].addr_spec]
    save(staff, {"token": token_in(link_in(mail))}, (1, 2), version=0)
    hosts = [
        {"kind": "external_member", "host_id": member["external_member_id"]}
        for member in (open_kenji, lena)
    ]
    page = staff.make_page(*hosts, needed_hosts=needed)

    booked = staff.post_booking(page["slug"], staff.day + timedelta(hours=1)).json()

    assert len(staff.slots(page["slug"])) == slots - (needed is None)
    found = staff.admin.get(f"/api/bookings/{booked['booking_id']}").json()
    assert len(found["hosts"]) == (needed or 2)


def test_a30_a_guest_moves_and_cancels_by_the_link_of_the_first_mail(staff, open_kenji):
    booked = staff.post_booking(open_kenji["slug"], staff.day).json()

    for half_hours in (1, 2, 3):
        moved = staff.move(booked, staff.day + half_hours * timedelta(minutes=30))
        assert moved.status_code == 200, moved.text

    staff.cancel(booked)


def test_b20_the_setup_says_what_is_done_and_what_comes_next(staff):
    before = staff.admin.get("/api/organization/setup").json()
    staff.invite()
    after = staff.admin.get("/api/organization/setup").json()

    assert [(step["step"], step["state"]) for step in before["items"]] == [
        ("people", "next"),
        ("external_members", "next"),
        ("first_external_member", "blocked"),
        ("first_booking_page", "next"),
    ]
    assert [step["state"] for step in after["items"]] == ["next", "done", "done", "next"]
    assert after["is_complete"] is False


def test_many_are_invited_by_a_file_and_the_same_file_again_changes_nothing(staff, kenji):
    body = (
        "Name;Email;PERSON_IN_CHARGE;duration_minutes\n"
        "Lena Fischer;lena@example.org;AIKO@hanami.example;45\n"
        f"Kenji Tanaka;{ADDRESS};aiko@hanami.example;\n"
        "Omar Haddad;omar;aiko@hanami.example;\n"
    )
    sent = {"content": body.encode(), "headers": {"Content-Type": "text/csv"}}

    dry = staff.admin.post(f"{LIST}/imports", params={"dry_run": True}, **sent).json()
    first, again = (staff.admin.post(f"{LIST}/imports", **sent).json() for _ in range(2))

    assert dry["dry_run"] is True
    assert [row["outcome"] for row in dry["items"]] == ["created", "unchanged", "error"]
    assert [row["outcome"] for row in first["items"]] == ["created", "unchanged", "error"]
    assert first["items"][2]["problems"][0]["field"] == "email"
    assert (again["created"], again["unchanged"], again["error"]) == (0, 2, 1)
    assert again["next_row"] is None
    assert len(staff.admin.get(LIST).json()["items"]) == 2


def test_t24_a_file_that_is_too_large_is_refused(staff):
    staff.connect_external_members()
    answer = staff.admin.post(
        f"{LIST}/imports", content=b"x" * 1_000_001, headers={"Content-Type": "text/csv"}
    )

    assert code(answer) == (413, "batch_too_large")
