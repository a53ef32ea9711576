"""What the product refuses, each named after what happened.

A refusal carries facts; its wording stands here once, in English, marked for
translation with `marked`. Which HTTP problem it becomes is decided in
`handlers.problems`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from scheduling.domain.connections import Platform, Provider
    from scheduling.domain.reputation import SuppressionReason


def marked(message: str) -> str:
    """Return `message` unchanged; its presence puts the text into the catalogues."""
    return message


class SchedulingError(Exception):
    """A request that is understood and refused."""

    code: ClassVar[str]
    """The stable name clients may switch on."""
    message: ClassVar[str]
    """What a person reads, in English."""

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field that cannot be accepted, and why."""

    field: str
    """Where it stands, as a path: `email`, `windows.2.end`."""
    code: str
    message: str


class InvalidInput(SchedulingError):
    """Some fields cannot be accepted; nothing was stored."""

    code = "invalid_input"
    message = marked("Some of this needs a second look.")

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__()
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "; ".join(f"{problem.field}: {problem.message}" for problem in self.problems)


class TryAgainLater(SchedulingError):
    """Nothing was done now; the same request may well succeed in a while."""

    retry_after_seconds: ClassVar[int]


class SignInRequired(SchedulingError):
    """There is no session, or it has ended."""

    code = "sign_in_required"
    message = marked("Please sign in first.")


class ForeignOrigin(SchedulingError):
    """A page of another origin made the browser send this."""

    code = "foreign_origin"
    message = marked("This was sent from another site, so nothing was changed.")


class SignInCodeRequired(SchedulingError):
    """The link was opened in another browser than the one that asked for it."""

    code = "sign_in_code_required"
    message = marked("Please type the code shown where you asked to sign in.")


class SignInCodeRefused(SchedulingError):
    """The link was opened in another browser and the code typed there is not right."""

    code = "sign_in_code_refused"
    message = marked("That is not the code shown where you asked to sign in.")


@dataclass(frozen=True, slots=True)
class OrganizationChoice:
    """An organization that one can sign in to."""

    organization_id: str
    name: str


class OrganizationChoiceRequired(SchedulingError):
    """Whoever signs in belongs to several organizations, and has not said which one is meant."""

    code = "organization_choice_required"
    message = marked("Please choose where to sign in.")

    def __init__(self, choices: Sequence[OrganizationChoice]) -> None:
        super().__init__()
        self.choices = tuple(choices)
        """By name."""


class LinkNotFound(SchedulingError):
    """No such link was ever sent, or its text is damaged."""

    code = "link_not_found"
    message = marked("This link is not complete. Open it from the mail once more.")


class LinkEnded(SchedulingError):
    """The link was right and works no more."""

    def __init__(self, organization_id: str = "") -> None:
        super().__init__()
        self.organization_id = organization_id
        """Whose it was; empty where nobody knows."""


class LinkExpired(LinkEnded):
    """The link was right and its time is over."""

    code = "link_expired"
    message = marked("This link has expired.")


class LinkReplaced(LinkEnded):
    """A newer link to the same thing was sent; only that one works."""

    code = "link_replaced"
    message = marked("A newer link was sent. Please use that one.")

    def __init__(self, replaced_at: datetime, organization_id: str = "") -> None:
        super().__init__(organization_id)
        self.replaced_at = replaced_at


class LinkRevoked(LinkEnded):
    """Whoever sent the link has ended it, and sent no other."""

    code = "link_revoked"
    message = marked("This link no longer works.")


class LinkUsed(LinkEnded):
    """The link works once and has been used."""

    code = "link_used"
    message = marked("This link has been used already.")


class FreshLinkRequired(SchedulingError):
    """The link is old, and nobody has proved in this browser that the booking is theirs."""

    code = "fresh_link_required"
    message = marked("To change this booking here, please have a new link mailed first.")


class MemberNotFound(SchedulingError):
    """The organization has no such member."""

    code = "member_not_found"
    message = marked("There is no such member.")


class OrganizationChanged(SchedulingError):
    """Somebody else changed the organization, or what it has switched on, since it was read."""

    code = "organization_changed"
    message = marked("Somebody else changed this a moment ago. Please look at it again.")


class MemberChanged(SchedulingError):
    """Somebody else changed the member since they were read."""

    code = "member_changed"
    message = marked("Somebody else changed this a moment ago. Please look at it again.")


class LastAdmin(SchedulingError):
    """Without this member nobody could administer the organization."""

    code = "last_admin"
    message = marked("This is the last admin. Please make somebody else an admin first.")


