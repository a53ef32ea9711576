"""Which adapter stands behind which port.

Everything is made on first use, so a function pays only for what it needs and
nothing is opened while a snapshot of it is taken. Imports that only some
functions need stand where they are used.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from handlers import settings
from scheduling.adapters.dynamodb.booking_pages import DynamoDbBookingPages
from scheduling.adapters.dynamodb.bookings import DynamoDbBookings
from scheduling.adapters.dynamodb.hosts import DynamoDbHosts
from scheduling.adapters.dynamodb.table import Table
from scheduling.domain.connections import Provider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from scheduling import ports, provider_ports
    from scheduling.domain.sign_ups import SignUpPolicy

_IMPATIENT = Config(
    connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3}
)
"""People wait for these answers."""

_BRIEF = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 1})
"""A look takes 2 seconds at most, and the function that takes it some time to wake up."""
for library in ("botocore", "googleapiclient", "urllib3"):
    # Their debug lines have requests and answers as a whole: tokens, links, addresses.
    logging.getLogger(library).setLevel(logging.INFO)


class _ByProvider[Adapter](Mapping[Provider, Adapter]):
    """The adapters of one port, each made when it is first asked for: some load large clients."""

    def __init__(self, made: Mapping[Provider, Callable[[], Adapter]]) -> None:
        self._made = made

    def __getitem__(self, provider: Provider) -> Adapter:
        return self._made[provider]()

    def __iter__(self) -> Iterator[Provider]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


class Adapters:
    """One adapter for each port, made when it is first asked for."""

    def now(self) -> datetime:
        """Return the whole second, since no more is stored: what is told is what is read again."""
        return datetime.now(UTC).replace(microsecond=0)

    @property
    def base_url(self) -> str:
        return settings.base_url()

    @property
    def sign_in_origins(self) -> tuple[str, ...]:
        """Where members are sent to from a form, to sign in at a provider."""
        return settings.google_accounts_url(), settings.zoom_url()

    @property
    def sign_up_policy(self) -> SignUpPolicy:
        from scheduling.domain.sign_ups import SignUpPolicy

        return SignUpPolicy(settings.sign_up_is_open(), settings.first_admin_email())

    @property
    def mails_per_day(self) -> int:
        return settings.mails_per_day()

    @cached_property
    def booking_pages(self) -> ports.BookingPages:
        return DynamoDbBookingPages(self._scheduling)

    @cached_property
    def bookings(self) -> ports.Bookings:
        return DynamoDbBookings(self._scheduling, self._access)

    @cached_property
    def online_meetings(self) -> provider_ports.OnlineMeetings:
        from scheduling.adapters.dynamodb.online_meetings import DynamoDbOnlineMeetings

        return DynamoDbOnlineMeetings(self._scheduling)

    @cached_property
    def calendar_events(self) -> provider_ports.CalendarEvents:
        from scheduling.adapters.dynamodb.calendar_events import DynamoDbCalendarEvents

        return DynamoDbCalendarEvents(self._scheduling)

    @cached_property
    def hosts(self) -> ports.Hosts:
        return DynamoDbHosts(self._scheduling)

    @cached_property
    def live_look(self) -> ports.LiveLook:
        from scheduling.adapters.lambda_.live_look import LambdaLiveLook

        return LambdaLiveLook(
            lambda: boto3.client("lambda", config=_BRIEF), settings.live_look_function()
        )

    @cached_property
    def working_hours(self) -> ports.WorkingHoursStore:
        from scheduling.adapters.dynamodb.working_hours import DynamoDbWorkingHours

        return DynamoDbWorkingHours(self._scheduling)

    @cached_property
    def external_members(self) -> ports.ExternalMembers:
        from scheduling.adapters.dynamodb.external_members import DynamoDbExternalMembers

        return DynamoDbExternalMembers(self._scheduling, self._access)

    @cached_property
    def calendar_feeds(self) -> ports.CalendarFeeds:
        from scheduling.adapters.dynamodb.calendar_feeds import DynamoDbCalendarFeeds

        return DynamoDbCalendarFeeds(self._scheduling, self._access)

    @cached_property
    def connections(self) -> provider_ports.Connections:
        from scheduling.adapters.dynamodb.connections import DynamoDbConnections

        return DynamoDbConnections(self._scheduling)

    @cached_property
    def connect_attempts(self) -> provider_ports.ConnectAttempts:
        from scheduling.adapters.dynamodb.connect_attempts import DynamoDbConnectAttempts

        return DynamoDbConnectAttempts(self._access)

    @cached_property
    def grants(self) -> provider_ports.Grants:
        from scheduling.adapters.dynamodb.grants import DynamoDbGrants
        from scheduling.adapters.kms.vault import KmsVault

        connections = Table(self._client, settings.connections_table())
        vault = KmsVault(boto3.client("kms", config=_IMPATIENT), settings.grant_key())
        return DynamoDbGrants(connections, vault)

    @cached_property
    def circuits(self) -> provider_ports.Circuits:
        from scheduling.adapters.dynamodb.circuits import DynamoDbCircuits

        return DynamoDbCircuits(self._scheduling)

    @cached_property
    def sync_turns(self) -> provider_ports.SyncTurns:
        from scheduling.adapters.dynamodb.sync_turns import DynamoDbSyncTurns

        return DynamoDbSyncTurns(self._scheduling)

    @cached_property
    def synced_calendars(self) -> provider_ports.SyncedCalendars:
        from scheduling.adapters.dynamodb.synced_calendars import DynamoDbSyncedCalendars

        return DynamoDbSyncedCalendars(self._scheduling)

    @cached_property
    def sync_queue(self) -> provider_ports.SyncQueue:
        from scheduling.adapters.sqs.sync_queue import SqsSyncQueue

        return SqsSyncQueue(boto3.client("sqs", config=_IMPATIENT), settings.sync_queue_url())

    @cached_property
    def channel_secrets(self) -> provider_ports.ChannelSecrets:
        from scheduling.adapters.secrets_manager.channel_secrets import SecretsManagerChannelSecrets

        return SecretsManagerChannelSecrets(settings.channel_secret())

    @cached_property
    def connect_requests(self) -> provider_ports.ConnectRequests:
        from scheduling.adapters.dynamodb.connect_requests import DynamoDbConnectRequests

        return DynamoDbConnectRequests(self._scheduling)

    @cached_property
    def calendar_servers(self) -> ports.CalendarServers:
        from scheduling.adapters.https.calendar_servers import HttpsCalendarServers

        return HttpsCalendarServers()

    @cached_property
    def busy_times(self) -> ports.BusyTimes:
        from scheduling.adapters.ics.busy_times import ICalendarBusyTimes

        return ICalendarBusyTimes()

    @cached_property
    def organizations(self) -> ports.Organizations:
        from scheduling.adapters.dynamodb.organizations import DynamoDbOrganizations

        return DynamoDbOrganizations(self._scheduling)

    @cached_property
    def members(self) -> ports.Members:
        from scheduling.adapters.dynamodb.organizations import DynamoDbMembers

        return DynamoDbMembers(self._scheduling)

    @cached_property
    def directories(self) -> ports.Directories:
        from scheduling.adapters.dynamodb.directories import DynamoDbDirectories

        return DynamoDbDirectories(self._scheduling)

    @cached_property
    def invitations(self) -> ports.Invitations:
        from scheduling.adapters.dynamodb.invitations import DynamoDbInvitations

        return DynamoDbInvitations(self._scheduling, self._access)

    @cached_property
    def member_imports(self) -> ports.MemberImports:
        from scheduling.adapters.dynamodb.member_imports import DynamoDbMemberImports

        return DynamoDbMemberImports(self._scheduling)

    @cached_property
    def links(self) -> ports.Links:
        from scheduling.adapters.dynamodb.access import DynamoDbLinks

        return DynamoDbLinks(self._scheduling, self._access)

    @cached_property
    def sessions(self) -> ports.Sessions:
        from scheduling.adapters.dynamodb.access import DynamoDbSessions

        return DynamoDbSessions(self._scheduling, self._access)

    @cached_property
    def rate_limits(self) -> ports.RateLimits:
        from scheduling.adapters.dynamodb.rate_limits import DynamoDbRateLimits

        limits = Table(self._client, settings.limits_table())
        return DynamoDbRateLimits(limits, settings.rate_limit_factor())

    @cached_property
    def audit_log(self) -> ports.AuditLog:
        from scheduling.adapters.dynamodb.audit_log import DynamoDbAuditLog

        return DynamoDbAuditLog(self._scheduling)

    @cached_property
    def names(self) -> ports.Names:
        from scheduling.adapters.dynamodb.names import DynamoDbNames

        return DynamoDbNames(self._scheduling)

    @cached_property
    def personal_records(self) -> ports.PersonalRecords:
        from scheduling.adapters.dynamodb.personal_records import DynamoDbPersonalRecords

        tokens = Table(self._client, settings.connections_table())
        return DynamoDbPersonalRecords(self._scheduling, self._access, tokens)

    @cached_property
    def outbox(self) -> ports.Outbox:
        from scheduling.adapters.dynamodb.outbox import DynamoDbOutbox

        return DynamoDbOutbox(self._scheduling)

    @cached_property
    def reputation(self) -> ports.Reputation:
        from scheduling.adapters.dynamodb.reputation import DynamoDbReputation

        return DynamoDbReputation(self._scheduling)

    @cached_property
    def link_keys(self) -> ports.LinkKeys:
        from scheduling.adapters.secrets_manager.link_keys import SecretsManagerLinkKeys

        return SecretsManagerLinkKeys(settings.link_key_secret())

    @cached_property
    def provider_apps(self) -> provider_ports.ProviderApps:
        from scheduling.adapters.secrets_manager.provider_apps import SecretsManagerProviderApps

        return SecretsManagerProviderApps(settings.provider_apps_secret())

    @cached_property
    def google_oauth(self) -> provider_ports.OAuthProvider:
        from scheduling.adapters.google.oauth import GoogleOAuth

        return GoogleOAuth(
            self.provider_apps,
            accounts_url=settings.google_accounts_url(),
            oauth_url=settings.google_oauth_url(),
            api_url=settings.google_api_url(),
        )

    @cached_property
    def google_calendars(self) -> provider_ports.Calendars:
        from scheduling.adapters.google.calendars import GoogleCalendars

        return GoogleCalendars(settings.google_api_url())

    @cached_property
    def zoom_oauth(self) -> provider_ports.OAuthProvider:
        from scheduling.adapters.zoom.asking import Asking
        from scheduling.adapters.zoom.sign_in import ZoomSignIn

        return ZoomSignIn(
            Asking(),
            self.provider_apps,
            url=settings.zoom_url(),
            api_url=settings.zoom_api_url(),
        )

    @cached_property
    def zoom_meetings(self) -> provider_ports.Meetings:
        from scheduling.adapters.zoom.asking import Asking
        from scheduling.adapters.zoom.meetings import ZoomMeetings

        return ZoomMeetings(Asking(), api_url=settings.zoom_api_url())

    @property
    def oauth(self) -> Mapping[Provider, provider_ports.OAuthProvider]:
        return _ByProvider(
            {Provider.GOOGLE: lambda: self.google_oauth, Provider.ZOOM: lambda: self.zoom_oauth}
        )

    @property
    def calendars(self) -> Mapping[Provider, provider_ports.Calendars]:
        return _ByProvider({Provider.GOOGLE: lambda: self.google_calendars})

    @property
    def meetings(self) -> Mapping[Provider, provider_ports.Meetings]:
        return _ByProvider({Provider.ZOOM: lambda: self.zoom_meetings})

    @cached_property
    def mail_templates(self) -> ports.MailTemplates:
        from scheduling.adapters.jinja.mail_templates import JinjaMailTemplates

        return JinjaMailTemplates()

    @cached_property
    def calendar_files(self) -> ports.CalendarFiles:
        from scheduling.adapters.ics.calendar_files import ICalendarFiles

        return ICalendarFiles()

    @cached_property
    def mailer(self) -> ports.Mailer:
        from scheduling.adapters.ses.mailer import SesMailer

        return SesMailer(
            boto3.client("sesv2", config=_IMPATIENT),
            settings.mail_from(),
            settings.mail_configuration_set(),
        )

    @cached_property
    def _client(self) -> DynamoDBClient:
        return boto3.client("dynamodb", config=_IMPATIENT)

    @cached_property
    def _scheduling(self) -> Table:
        return Table(self._client, settings.scheduling_table())

    @cached_property
    def _access(self) -> Table:
        return Table(self._client, settings.access_table())


@cache
def adapters() -> Adapters:
    """Return the adapters of this execution environment."""
    return Adapters()
