from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from scheduling.domain.messages import Delivery, DeliveryState
from scheduling.domain.people import Role
from tests.support.builders import AIKO, ORGANIZATION

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

LIST = "/console/team/invitations"
NEW = f"{LIST}/new"
DIRECTORY = "/console/settings/directory"


def form(site: Site, **fields: str) -> dict[str, str]:
    directory = site.store.directories[ORGANIZATION.organization_id]
    return {
        "form_id": "a" * 26,
        "emails": "lena@hanami.example",
        "department_id": site.design.listed_id,
        "designation_id": next(iter(directory.designations)),
        "manager_id": AIKO.member_id,
        "role": "member",
    } | fields


def invitations(site: Site) -> set[str]:
    return {each.email for each in site.store.invitations.values() if each.is_open}


@pytest.fixture
def member(staff: Browser, site: Site) -> Browser:
    """Somebody who is no admin."""
    key = AIKO.organization_id, AIKO.member_id
    site.store.members[key] = replace(AIKO, role=Role.MEMBER)
    return staff


def test_c39_the_list_tells_how_far_each_invitation_is(staff: Browser, site: Site):
    failed = Delivery(DeliveryState.SEND_FAILED, attempts=2)
    queued = site.wait_for("new@hanami.example", site.now)
    site.store.messages[queued.message] = Delivery(DeliveryState.QUEUED)
    site.store.messages[site.wait_for("bad@hanami.example", site.now).message] = failed

    page = staff.get(LIST).body

    for words in ("Invited", "Expired", "Being sent", "Mail failed, trying again"):
        assert words in page
    for words in ("ben@hanami.example", "Designer, Brand design", "Tue 8 December 2026"):
        assert words in page


def test_c39_an_empty_list_invites_to_invite(staff: Browser, site: Site):
    site.store.invitations.clear()

    page = staff.get(LIST).body

    assert "Nobody is being waited for" in page
    assert page.count(f'href="{NEW}" data-dialog') == 1


def test_c39_a_long_list_goes_on_where_it_stopped(staff: Browser, site: Site, monkeypatch):
    monkeypatch.setattr("handlers.pages.console_invitations.ROWS", 1)

    page = staff.get(LIST).body
    following = page.partition('href="?cursor=')[2].partition('"')[0]

    assert "ben@hanami.example" in page
    assert "tom@hanami.example" in staff.get(f"{LIST}?cursor={following}").body


def test_c16_opening_the_form_sends_nothing(staff: Browser, site: Site):
    writes = site.store.writes

    page = staff.get(NEW).body

    assert site.store.writes == writes
    for words in ("Brand design", "Designer", "Aiko Mori", "Send invitations", "data-close"):
        assert words in page


def test_c21_each_address_has_its_result_and_bad_ones_can_be_corrected(staff: Browser, site: Site):
    typed = f"lena@hanami.example, ben@hanami.example; {AIKO.email}\nlena@"

    answer = staff.post(NEW, form(site, emails=typed))

    assert answer.status == 200
    for words in (
        "What became of them",
        "Was invited before",
        "Is a member already",
        "Is no e-mail address",
        "Correct these and try again",
    ):
        assert words in answer.body
    assert "lena@</textarea>" in answer.body
    assert f'value="{site.design.listed_id}" selected' in answer.body
    assert "lena@hanami.example" in invitations(site)


def test_c21_when_all_went_well_there_is_nothing_to_correct(staff: Browser, site: Site):
    page = staff.post(NEW, form(site)).body

    assert "Invited" in page
    assert "<textarea" not in page
    assert "Invite more" in page


def test_c22_the_form_sent_twice_invites_once(staff: Browser, site: Site):
    first = staff.post(NEW, form(site))
    messages = len(site.store.messages)

    again = staff.post(NEW, form(site))

    assert (first.status, again.status) == (200, 200)
    assert "Was invited before" not in again.body
    assert len(site.store.messages) == messages


def test_a_form_that_was_sent_with_something_else_becomes_a_new_one(staff: Browser, site: Site):
    staff.post(NEW, form(site))

    answer = staff.post(NEW, form(site, new_department="Legal"))

    assert answer.status == 409
    assert 'href="#emails"' in answer.body
    assert f'value="{"a" * 26}"' not in answer.body


def test_c18_c19_c20_whatever_is_missing_is_named_and_nothing_is_lost(staff: Browser, site: Site):
    answer = staff.post(
        NEW, form(site, department_id="", designation_id="", manager_id="", emails=" ;")
    )

    assert answer.status == 422
    for name in ("emails", "department_id", "designation_id", "manager_id"):
        assert f'href="#{name}"' in answer.body
        assert f'id="{name}-problem"' in answer.body


def test_c18_a_new_department_is_added_with_the_invitation(staff: Browser, site: Site):
    staff.post(NEW, form(site, new_department="Legal"))

    [lena] = [
        each for each in site.store.invitations.values() if each.email == "lena@hanami.example"
    ]
    directory = site.store.directories[ORGANIZATION.organization_id]
    assert directory.departments[lena.placement.department_id] == "Legal"


def test_c18_a_department_that_is_listed_is_not_listed_twice(staff: Browser, site: Site):
    staff.post(NEW, form(site, new_department="BRAND design"))

    directory = site.store.directories[ORGANIZATION.organization_id]
    assert list(directory.departments.values()) == ["Brand design"]