class StillMember(SchedulingError):
    """Somebody of the team cannot be erased while they work in it."""

    code = "still_member"
    message = marked("This is a member of the team. Please remove them first.")

    def __init__(self, member_id: str) -> None:
        super().__init__()
        self.member_id = member_id


class StillConnected(SchedulingError):
    """Somebody cannot be erased while a provider still lets us in on their behalf."""

    code = "still_connected"
    message = marked(
        "What they connected is being disconnected at the provider, and nothing was erased."
        " Please try again in a few minutes."
    )

    def __init__(self, providers: Sequence[Provider]) -> None:
        super().__init__()
        self.providers = providers
        """Those that have not been told yet."""


class NotHandedOver(SchedulingError):
    """Removing the member would leave behind what nobody has decided about."""

    code = "not_handed_over"
    message = marked(
        "There are bookings, booking pages or external members that are theirs. Say who takes"
        " them over, or that the bookings are cancelled."
    )

    def __init__(
        self,
        booking_ids: Sequence[str],
        booking_page_slugs: Sequence[str],
        external_member_ids: Sequence[str],
    ) -> None:
        super().__init__()
        self.booking_ids = tuple(booking_ids)
        """To come: they are host of them, or in charge; soonest first."""
        self.booking_page_slugs = tuple(booking_page_slugs)
        self.external_member_ids = tuple(external_member_ids)


class NotInDirectory(SchedulingError):
    """The organization has no such department or designation."""

    code = "not_in_directory"
    message = marked("There is no such department or designation.")


class DirectoryChanged(SchedulingError):
    """Somebody else changed departments or designations since they were read."""

    code = "directory_changed"
    message = marked("Somebody else changed this list a moment ago. Please look at it again.")


class InvitationNotFound(SchedulingError):
    """The organization has no such invitation."""

    code = "invitation_not_found"
    message = marked("There is no such invitation.")


class InvitationChanged(SchedulingError):
    """The invitation was accepted, revoked or sent again since it was read."""

    code = "invitation_changed"
    message = marked("This invitation was answered, taken back or sent again in the meantime.")


class InvitationRevoked(SchedulingError):
    """The link was right, and whoever sent it has taken the invitation back."""

    code = "invitation_revoked"
    message = marked("This invitation was taken back.")


class AlreadyMember(SchedulingError):
    """Whoever was invited belongs to the team already."""

    code = "already_member"
    message = marked("You belong to this team already. Just sign in.")


class BatchTooLarge(SchedulingError):
    """A file has more in it than is taken at once."""

    code = "batch_too_large"
    message = marked("At most 500 rows and 1 MB are taken at once. Please split this up.")


class ImportNotFound(SchedulingError):
    """The organization has no such import of members, or no longer."""

    code = "import_not_found"
    message = marked("There is no such import.")


class ImportStarted(SchedulingError):
    """The import has been started, or has ended."""

    code = "import_started"
    message = marked("This import has been started already.")


class ExternalMemberNotFound(SchedulingError):
    """The organization has no such external member."""

    code = "external_member_not_found"
    message = marked("There is no such external member.")


class ExternalMemberChanged(SchedulingError):
    """Somebody else changed the external member since they were read."""

    code = "external_member_changed"
    message = marked("Somebody else changed this a moment ago. Please look at it again.")


class EmailAlreadyInvited(SchedulingError):
    """An active external member, or an open invitation to the team, has this address already."""

    code = "email_taken"
    message = marked("Somebody with this e-mail address has been invited already.")


class AvailabilityChanged(SchedulingError):
    """The times were saved elsewhere since they were read (another tab, another device)."""

    code = "availability_changed"
    message = marked("These times were changed in another window since you opened this page.")

    def __init__(self, current_version: int) -> None:
        super().__init__()
        self.current_version = current_version


class BookingPageNotFound(SchedulingError):
    """No page is published under this address."""

    code = "booking_page_not_found"
    message = marked("There is no booking page here.")


class BookingPageInactive(SchedulingError):
    """The page exists and has no times to offer: none entered yet, or all past."""

    code = "page_inactive"
    message = marked("This page is not open yet.")


class SlotUnavailable(SchedulingError):
    """The slot cannot be booked; others can."""

    def __init__(self, alternatives: Sequence[datetime] = ()) -> None:
        super().__init__()
        self.alternatives = tuple(alternatives)
        """The nearest open starts, at most three, soonest first."""


