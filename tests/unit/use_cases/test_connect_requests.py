"""C15, C26, C36: admins ask by mail; only the member connects."""

from dataclasses import replace

import pytest

from scheduling.domain.audit import Activity
from scheduling.domain.connections import ConnectionState, Platform, Provider
from scheduling.domain.identifiers import derived_id
from scheduling.domain.messages import DeliveryState
from scheduling.domain.people import Role
from scheduling.domain.refusals import (
    AlreadyConnected,
    BlockedByPolicy,
    MemberNotFound,
    NotAllowed,
    TooManyRequests,
)
from scheduling.use_cases.connect_requests import ask_to_connect
from scheduling.use_cases.provider_calls import note_state
from tests.support.builders import AIKO, ORGANIZATION, STAFF, an_entry
from tests.support.connecting import a_connection
from tests.support.mail_room import mail_room, swept
from tests.support.road import do

ZOOM = Platform.ZOOM
EXPIRED = ConnectionState.RECONNECT_REQUIRED
BEN = replace(
    AIKO, member_id=derived_id("ben"), name="Ben Ode", email="ben@ode.example", role=Role.MEMBER
)


@pytest.fixture(autouse=True)
def ben(parley):
    parley.store.members[BEN.organization_id, BEN.member_id] = BEN


@pytest.fixture
def room(parley):
    return mail_room(parley)


def ask(parley, by=STAFF, platform=ZOOM, member_id=BEN.member_id):
    return do(parley, ask_to_connect, by, member_id, platform)


def connect(parley, **changes):
    connection = a_connection(
        Provider.ZOOM, member_id=BEN.member_id, account="ben@zoom.example", **changes
    )
    parley.connections.put(connection, an_entry())
    return connection


def test_c15_a_member_is_asked_by_mail_with_a_link_to_their_own_page(parley, room):
    asked = ask(parley)

    [mail] = swept(parley, room)
    assert not asked.is_reconnect
    assert (mail.recipient.email, mail.reply_to.email) == (BEN.email, AIKO.email)
    assert mail.rendered.subject == "Aiko Mori asks you to connect Zoom"
    for text in (mail.rendered.text, mail.rendered.html):
        assert "https://parley.example/console/integrations#zoom" in text


def test_c15_asking_connects_nothing_and_is_written_down(parley):
    ask(parley)

    entry = parley.store.entries[-1]
    assert parley.store.connections == {}
    assert (entry.activity, entry.subject_id) == (Activity.CONNECT_REQUESTED, BEN.member_id)
    assert (entry.actor.actor_id, entry.facts) == (AIKO.member_id, {"platform": "zoom"})


def test_c26_c36_what_is_broken_is_asked_for_with_the_reason_and_what_to_do(parley, room):
    connect(parley, state=EXPIRED)

    asked = ask(parley)

    [mail] = swept(parley, room)
    assert asked.is_reconnect
    assert mail.rendered.subject == "Aiko Mori asks you to connect Zoom again"
    assert "The sign-in has expired, or access was withdrawn." in mail.rendered.text
    assert "Connect again with the same account." in mail.rendered.text


def test_c26_what_works_by_the_time_of_sending_is_not_asked_for(parley, room):
    asked = ask(parley)
    connect(parley)

    assert swept(parley, room) == []
    assert parley.store.messages[asked.message].state is DeliveryState.SUPERSEDED


def test_c26_of_two_requests_that_wait_the_latest_is_sent(parley, room):
    ask(parley)
    ask(parley)

    assert [mail.message_id.split(".")[1] for mail in swept(parley, room)] == ["2"]


def test_c26_three_times_a_day_are_enough_for_each_platform(parley):
    for _ in range(3):
        ask(parley)

    with pytest.raises(TooManyRequests):
        ask(parley)
    assert ask(parley, platform=Platform.GOOGLE_MEET).number == 1


def test_what_works_need_not_be_asked_for(parley):
    connect(parley)

    with pytest.raises(AlreadyConnected) as refused:
        ask(parley)
    assert refused.value.account == "ben@zoom.example"


def test_c28_nobody_is_asked_for_what_the_organization_blocks(parley):
    blocking = replace(ORGANIZATION, blocked_platforms=frozenset({ZOOM}))

    with pytest.raises(BlockedByPolicy):
        ask(parley, by=replace(STAFF, organization=blocking))


def test_c35_members_ask_nobody_and_who_is_not_here_is_not_asked(parley):
    gone = replace(BEN, member_id=derived_id("gone"), removed_at=parley.now())
    parley.store.members[gone.organization_id, gone.member_id] = gone

    with pytest.raises(NotAllowed):
        ask(parley, by=replace(STAFF, member=BEN))
    for member_id in (gone.member_id, derived_id("nobody")):
        with pytest.raises(MemberNotFound):
            ask(parley, member_id=member_id)
    assert parley.store.messages == {}


def broken(parley, connection):
    return note_state(connection, EXPIRED, now=parley.now(), connections=parley.connections)


def test_c41_who_is_told_that_something_is_broken_reads_why_and_whom_to_turn_to(parley, room):
    helped = replace(ORGANIZATION, support_contact="extension 204")
    parley.store.organizations[helped.organization_id] = helped
    broken(parley, connect(parley))

    [mail] = swept(parley, room)

    assert mail.recipient.email == BEN.email
    for words in ("ben@", "The sign-in has expired", "Help: extension 204", "#zoom"):
        assert words in mail.rendered.text


@pytest.mark.parametrize("after", ["it works again", "it was switched off"])
def test_what_works_again_or_was_switched_off_is_not_told(parley, room, after):
    connection = broken(parley, connect(parley))
    if after == "it works again":
        connection = connection.in_state(ConnectionState.OK, now=parley.now())
    else:
        connection = connection.ended(parley.now())
    parley.connections.change(connection, None)

    assert swept(parley, room) == []
    [posted] = parley.store.messages.values()
    assert posted.state is DeliveryState.SUPERSEDED
