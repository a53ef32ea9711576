import base64
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.message_tags import TagsRefused, address_hash, tagged_message, tags_of
from scheduling.domain.messages import MessageKind, Recipient
from scheduling.use_cases.sign_in import sign_in_link, sign_in_message
from tests.support.builders import EARLY, a_booking, a_message, an_external_member, between

MEMBER = an_external_member()
BOOKING = a_booking(MEMBER, between("10:00", "11:00"))
CONFIRMATION = a_message(BOOKING)
REMINDER = replace(
    CONFIRMATION,
    kind=MessageKind.BOOKING_REMINDER,
    recipient=Recipient.HOST,
    which=f"1440.{MEMBER.external_member_id}",
)
SIGN_IN = sign_in_message(sign_in_link("mia@guest.example", now=EARLY, life=EARLY - EARLY))
TAGS = tags_of(CONFIRMATION, "mia@guest.example")


LINK_IDS = st.binary(min_size=16, max_size=16).map(
    lambda random: base64.urlsafe_b64encode(random).decode().rstrip("=")
)
IDENTIFIERS = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=26, max_size=26)
WHICH = {
    MessageKind.BOOKING_REMINDER: st.builds("{}.{}".format, st.integers(1, 99999), IDENTIFIERS),
    MessageKind.AVAILABILITY_REMINDER: st.integers(1, 99999).map(str),
    MessageKind.GUEST_LINK: LINK_IDS,
}
"""What tells mails of a kind apart; of other kinds the number of a guest, or a host's id."""


@pytest.mark.parametrize("kind", MessageKind)
@given(data=st.data())
def test_a_mail_of_any_kind_is_known_again_by_its_tags(kind, data):
    which = data.draw(WHICH.get(kind, st.just("") | st.integers(1, 9).map(str) | IDENTIFIERS))
    message = replace(CONFIRMATION, kind=kind, which=which)

    tags = tags_of(message, "mia@guest.example")

    assert tagged_message(tags) == (message, address_hash("mia@guest.example"))


@pytest.mark.parametrize("message", [CONFIRMATION, REMINDER, MEMBER.request_mail, SIGN_IN])
def test_a_message_is_known_again_by_the_tags_of_its_mail(message):
    tags = tags_of(message, "mia@guest.example")

    assert tagged_message(tags) == (message, address_hash("mia@guest.example"))
    assert all(re.fullmatch("[A-Za-z0-9_-]{1,256}", value) for value in tags.values())


def test_tags_of_the_mail_service_itself_are_passed_over():
    assert tagged_message(TAGS | {"ses:operation": "SendEmail"})[0] == CONFIRMATION


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("organization", "T#1"),
        ("organization", ""),
        ("subject", "something"),
        ("subject_id", "a#b"),
        ("version", "-1"),
        ("version", "9999999"),
        ("kind", "booking"),
        ("recipient", "everybody"),
        ("which", "a#b"),
        ("address", "mia@guest.example"),
    ],
)
def test_tags_that_no_mail_of_ours_has_are_refused(name, value):
    with pytest.raises(TagsRefused):
        tagged_message(TAGS | {name: value})


def test_nothing_in_the_tags_is_a_name_or_an_address():
    assert "mia" not in "".join(TAGS.values())