def test_c18_what_was_added_stays_chosen_when_something_else_is_wrong(staff: Browser, site: Site):
    answer = staff.post(NEW, form(site, new_department="Legal", emails=""))

    assert answer.status == 422
    assert "selected>Legal</option>" in answer.body


def test_c18_a_new_name_that_cannot_be_accepted_is_named_at_its_field(staff: Browser, site: Site):
    answer = staff.post(NEW, form(site, new_designation="x" * 101))

    assert answer.status == 422
    assert 'href="#new_designation"' in answer.body
    assert "lena@hanami.example" not in invitations(site)


def test_c18_c19_the_first_of_an_organization_are_named_right_in_the_form(
    staff: Browser, site: Site
):
    site.store.directories.clear()
    blank = form_without_directory()

    page, refused = staff.get(NEW).body, staff.post(NEW, blank).body
    sent = staff.post(NEW, blank | {"new_department": "Legal", "new_designation": "Counsel"})

    assert page.count("There is none yet: this will be the first.") == 2
    assert 'href="#new_department"' in refused
    assert sent.status == 200
    assert "lena@hanami.example" in invitations(site)


def form_without_directory() -> dict[str, str]:
    return {"form_id": "b" * 26, "emails": "lena@hanami.example", "manager_id": AIKO.member_id}


def test_c4_an_admin_is_invited_only_after_a_fresh_proof(staff: Browser, site: Site):
    site.wait_until(site.now + timedelta(minutes=11))

    answer = staff.post(NEW, form(site, role="admin"))

    assert answer.status == 403
    assert "lena@hanami.example" not in invitations(site)
    assert 'href="/sign-in/again" target="_blank"' in answer.body
    assert "lena@hanami.example</textarea>" in answer.body
    assert '<option value="admin" selected>' in answer.body
    assert f'value="{"a" * 26}"' in answer.body


def test_c39_sending_again_tells_that_the_old_link_has_ended(staff: Browser, site: Site):
    answer = staff.post(f"{LIST}/{site.expired_invitation.invitation_id}/resend", {})

    assert "A new mail goes out now." in staff.get(answer.location).body
    assert site.store.links[site.expired_invitation.link_id].replaced_at == site.now


def test_c39_taking_back_asks_first(staff: Browser, site: Site):
    page = f"{LIST}/{site.invitation.invitation_id}/revocation"
    writes = site.store.writes

    question = staff.get(page)
    asked = site.store.writes
    answer = staff.post(page, {})

    assert "Take back the invitation of ben@hanami.example?" in question.body
    assert asked == writes
    assert "The link in its mail has ended." in staff.get(answer.location).body
    assert "ben@hanami.example" not in invitations(site)
    assert staff.post(page, {}).status == 409


def test_c4_whoever_is_no_admin_neither_sees_nor_invites(member: Browser, site: Site):
    writes = site.store.writes
    revocation = f"{LIST}/{site.invitation.invitation_id}/revocation"

    statuses = [
        *(member.get(page).status for page in (LIST, NEW, revocation)),
        member.post(NEW, form(site)).status,
        member.post(revocation, {}).status,
        member.post(f"{LIST}/{site.invitation.invitation_id}/resend", {}).status,
    ]

    assert statuses == [403] * 6
    assert site.store.writes == writes


def test_another_organizations_invitation_is_not_there(staff: Browser, site: Site):
    key = "another", site.invitation.invitation_id
    site.store.invitations[key] = site.store.invitations.pop(
        (ORGANIZATION.organization_id, site.invitation.invitation_id)
    )

    for page in ("resend", "revocation"):
        assert staff.post(f"{LIST}/{site.invitation.invitation_id}/{page}", {}).status == 404


def test_departments_are_added_renamed_and_removed(staff: Browser, site: Site):
    added = staff.post(DIRECTORY, {"part": "departments", "name": "Legal"})
    one = f"{DIRECTORY}/{site.design.listed_id}"
    renamed = staff.post(one, {"part": "departments", "name": "Print"})
    page = staff.get(renamed.location).body
    removed = staff.post(f"{one}/removal", {"part": "departments"})

    assert "It can be chosen at once." in staff.get(added.location).body
    assert page.index("Legal") < page.index("Print")
    after = staff.get(removed.location).body
    assert "Whoever was in it has none now." in after
    assert "Print" not in after


@pytest.mark.parametrize("address", [DIRECTORY, f"{DIRECTORY}/{{design}}"])
def test_a_name_that_cannot_be_accepted_is_named_at_its_field(
    staff: Browser, site: Site, address: str
):
    answer = staff.post(
        address.format(design=site.design.listed_id), {"part": "departments", "name": "x" * 101}
    )

    field = site.design.listed_id if "{" in address else "departments"
    assert answer.status == 422
    assert f'href="#{field}"' in answer.body
    assert f'id="{field}-problem"' in answer.body
    assert "x" * 101 in answer.body


def test_a_part_that_does_not_exist_is_no_form_of_ours(staff: Browser):
    assert staff.post(DIRECTORY, {"part": "floors", "name": "First"}).status == 400


def test_members_see_the_directory_without_its_forms(member: Browser, site: Site):
    page = member.get(DIRECTORY).body

    assert "Brand design" in page
    assert 'name="part"' not in page
    assert member.post(DIRECTORY, {"part": "departments", "name": "x"}).status == 403
