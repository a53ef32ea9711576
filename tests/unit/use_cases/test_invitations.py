"""Inviting teammates: the dialog's rules, without its looks."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduling.domain.audit import Activity
from scheduling.domain.invitations import InvitationOutcome, InvitationState, Placement
from scheduling.domain.links import INVITATION_LIFE
from scheduling.domain.messages import DeliveryState
from scheduling.domain.people import Role
from scheduling.domain.rate_limits import INVITATIONS_PER_ADDRESS, INVITATIONS_PER_ORGANIZATION
from scheduling.domain.refusals import (
    IdempotencyKeyReused,
    InvalidInput,
    InvitationChanged,
    InvitationNotFound,
    LimiterUnavailable,
    NotAllowed,
    ProofRequired,
    TooManyRequests,
)
from scheduling.use_cases.invitations import (
    invitation_overview,
    invite_members,
    list_invitations,
    placement_choices,
    revoke_invitation,
    send_invitation_again,
)
from tests.support.builders import AIKO, ORGANIZATION, STAFF, an_entry
from tests.support.inviting import (
    BEN,
    DESIGN,
    DESIGNER,
    PLACEMENT,
    invitation_of,
    invite_one,
    invited,
    joined,
    keep_directory,
    member_of,
)
from tests.support.mail_room import mail_room, swept
from tests.support.road import do

INVITED = InvitationOutcome.INVITED
TEAM_MEMBER = replace(STAFF, member=replace(AIKO, role=Role.MEMBER))


@pytest.fixture
def parley(parley):
    keep_directory(parley)
    return parley


@pytest.fixture
def room(parley):
    return mail_room(parley)


def listed(parley):
    return do(parley, list_invitations, STAFF, cursor=None, limit=50).items


def remove(parley, email=BEN):
    member = member_of(parley, email)
    removed = replace(member, removed_at=parley.now(), version=member.version + 1)
    parley.members.replace(removed, an_entry(Activity.MEMBER_REMOVED))
    return removed


@pytest.mark.parametrize(
    "typed",
    [
        "ben@hanami.example, yuki@hanami.example",
        "ben@hanami.example; yuki@hanami.example;",
        "ben@hanami.example\nyuki@hanami.example\r\n",
        " BEN@Hanami.example ,, \n yuki@hanami.example;ben@hanami.example",
    ],
)
def test_c17_addresses_are_separated_trimmed_folded_and_taken_once(parley, typed):
    assert invited(parley, typed) == {
        "ben@hanami.example": INVITED,
        "yuki@hanami.example": INVITED,
    }


@pytest.mark.parametrize("count", [99, 100])
def test_c17_up_to_a_hundred_are_invited_at_once(parley, room, count):
    typed = "\n".join(f"{number}@hanami.example" for number in range(count))

    outcomes = invited(parley, typed)

    assert list(outcomes.values()) == [INVITED] * count


def test_c17_more_than_a_hundred_are_refused_and_nobody_is_invited(parley):
    typed = "\n".join(f"{number}@hanami.example" for number in range(101))

    with pytest.raises(InvalidInput) as refusal:
        invited(parley, typed)

    assert [(problem.field, problem.code) for problem in refusal.value.problems] == [
        ("emails", "too_many")
    ]
    assert listed(parley) == ()


@pytest.mark.parametrize(
    ("placement", "field"),
    [
        pytest.param(replace(PLACEMENT, department_id=""), "department_id", id="c18"),
        pytest.param(replace(PLACEMENT, designation_id=""), "designation_id", id="c19"),
        pytest.param(replace(PLACEMENT, manager_id=""), "manager_id", id="c20"),
    ],
)
def test_c18_c19_c20_department_designation_and_manager_have_to_be_said(parley, placement, field):
    with pytest.raises(InvalidInput) as refusal:
        invited(parley, BEN, placement)

    assert [(problem.field, problem.code) for problem in refusal.value.problems] == [
        (field, "missing")
    ]
    assert listed(parley) == ()


def test_c18_c19_c20_everything_that_is_wrong_is_named_at_once(parley):
    nobody = Placement(DESIGNER.listed_id, DESIGN.listed_id, "nobody")

    with pytest.raises(InvalidInput) as refusal:
        invited(parley, " ,; ", nobody)

    assert [(problem.field, problem.code) for problem in refusal.value.problems] == [
        ("emails", "missing"),
        ("department_id", "not_in_directory"),
        ("designation_id", "not_in_directory"),
        ("manager_id", "not_a_member"),
    ]


def test_c20_a_manager_is_a_member_who_is_there(parley):
    joined(parley, invite_one(parley))
    removed = remove(parley)

    with pytest.raises(InvalidInput) as refusal:
        invited(parley, "yuki@hanami.example", replace(PLACEMENT, manager_id=removed.member_id))

    assert refusal.value.problems[0].code == "not_a_member"


def test_c21_each_address_has_a_result_and_bad_ones_stop_no_good_one(parley):
    invite_one(parley, "lena@hanami.example", key="another form")

    outcomes = invited(
        parley, f"ben@hanami, {AIKO.email}, lena@hanami.example, Ben <b@x.example>, {BEN}"
    )

    assert outcomes == {
        "ben@hanami": InvitationOutcome.INVALID_EMAIL,
        AIKO.email: InvitationOutcome.ALREADY_MEMBER,
        "lena@hanami.example": InvitationOutcome.ALREADY_INVITED,
        "Ben <b@x.example>": InvitationOutcome.INVALID_EMAIL,
        BEN: INVITED,
    }


def test_c21_a_former_member_can_be_invited_again(parley):
    joined(parley, invite_one(parley))
    remove(parley)

    assert invited(parley, BEN, key="again") == {BEN: INVITED}


def test_c5_c6_c22_everybody_gets_one_mail_with_how_to_join_and_how_to_connect(parley, room):
    invited(parley, f"{BEN}, yuki@hanami.example, ben@hanami")

    mails = swept(parley, room)

    assert [mail.recipient.email for mail in mails] == [BEN, "yuki@hanami.example"]
    for mail in mails:
        words = mail.rendered.text
        assert "Aiko Mori invites you to the team of Hanami Studio" in words
        assert "Designation: Designer" in words
        assert "Department: Design" in words
        assert "connect your calendar and your video account" in words
        assert "https://parley.example/l/s1.1." in words
        assert mail.reply_to.email == AIKO.email
    assert swept(parley, room) == []


def test_c22_the_same_form_sent_twice_invites_once(parley, room):
    first = invited(parley, BEN)
    again = invited(parley, f"{BEN}\nyuki@hanami.example")

    assert first == {BEN: INVITED}
    assert again == {BEN: INVITED, "yuki@hanami.example": INVITED}
    assert len(swept(parley, room)) == 2


def test_a_key_stands_for_one_placement(parley):
    invited(parley, BEN)
    other = replace(PLACEMENT, role=Role.ADMIN)

    with pytest.raises(IdempotencyKeyReused):
        invited(
            parley, f"yuki@hanami.example\n{BEN}", other, by=replace(STAFF, proven_at=parley.now())
        )

    assert "yuki@hanami.example" not in {each.invitation.email for each in listed(parley)}


def test_c39_invitations_nobody_has_answered_are_listed_with_their_mail(parley, room):
    first = invite_one(parley)
    swept(parley, room)
    parley.clock += timedelta(minutes=1)
    second = invite_one(parley, "yuki@hanami.example")

    found = listed(parley)

    assert [each.invitation for each in found] == [second, first]
    assert [each.delivery.state for each in found] == [DeliveryState.QUEUED, DeliveryState.SENT]
    assert {each.state for each in found} == {InvitationState.PENDING}
    assert {(each.department, each.designation) for each in found} == {("Design", "Designer")}


def test_c39_what_left_the_directory_is_shown_as_nothing(parley):
    invite_one(parley)
    parley.store.directories.clear()

    assert (listed(parley)[0].department, listed(parley)[0].designation) == ("", "")


def test_c39_an_invitation_expires_to_the_second(parley):
    invitation = invite_one(parley)

    parley.clock = invitation.expires_at - timedelta(seconds=1)
    before = listed(parley)[0].state
    parley.clock = invitation.expires_at

    assert before is InvitationState.PENDING
    assert listed(parley)[0].state is InvitationState.EXPIRED


def test_c39_sending_again_sends_one_more_mail_that_lives_as_long_as_the_first(parley, room):
    first = invite_one(parley)
    parley.clock += timedelta(days=8)

    again = do(parley, send_invitation_again, STAFF, first.invitation_id)

    assert again.expires_at == parley.now() + INVITATION_LIFE
    assert parley.store.links[first.link_id].replaced_at == parley.now()
    assert parley.store.links[again.link_id].generation == 2
    [mail] = swept(parley, room)
    assert again.link_id in mail.rendered.text
    assert listed(parley)[0].state is InvitationState.PENDING


def test_c39_a_revoked_invitation_is_not_mailed_and_leaves_the_list(parley, room):
    invitation = invite_one(parley)

    do(parley, revoke_invitation, STAFF, invitation.invitation_id)

    assert swept(parley, room) == []
    assert listed(parley) == ()
    found = do(parley, invitation_overview, STAFF, invitation.invitation_id)
    assert found.state is InvitationState.REVOKED
    assert invited(parley, BEN, key="anew") == {BEN: INVITED}


def test_c39_somebody_who_let_the_time_pass_is_invited_anew_in_the_same_place(parley, room):
    first = invite_one(parley)
    parley.clock = first.expires_at

    second = invite_one(parley, key="anew")

    assert [each.invitation for each in listed(parley)] == [second]
    stored = parley.invitations.get(ORGANIZATION.organization_id, first.invitation_id)
    assert stored.state(parley.now()) is InvitationState.REVOKED


@pytest.mark.parametrize("use_case", [send_invitation_again, revoke_invitation])
def test_c39_what_was_answered_or_taken_back_stays_so(parley, use_case):
    accepted, revoked = invite_one(parley), invite_one(parley, "yuki@hanami.example")
    joined(parley, accepted)
    do(parley, revoke_invitation, STAFF, revoked.invitation_id)

    for invitation in (accepted, revoked):
        with pytest.raises(InvitationChanged):
            do(parley, use_case, STAFF, invitation.invitation_id)
    with pytest.raises(InvitationNotFound):
        do(parley, use_case, STAFF, "nothing")


def test_every_step_is_written_down_without_an_address(parley):
    invitation = invite_one(parley)
    do(parley, send_invitation_again, STAFF, invitation.invitation_id)
    do(parley, revoke_invitation, STAFF, invitation.invitation_id)

    entries = parley.store.entries[-3:]
    assert [entry.activity for entry in entries] == [
        Activity.MEMBER_INVITED,
        Activity.INVITATION_SENT_AGAIN,
        Activity.INVITATION_REVOKED,
    ]
    assert {entry.subject_id for entry in entries} == {invitation.invitation_id}
    assert "ben" not in repr(entries)


def test_c4_only_admins_invite_and_see_who_was_invited(parley):
    invitation = invite_one(parley)

    for use_case, given in (
        (placement_choices, {}),
        (list_invitations, {"cursor": None, "limit": 50}),
        (invitation_overview, {"invitation_id": invitation.invitation_id}),
        (send_invitation_again, {"invitation_id": invitation.invitation_id}),
        (revoke_invitation, {"invitation_id": invitation.invitation_id}),
        (invite_members, {"typed": BEN, "placement": PLACEMENT, "key": "k"}),
    ):
        with pytest.raises(NotAllowed):
            do(parley, use_case, TEAM_MEMBER, **given)
    assert listed(parley)[0].invitation == invitation


def test_t15_inviting_an_admin_takes_a_fresh_proof(parley):
    admin = replace(PLACEMENT, role=Role.ADMIN)
    long_ago = replace(STAFF, proven_at=parley.now() - timedelta(minutes=11))
    just_now = replace(STAFF, proven_at=parley.now())

    with pytest.raises(ProofRequired):
        invited(parley, BEN, admin, by=long_ago)
    invitation = invite_one(parley, placement=admin, by=just_now)

    with pytest.raises(ProofRequired):
        do(parley, send_invitation_again, long_ago, invitation.invitation_id)
    assert invitation.placement.role is Role.ADMIN


def test_t10_an_address_gets_three_invitations_an_hour_whoever_sends_them(parley, room):
    limit = INVITATIONS_PER_ADDRESS.most
    for number in range(limit):
        invitation = invite_one(parley, key=f"form {number}")
        do(parley, revoke_invitation, STAFF, invitation.invitation_id)

    assert invited(parley, BEN, key="one more") == {BEN: InvitationOutcome.TOO_MANY_TO_ADDRESS}

    parley.clock += INVITATIONS_PER_ADDRESS.window
    assert invited(parley, BEN, key="later") == {BEN: INVITED}


def test_t10_a_thousand_resends_are_at_most_three_mails(parley, room):
    invitation = invite_one(parley)
    mails = swept(parley, room)

    for _ in range(1000):
        try:
            do(parley, send_invitation_again, STAFF, invitation.invitation_id)
        except TooManyRequests:
            continue
        mails += swept(parley, room)

    assert len(mails) == INVITATIONS_PER_ADDRESS.most


def test_t24_an_organization_sends_two_hundred_invitations_a_day(parley):
    addresses = [f"{number}@hanami.example" for number in range(202)]
    outcomes = {}
    for part in (addresses[:100], addresses[100:199], addresses[199:]):
        outcomes |= invited(parley, "\n".join(part))

    sent = [address for address, outcome in outcomes.items() if outcome is INVITED]

    assert sent == addresses[: INVITATIONS_PER_ORGANIZATION.most]
    assert outcomes[addresses[200]] is InvitationOutcome.TOO_MANY_TODAY
    with pytest.raises(TooManyRequests):
        do(
            parley,
            send_invitation_again,
            STAFF,
            invitation_of(parley, addresses[0]).invitation_id,
        )


def test_s8_what_cannot_be_counted_is_not_sent_and_goes_on_under_the_same_key(parley, room):
    class Broken:
        def allows(self, limit, value, *, now):
            if value == "yuki@hanami.example":
                raise LimiterUnavailable
            return True

    typed = f"{BEN}, yuki@hanami.example"
    with pytest.raises(LimiterUnavailable):
        do(
            parley,
            invite_members,
            STAFF,
            typed,
            PLACEMENT,
            key="form",
            rate_limits=Broken(),
        )
    outcomes = invited(parley, typed)

    assert set(outcomes.values()) == {INVITED}
    assert len(swept(parley, room)) == 2


def test_the_choices_are_the_directory(parley):
    choices = do(parley, placement_choices, STAFF)

    assert list(choices.values()) == [(DESIGN,), (DESIGNER,)]
