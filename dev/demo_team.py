"""The demo's team: whom the admin has invited, what they are there, and who has not joined yet."""

from dataclasses import dataclass

from dev.demo_api import Api, mailed_link, token_in
from dev.mailbox import Mailbox
from dev.sign_in_link import Welcome

ADMIN = ""
"""Stands for the admin's address."""


@dataclass(frozen=True)
class Colleague:
    email: str
    department: str
    designation: str
    manager: str
    """An address; `ADMIN` for the admin."""
    name: str = ""
    """Empty for whoever has not joined yet."""
    time_zone: str = "Asia/Tokyo"


REN = Colleague("ren@hanami.example", "Design", "Head of design", ADMIN, "Ren Ito")
TOM = Colleague("tom@hanami.example", "Office", "Coordinator", ADMIN, "Tom Baker", "Europe/London")
YUI = Colleague("yui@hanami.example", "Gardens", "Gardener", REN.email, "Yui Sato")
NOOR = Colleague("noor@hanami.example", "Gardens", "Gardener", REN.email)
COLLEAGUES = (REN, TOM, YUI, NOOR)
"""Managers before those who report to them."""


async def fill_team(api: Api, mailbox: Mailbox, welcome: Welcome) -> list[str]:
    """Return the ids of all who have joined; what has happened already does not happen again.

    Raises:
        CannotRun: The API refused something, or a mail did not come.
    """
    members = await _members(api) | {ADMIN: welcome.member_id}
    waiting = {invitation["email"] for invitation in (await api.get("/invitations"))["items"]}
    departments, designations = await _directory(api)
    for each in COLLEAGUES:
        if each.email in members:
            continue
        if each.email not in waiting:
            invitation = {
                "emails": [each.email],
                "department_id": departments[each.department],
                "designation_id": designations[each.designation],
                "manager_id": members[each.manager],
            }
            await api.post("/invitations", invitation)
        if each.name:
            token = token_in(await mailed_link(mailbox, each.email))
            joining = {"token": token, "name": each.name, "time_zone": each.time_zone}
            await api.join(joining)
            members |= await _members(api)
    return [members[each.email] for each in COLLEAGUES if each.name]


async def _members(api: Api) -> dict[str, str]:
    """Return the ids of members by their addresses."""
    listed = await api.get("/members")
    return {member["email"]: member["member_id"] for member in listed["items"]}


async def _directory(api: Api) -> tuple[dict[str, str], dict[str, str]]:
    """Return the ids of departments and designations by their names; all of them are there."""
    listed = await api.get("/directory")
    departments = {each["name"]: each["department_id"] for each in listed["departments"]}
    designations = {each["name"]: each["designation_id"] for each in listed["designations"]}
    for each in COLLEAGUES:
        if each.department not in departments:
            added = await api.post("/directory/departments", {"name": each.department})
            departments[each.department] = added["department_id"]
        if each.designation not in designations:
            added = await api.post("/directory/designations", {"name": each.designation})
            designations[each.designation] = added["designation_id"]
    return departments, designations
