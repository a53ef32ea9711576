from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.pages.site import Browser, Site

PAGE = "/console/external-members/import"
HEADER = "name,email,person_in_charge,duration_minutes\n"
YUKI = "Yuki Sato,yuki@example.org,aiko@hanami.example,45\n"
KENJI = "Kenji Tanaka,kenji@example.org,aiko@hanami.example,\n"
BAD = "<b>Nobody</b>,nobody,x,often\n"


def test_trying_out_tells_each_row_and_invites_nobody(staff: Browser, site: Site):
    writes = site.store.writes

    answer = staff.post(PAGE, {"content": HEADER + YUKI + KENJI + BAD, "action": "try"})

    assert answer.status == 200
    assert "What would happen" in answer.body
    assert answer.body.index("nobody") < answer.body.index("yuki@example.org")
    assert "email: Please enter an e-mail address" not in answer.body
    assert "duration_minutes: Please enter a whole number." in answer.body
    assert "&lt;b&gt;Nobody&lt;/b&gt;" in answer.body
    assert site.store.writes == writes


def test_importing_invites_and_the_list_has_them(staff: Browser, site: Site):
    answer = staff.post(PAGE, {"content": HEADER + YUKI + KENJI, "action": "import"})

    assert "What has happened" in answer.body
    assert "Yuki Sato" in staff.get("/console/external-members").body
    assert len(site.store.external_members) == 4


def test_json_may_be_pasted_as_well(staff: Browser, site: Site):
    people = (
        '{"rows": [{"name": "Yuki Sato", "email": "yuki@example.org",'
        ' "person_in_charge": "aiko@hanami.example", "duration_minutes": "45"}]}'
    )

    staff.post(PAGE, {"content": people, "action": "import"})

    assert len(site.store.external_members) == 4


def test_what_cannot_be_read_is_said_and_stays(staff: Browser):
    answer = staff.post(PAGE, {"content": "name,salary\nYuki,1", "action": "import"})

    assert answer.status == 422
    assert ">salary</a>: There is no such column." in answer.body
    assert ">email</a>: This column is missing." in answer.body
    assert "name,salary\nYuki,1</textarea>" in answer.body


def test_of_many_rows_fifty_are_shown_and_mistakes_come_first(staff: Browser):
    rows = [f"P{number},p{number}@example.org,aiko@hanami.example\n" for number in range(498)]
    content = "name,email,person_in_charge\n" + "".join(rows) + "Ana,ana,x\nEva,eva,x\n"

    page = staff.post(PAGE, {"content": content, "action": "try"}).body

    numbers = re.findall(r'data-label="Row">(\d+)<', page)
    assert numbers == ["500", "501", *map(str, range(2, 50))]
    assert "And 450 more rows; mistakes come first." in page
    assert 'class="number">498</span>' in page
    assert len(page.encode()) - len(content.encode()) <= 30_000


def test_t24_too_many_rows_are_refused(staff: Browser):
    content = HEADER + YUKI * 501

    answer = staff.post(PAGE, {"content": content, "action": "try"})

    assert answer.status == 413
    assert "At most 500 rows" in answer.body
    assert f"{content}</textarea>" in answer.body


def test_when_time_is_up_one_goes_on_with_a_button(staff: Browser, site: Site, monkeypatch):
    times = iter([True, False])
    monkeypatch.setattr("handlers.pages.console_import.has_time", lambda _: next(times, True))
    content = HEADER + KENJI + YUKI

    answer = staff.post(PAGE, {"content": content, "action": "import"})
    assert "It goes on with row 3." in answer.body
    staff.post(PAGE, {"content": content, "action": "import", "from_row": "3"})

    assert len(site.store.external_members) == 4


def test_the_list_leads_to_the_import(staff: Browser):
    assert f'href="{PAGE}"' in staff.get("/console/external-members").body
