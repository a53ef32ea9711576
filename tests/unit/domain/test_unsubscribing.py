from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.links import LinkKey
from scheduling.domain.message_tags import address_hash
from scheduling.domain.refusals import LinkExpired, LinkNotFound
from scheduling.domain.reputation import MailCategory
from scheduling.domain.unsubscribing import (
    UNSUBSCRIBE_LIFE,
    Subscription,
    check_token,
    parsed_token,
    token_for,
)
from tests.support.builders import EARLY, ORGANIZATION
from tests.support.in_memory import KEY

MIA = Subscription(
    ORGANIZATION.organization_id, address_hash("mia@guest.example"), MailCategory.REMINDERS
)
TOKEN = token_for(MIA, KEY, now=EARLY)


def test_a_token_says_what_it_ends_and_names_nobody():
    parsed = parsed_token(TOKEN)
    check_token(parsed, KEY, now=EARLY)

    assert parsed.subscription == MIA
    assert "mia" not in TOKEN


def test_a_token_works_for_two_years():
    parsed = parsed_token(TOKEN)
    check_token(parsed, KEY, now=EARLY + UNSUBSCRIBE_LIFE - timedelta(seconds=1))

    with pytest.raises(LinkExpired):
        check_token(parsed, KEY, now=EARLY + UNSUBSCRIBE_LIFE)


@pytest.mark.parametrize(
    "other",
    [
        replace(MIA, address_hash=address_hash("noor@guest.example")),
        replace(MIA, organization_id="a" * 26),
    ],
)
def test_a_token_is_good_for_nothing_else(other):
    mac = TOKEN.rpartition(".")[2]
    forged = ".".join((token_for(other, KEY, now=EARLY).rpartition(".")[0], mac))

    with pytest.raises(LinkNotFound):
        check_token(parsed_token(forged), KEY, now=EARLY)


def test_a_token_of_another_key_is_refused():
    with pytest.raises(LinkNotFound):
        check_token(parsed_token(TOKEN), LinkKey("1", b"x" * 32), now=EARLY)


@pytest.mark.parametrize(
    "text", ["", "u1", TOKEN[:-1], TOKEN.replace("reminders", "everything"), f"{TOKEN} "]
)
def test_what_is_no_token_is_refused(text):
    with pytest.raises(LinkNotFound):
        parsed_token(text)
