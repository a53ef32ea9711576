from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.links import (
    LinkKey,
    LinkPurpose,
    check_link,
    new_code,
    normalized_code,
    parsed_token,
    token_for,
)
from scheduling.domain.refusals import LinkExpired, LinkNotFound, LinkReplaced, LinkUsed
from tests.support.builders import EARLY, a_link, an_external_member

KEY = LinkKey("1", b"k" * 32)
LINK = a_link(an_external_member())


def check(link=LINK, token=None, key=KEY, now=EARLY):
    check_link(parsed_token(token or token_for(LINK, KEY)), link, key, now=now)


def test_a_link_works_until_it_expires():
    check(now=LINK.expires_at - timedelta(seconds=1))

    with pytest.raises(LinkExpired):
        check(now=LINK.expires_at)


def test_a_token_is_short_enough_for_a_line_of_a_mail():
    assert len(token_for(LINK, KEY)) == 71


@pytest.mark.parametrize(
    "other",
    [
        replace(LINK, purpose=LinkPurpose.GUEST),
        replace(LINK, organization_id="another"),
        replace(LINK, generation=2),
        replace(LINK, link_id="x" * 22),
    ],
)
def test_a_token_opens_only_what_it_was_made_for(other):
    with pytest.raises(LinkNotFound):
        check(link=other)


def test_a_token_made_with_another_key_opens_nothing():
    with pytest.raises(LinkNotFound):
        check(token=token_for(LINK, LinkKey("1", b"x" * 32)))


OTHER_VERSION = f"s2.1.{'x' * 22}.{'y' * 43}"


@pytest.mark.parametrize("text", ["", "s1", "s1.1.a.b", "x" * 71, OTHER_VERSION])
def test_text_that_is_no_token_is_no_link(text):
    with pytest.raises(LinkNotFound):
        parsed_token(text)


def test_a_link_that_was_replaced_says_so():
    with pytest.raises(LinkReplaced):
        check(link=replace(LINK, replaced_at=EARLY))


def test_a_link_that_was_used_says_so():
    with pytest.raises(LinkUsed):
        check(link=replace(LINK, used_at=EARLY))


def test_a_code_is_taken_however_it_was_typed():
    code = new_code()

    assert normalized_code(f" {code[:4].lower()}-{code[4:]} ") == code
    assert normalized_code("oOiIlL00") == "00111100"


@pytest.mark.parametrize("typed", ["A1.B2", "A1–B2", "A1\ud800B2", "A1b2。"])
def test_what_no_code_has_is_passed_over(typed):
    assert normalized_code(typed) == "A1B2"
