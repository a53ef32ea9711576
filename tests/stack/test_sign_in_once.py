"""A sign-in link signs in once, however often it is used at the same moment (S5)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.support.deployed import rows_of, token_in

AT_ONCE = 64


@pytest.mark.parametrize(
    ("path", "place", "statuses"),
    [("/api/sessions", "json", (204, 410)), ("/sign-in/finish", "data", (303, 410))],
)
def test_s5_of_64_uses_of_a_link_at_once_one_starts_a_session(
    stack, measured, path, place, statuses
):
    created = stack.create_organization()
    token = token_in(created["sign_in_url"])
    everybody_is_here = Barrier(AT_ONCE)

    def use(_):
        with stack.client() as browser:
            everybody_is_here.wait()
            return browser.post(path, **{place: {"token": token}}).status_code

    with ThreadPoolExecutor(AT_ONCE) as browsers:
        answers = Counter(browsers.map(use, range(AT_ONCE)))

    measured(f"one sign-in link used {AT_ONCE} times at once, {path}: {dict(answers)}")
    started, refused = statuses
    assert answers == {started: 1, refused: AT_ONCE - 1}
    sessions = [
        row
        for row in rows_of(stack.access)
        if row["PK"].startswith("SES#") and row["member_id"] == created["member_id"]
    ]
    assert len(sessions) == 1
