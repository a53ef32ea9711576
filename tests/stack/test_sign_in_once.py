"""A link that signs in does so once, however often it is used at the same moment (S5)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.support.api_road import Road
from tests.support.deployed import an_address, link_in, rows_of, token_in

AT_ONCE = 64


def used_at_once(stack, path, **body):
    """Return how often each status was answered when everybody sends one body to a path."""
    everybody_is_here = Barrier(AT_ONCE)

    def use(_):
        with stack.client() as browser:
            everybody_is_here.wait()
            return browser.post(path, **body).status_code

    with ThreadPoolExecutor(AT_ONCE) as browsers:
        return Counter(browsers.map(use, range(AT_ONCE)))


def sessions_of(stack, *member_ids):
    return [
        row
        for row in rows_of(stack.access)
        if row["PK"].startswith("SES#") and row["member_id"] in member_ids
    ]


@pytest.mark.parametrize(
    ("path", "place", "statuses"),
    [("/api/sessions", "json", (204, 410)), ("/sign-in/finish", "data", (303, 410))],
)
def test_s5_of_64_uses_of_a_link_at_once_one_starts_a_session(
    stack, measured, path, place, statuses
):
    created = stack.create_organization()
    token = token_in(created["sign_in_url"])

    answers = used_at_once(stack, path, **{place: {"token": token}})

    measured(f"one sign-in link used {AT_ONCE} times at once, {path}: {dict(answers)}")
    started, refused = statuses
    assert answers == {started: 1, refused: AT_ONCE - 1}
    assert len(sessions_of(stack, created["member_id"])) == 1


def test_s5_of_64_uses_of_an_invitation_at_once_one_makes_a_member(stack, measured):
    created, invited = stack.create_organization(), an_address("yuki")
    with stack.client() as admin:
        Road(admin, admin).sign_in(token_in(created["sign_in_url"]))
        department = admin.post("/api/directory/departments", json={"name": "Design"}).json()
        designation = admin.post("/api/directory/designations", json={"name": "Designer"}).json()
        placement = {
            "department_id": department["department_id"],
            "designation_id": designation["designation_id"],
            "manager_id": created["member_id"],
        }
        admin.post("/api/invitations", json={"emails": [invited], **placement})
        token = token_in(link_in(stack.wait_for_mails(invited)[0]))
        acceptance = {"token": token, "name": "Yuki Sato", "time_zone": "Asia/Tokyo"}

        answers = used_at_once(stack, "/api/invitations/acceptance", json=acceptance)

        members = admin.get("/api/members").json()["items"]
    measured(f"one invitation accepted {AT_ONCE} times at once: {dict(answers)}")
    assert answers == {204: 1, 410: AT_ONCE - 1}
    [joined] = [each["member_id"] for each in members if each["email"] == invited]
    assert len(sessions_of(stack, joined)) == 1
