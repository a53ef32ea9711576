"""The road over the wire: JSON API and pages, functions under their own roles, real mails."""

from collections import Counter
from datetime import timedelta

import pytest
import vobject

from tests.support.api_road import Road
from tests.support.audit import audit
from tests.support.deployed import an_address, link_in, token_in


@pytest.fixture
def road(stack):
    with stack.client() as admin, stack.client() as public:
        yield Road(admin, public)


@pytest.fixture
def admin_email(stack):
    address = an_address("aiko")
    stack.create_organization(address)
    return address


def sign_in_by_mail(stack, road, address):
    asked = road.admin.post("/api/sign-in-requests", json={"email": address})
    assert asked.status_code == 202
    road.admin.headers["cookie"] = asked.headers["set-cookie"].partition(";")[0]
    [mail] = stack.wait_for_mails(address)
    return road.sign_in(token_in(link_in(mail)))


def test_the_road_through_the_api(stack, road, admin_email):
    kenji, mia, noor = an_address("kenji"), an_address("mia"), an_address("noor")
    road.guest_email = mia
    who = sign_in_by_mail(stack, road, admin_email)
    assert (who["email"], who["organization_name"]) == (admin_email, "Hanami Studio")

    member = road.invite(email=kenji)
    slug = member["booking_page"]["slug"]
    road.find_not_open(slug)
    [request] = stack.wait_for_mails(kenji)
    assert request["from"].addresses[0].display_name == "Hanami Studio"
    assert request["reply-to"].addresses[0].addr_spec == admin_email

    saved = road.enter_times(token_in(link_in(request)))
    assert road.staff_reads_times(member["external_member_id"]) == saved["windows"]
    assert len(road.slots(slug)) == 6

    first = road.book(slug)
    second = road.post_booking(
        slug, road.day + timedelta(minutes=30), name="Noor Ali", email=noor
    ).json()
    assert len(road.slots(slug)) == 4
    # What is called off before it was told is never told.
    stack.wait_for_mails(mia)
    stack.wait_for_mails(kenji, 3)
    stack.wait_for_mails(admin_email, 4)
    road.cancel(first)
    assert len(road.slots(slug)) == 5

    to_mia, to_noor = stack.wait_for_mails(mia, 2), stack.wait_for_mails(noor)
    to_host = stack.wait_for_mails(kenji, 4)[1:]
    # Before these came a sign-in link and the times that Kenji entered.
    to_admin = stack.wait_for_mails(admin_email, 5)[2:]
    assert [len(mails) for mails in (to_mia, to_noor, to_host, to_admin)] == [2, 1, 3, 3]
    booking_mails = [*to_mia, *to_noor, *to_host, *to_admin]
    for mail in booking_mails:
        assert_has_both_parts(mail)
    told = Counter(entry_of(mail) for mail in booking_mails)
    assert told == {
        ("REQUEST", first["booking_id"], "0"): 3,
        ("CANCEL", first["booking_id"], "1"): 3,
        ("REQUEST", second["booking_id"], "0"): 3,
    }
    somebody_else = {first["booking_id"]: noor, second["booking_id"]: mia}
    for mail in booking_mails:
        _, booking_id, _ = entry_of(mail)
        assert somebody_else[booking_id] not in everything_in(mail)

    [page] = road.admin.get("/api/booking-pages").json()["items"]
    assert (page["slug"], page["active"]) == (slug, True)
    road.sign_out()


def test_the_road_through_the_pages(stack, road, admin_email):
    kenji, mia = an_address("kenji"), an_address("mia")
    asked = road.admin.post("/sign-in", data={"email": admin_email})
    road.admin.headers["cookie"] = asked.headers["set-cookie"].partition(";")[0]
    [mail] = stack.wait_for_mails(admin_email)
    assert road.admin.get(f"/l/{token_in(link_in(mail))}").status_code == 200
    finished = road.admin.post("/sign-in/finish", data={"token": token_in(link_in(mail))})
    assert (finished.status_code, finished.headers["location"]) == (303, "/console")
    road.admin.headers["cookie"] = finished.headers["set-cookie"].partition(";")[0]

    connected = road.admin.post("/console/integrations/external-members", data={"enabled": "yes"})
    assert connected.status_code == 303
    [me] = road.admin.get("/api/members").json()["items"]
    invitation = {
        "name": "Kenji Tanaka",
        "email": kenji,
        "person_in_charge_id": me["member_id"],
        "title": "Portfolio review",
        "duration_minutes": "30",
    }
    invited = road.admin.post("/console/external-members/new", data=invitation)
    assert invited.status_code == 303
    assert "Kenji Tanaka" in road.admin.get(invited.headers["location"]).text

    [request] = stack.wait_for_mails(kenji)
    token = token_in(link_in(request))
    assert "Hanami Studio" in road.public.get(f"/l/{token}").text
    [member] = road.admin.get("/api/external-members").json()["items"]
    slug = member["booking_page"]["slug"]
    times = {
        "token": token,
        "version": "0",
        "time_zone": "Asia/Tokyo",
        "date": f"{road.day + timedelta(hours=9):%Y-%m-%d}",
        "start": "10:00",
        "end": "12:00",
        "action": "save",
    }
    saved = road.public.post("/availability", data=times)
    assert saved.status_code == 303, saved.text

    assert "Portfolio review" in road.public.get(f"/book/{slug}").text
    form = {
        "start": road.day.isoformat(),
        "name": "Mia Weber",
        "email": mia,
        "note": "",
        "time_zone": "Europe/Berlin",
        "form_id": "a-form",
    }
    booked = road.public.post(f"/book/{slug}", data=form)
    assert booked.status_code == 303, booked.text
    late = road.public.post(f"/book/{slug}", data=form | {"form_id": "another"})
    assert late.status_code == 409

    guest_token = token_in(booked.headers["location"])
    assert road.public.get(f"/l/{guest_token}").status_code == 200
    cancelled = road.public.post(
        "/booking/cancellation", data={"token": guest_token, "reason": "Ill today"}
    )
    assert cancelled.status_code == 303
    assert [entry_of(mail)[0] for mail in stack.wait_for_mails(mia, 2)] == ["REQUEST", "CANCEL"]
    assert road.admin.post("/sign-out").status_code == 303


def test_every_function_has_a_role_of_its_own(stack):
    """That each does its work under it, `test_grants` shows."""
    functions = stack.aws("lambda")
    roles = {
        functions.get_function_configuration(FunctionName=name)["Role"]
        for name in stack.facts.function_names.values()
    }
    assert len(roles) == len(stack.facts.function_names)


def test_what_is_stored_fits_together(stack):
    assert audit(stack.scheduling, stack.access).violations == []


def assert_has_both_parts(mail):
    assert mail.get_body(("plain",)).get_content().strip()
    assert "<html" in mail.get_body(("html",)).get_content()


def entry_of(mail):
    """Return method, booking and SEQUENCE of the one calendar file in a mail, read by vobject."""
    [part] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    calendar = vobject.readOne(part.get_content())
    assert part.get_param("method") == calendar.method.value
    booking_id, _, domain = calendar.vevent.uid.value.partition("@")
    assert domain == mail["from"].addresses[0].domain
    return calendar.method.value, booking_id, calendar.vevent.sequence.value


def everything_in(mail):
    """Return headers and decoded parts as one text."""
    parts = [part.get_content() for part in mail.walk() if not part.is_multipart()]
    return "\n".join([str(mail.items()), *map(str, parts)])