class SlotTaken(SlotUnavailable):
    """The slot was open when the guest saw it, and somebody else has it now."""

    code = "slot_taken"
    message = marked("That time was just taken.")


class SlotNotOffered(SlotUnavailable):
    """The page has no such start: outside the hosts' times, too soon, or off the grid."""

    code = "slot_not_offered"
    message = marked("That time is not offered.")


class CalendarsUnverified(TryAgainLater):
    """Nobody knows whether a host is busy elsewhere, and their calendar does not answer."""

    code = "calendars_unverified"
    message = marked(
        "We cannot look into the calendar just now. Nothing was changed; please try again shortly."
    )
    retry_after_seconds = 60


class IdempotencyKeyReused(SchedulingError):
    """The key was used before for something else."""

    code = "idempotency_key_reused"
    message = marked("This request was sent before with other contents.")


class BookingNotFound(SchedulingError):
    """The organization has no such booking."""

    code = "booking_not_found"
    message = marked("There is no such booking.")


class BookingChanged(SchedulingError):
    """Somebody else changed the booking a moment earlier."""

    code = "booking_changed"
    message = marked("This booking was changed a moment ago. Please look at it again.")


class BookingClosed(SchedulingError):
    """The booking can no longer be changed; another one can be made."""

    def __init__(self, booking_page_slug: str) -> None:
        super().__init__()
        self.booking_page_slug = booking_page_slug
        """Where to book again."""


class BookingOver(BookingClosed):
    """The meeting has begun or is over."""

    code = "booking_over"
    message = marked(
        "This meeting has already begun, so it can no longer be changed. You can book again."
    )


class BookingCancelled(BookingClosed):
    """The meeting was cancelled, declined, or nobody decided about it in time."""

    code = "booking_cancelled"
    message = marked("This meeting does not take place. You can book again.")


class BookingNotBegun(SchedulingError):
    """The meeting is still to come, so nobody has missed it."""

    code = "booking_not_begun"
    message = marked("This meeting has not begun yet.")


class BookingUndecided(SchedulingError):
    """The request has not been decided about, so nobody was expected."""

    code = "booking_undecided"
    message = marked("Nobody has decided about this request yet.")


class RequestDecided(SchedulingError):
    """The request was decided about, or withdrawn, or its time is up."""

    code = "request_decided"
    message = marked("This request has been decided about already.")


class HoldNotFound(SchedulingError):
    """The slot is no longer kept."""

    code = "hold_not_found"
    message = marked("This time is no longer kept for you.")


class TooManyHolds(TryAgainLater):
    """Too many slots were asked to be kept from one network address."""

    code = "too_many_holds"
    message = marked("Too many times are being kept from your network. Please try again later.")
    retry_after_seconds = 300


class HostNotFound(SchedulingError):
    """The organization has no such member or external member."""

    code = "host_not_found"
    message = marked("There is no such host.")


class SlugTaken(SchedulingError):
    """Another page has this address."""

    code = "slug_taken"
    message = marked("Another booking page has this address already.")


class BookingPageChanged(SchedulingError):
    """Somebody else changed the page since it was read."""

    code = "booking_page_changed"
    message = marked("This page was changed by somebody else since you opened it.")


class BookingPageGone(SchedulingError):
    """The page's host was deleted."""

    code = "booking_page_gone"
    message = marked("This booking page no longer exists.")


class ExternalMemberGone(SchedulingError):
    """The external member was deleted."""

    code = "external_member_gone"
    message = marked("This invitation has ended.")


class AddressSuppressed(SchedulingError):
    """Nothing is sent to this address: a mail to it came back, or was marked as spam."""

    code = "address_suppressed"
    message = marked(
        "A mail to this address came back or was marked as spam. Please correct the address first."
    )

    def __init__(self, reason: SuppressionReason) -> None:
        super().__init__()
        self.reason = reason


class UpcomingBookings(SchedulingError):
    """Deleting would leave meetings behind that nobody has decided about."""

    code = "upcoming_bookings"
    message = marked("There are bookings to come. Say whether to cancel or to keep them.")

    def __init__(self, booking_ids: Sequence[str]) -> None:
        super().__init__()
        self.booking_ids = tuple(booking_ids)
        """Soonest first, at most 100."""


class WorkingHoursChanged(SchedulingError):
    """The hours were saved elsewhere since they were read."""

    code = "working_hours_changed"
    message = marked("These hours were changed in another window since you opened this page.")


class NotAllowed(SchedulingError):
    """Whoever is signed in may not do this."""

    code = "not_allowed"
    message = marked("Only an admin may do this for somebody else.")


class ProofRequired(SchedulingError):
    """Whoever is signed in may do this, and proved too long ago who they are."""

    code = "proof_required"
    message = marked("Please confirm that it is you: sign in once more, then do it again.")


class FeatureDisabled(SchedulingError):
    """An admin has to switch this on first."""

    code = "feature_disabled"
    message = marked("An admin has to switch this on first, under Integrations.")


class TooManyRequests(TryAgainLater):
    """This was asked for too often, by one person, from one place, or for one thing."""

    code = "too_many_requests"
    message = marked("That was asked for too often. Please try again later.")
    retry_after_seconds = 900


class LimiterUnavailable(TryAgainLater):
    """It could not be counted how often this was asked for, so it was not done."""

    code = "limiter_unavailable"
    message = marked("This does not work right now. Please try again in a moment.")
    retry_after_seconds = 5


class TooManyOpenBookings(SchedulingError):
    """Whoever books has as many meetings to come with the host as they may have."""

    code = "too_many_open_bookings"
    message = marked(
        "With this address there are three meetings to come already. "
        "Please move or cancel one of them first."
    )


class BusyTryAgain(TryAgainLater):
    """Too many people asked for the same hour at once; nothing was decided."""

    code = "busy_try_again"
    message = marked("Many people are booking right now. Please try again in a moment.")
    retry_after_seconds = 2


class ConnectionChanged(SchedulingError):
    """Somebody changed the connection at the same moment, or it has come to another state."""

    code = "connection_changed"
    message = marked("This connection has changed meanwhile. Please look at it again.")


class NotConnected(SchedulingError):
    """The member has no such connection, or no longer."""

    code = "not_connected"
    message = marked("This account is not connected.")


class AlreadyConnected(SchedulingError):
    """There is one account for each platform."""

    code = "already_connected"
    message = marked("There is an account for this already. Disconnect it first.")

    def __init__(self, account: str) -> None:
        super().__init__()
        self.account = account


class AccountInUse(SchedulingError):
    """Somebody else of the organization is connected with this account."""

    code = "account_in_use"
    message = marked("Somebody else in your team has connected this account.")


class BlockedByPolicy(SchedulingError):
    """The organization does not allow this platform, or this account."""

    code = "blocked_by_policy"
    message = marked("Your organization does not allow this.")


class ConnectRefused(SchedulingError):
    """Somebody came back from a provider with something that is not to be trusted, or too late."""

    code = "connect_refused"
    message = marked("This sign-in was not finished. Please start it again.")


class ProviderNotSetUp(SchedulingError):
    """Whoever operates the deployment has not made Parley known at the provider."""

    code = "provider_not_set_up"
    message = marked("This is not set up yet. Please ask whoever runs Parley for you.")


class AccessDenied(SchedulingError):
    """Whoever was sent to a provider said no there."""

    code = "access_denied"
    message = marked("You did not allow the access, so nothing was connected.")


class AdminBlocksParley(SchedulingError):
    """The administrator of an account at a provider does not let Parley in."""

    code = "admin_blocked"
    message = marked("The administrator of this account does not let Parley in.")


class WrongAccount(SchedulingError):
    """Somebody came back with another account than the one that is connected."""

    code = "wrong_account"
    message = marked("This is another account than the one you have connected.")

    def __init__(self, account: str) -> None:
        super().__init__()
        self.account = account
        """The one that is connected."""


class ForeignAccount(SchedulingError):
    """The account belongs to no domain that the organization allows."""

    code = "foreign_domain"
    message = marked("Your organization allows accounts of its own domains only.")


class InsufficientScope(SchedulingError):
    """What was granted is not enough for some platforms."""

    code = "insufficient_scope"
    message = marked("Not everything that is needed was allowed. Please tick every box.")

    def __init__(self, missing: Sequence[Platform]) -> None:
        super().__init__()
        self.missing = tuple(missing)
        """The platforms it is not enough for."""


class StillDisconnecting(TryAgainLater):
    """The account before has not been disconnected at its provider yet."""

    code = "still_disconnecting"
    message = marked("The previous account is still being disconnected. Please try again soon.")
    retry_after_seconds = 60


class ConnectingUnavailable(TryAgainLater):
    """The provider does not answer, or what it gave could not be kept safe."""

    code = "connecting_unavailable"
    message = marked("This does not work right now. Nothing was connected; please try again later.")
    retry_after_seconds = 60
