"""A deployed stack: its origin as people use it, and its parts with the rights of root."""

from __future__ import annotations

import email
import email.policy
import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import boto3
import httpx

from dev.ports import Ports
from scheduling.adapters.dynamodb.outbox import DynamoDbOutbox
from scheduling.adapters.dynamodb.table import Item, Table, decoded
from scheduling.domain.identifiers import new_id
from scheduling.domain.messages import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

    from dev.home import Facts

SECONDS_FOR_A_MAIL = 120.0
"""Where mails were held back, all that happened meanwhile is looked at first."""

_PARTS_OF_A_SCHEDULE = ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
"""What an update has to repeat. Source: EventBridge Scheduler API reference, UpdateSchedule."""


class InvocationFailed(Exception):
    """A function ended with an error."""


@dataclass
class Deployed:
    facts: Facts
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def origin(self) -> str:
        return self.facts.api_url.removesuffix("/api")

    def client(self) -> httpx.Client:
        """Return a browser without cookies of its own; redirects are not followed."""
        return httpx.Client(base_url=self.origin, timeout=60)

    def aws(self, service: str) -> Any:
        """Return a boto3 client that may do everything; the same one each time."""
        if service not in self._clients:
            self._clients[service] = self._session.client(
                cast("Any", service), endpoint_url=self.facts.aws_endpoint_url
            )
        return self._clients[service]

    @cached_property
    def _session(self) -> boto3.Session:
        return boto3.Session(
            region_name=self.facts.aws_region,
            aws_access_key_id=self.facts.aws_access_key_id,
            aws_secret_access_key=self.facts.aws_secret_access_key,
        )

    @property
    def scheduling(self) -> Table:
        return Table(self.aws("dynamodb"), self.facts.table_names["scheduling"])

    @property
    def access(self) -> Table:
        return Table(self.aws("dynamodb"), self.facts.table_names["access"])

    def environment(self, function: str) -> dict[str, str]:
        """Return what the code of a function needs to run in another process, with root's rights.

        Args:
            function: Its logical id in template.yaml.
        """
        configuration = self.aws("lambda").get_function_configuration(
            FunctionName=self.facts.function_names[function]
        )
        variables: dict[str, str] = configuration["Environment"]["Variables"]
        mail_port = Ports(httpx.URL(self.origin).port or 0).mail
        return variables | {
            "AWS_ENDPOINT_URL": self.facts.aws_endpoint_url,
            "AWS_ENDPOINT_URL_SESV2": f"http://127.0.0.1:{mail_port}",
            "AWS_DEFAULT_REGION": self.facts.aws_region,
            "AWS_ACCESS_KEY_ID": self.facts.aws_access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.facts.aws_secret_access_key,
        }

    def invoke(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        """Invoke a function by its logical id and return its answer.

        Raises:
            InvocationFailed: It ended with an error.
        """
        answer = self.aws("lambda").invoke(
            FunctionName=f"{self.facts.function_names[function]}:live", Payload=json.dumps(event)
        )
        result: dict[str, Any] = json.load(answer["Payload"])
        if "FunctionError" in answer:
            raise InvocationFailed(result["errorMessage"])
        return result

    def create_organization(self, admin_email: str = "") -> dict[str, Any]:
        """Return what an operator gets: ids, and a link that signs the admin in.

        An admin who has an organization gets a fresh link to it; without an address
        both are new.
        """
        return self.invoke(
            "CreateOrganizationFunction",
            {
                "organization_name": "Hanami Studio",
                "admin_name": "Aiko Mori",
                "admin_email": admin_email or an_address("aiko"),
                "time_zone": "Asia/Tokyo",
            },
        )

    def mails_to(self, address: str) -> list[EmailMessage]:
        """Return the mails that were delivered to an address, oldest first."""
        with self.client() as mailbox:
            listed = mailbox.get(self.facts.mailbox_api_url).json()
            return [
                _parsed(mailbox.get(f"{self.facts.mailbox_api_url}/{mail['id']}").json()["raw"])
                for mail in reversed(listed)
                if mail["recipients"] == [address]
            ]

    def wait_for_mails(self, address: str, count: int = 1) -> list[EmailMessage]:
        """Return the mails to an address as soon as there are `count`."""
        deadline = time.monotonic() + SECONDS_FOR_A_MAIL
        while len(found := self.mails_to(address)) < count:
            assert time.monotonic() < deadline, f"{len(found)} of {count} mails came to {address}"
            time.sleep(0.1)
        return found

    @contextmanager
    def unscheduled(self, function: str) -> Iterator[None]:
        """Let a schedule wake nobody until the block ends."""
        scheduler = self.aws("scheduler")
        schedule = scheduler.get_schedule(Name=self.facts.function_names[function])
        settings = {part: schedule[part] for part in _PARTS_OF_A_SCHEDULE}
        scheduler.update_schedule(**settings, State="DISABLED")
        try:
            yield
        finally:
            scheduler.update_schedule(**settings, State="ENABLED")

    @contextmanager
    def off_the_stream(self, function: str) -> Iterator[None]:
        """Let the stream, or the queue, wake a function no more until the block ends."""
        functions = self.aws("lambda")
        [mapping] = functions.list_event_source_mappings(
            FunctionName=f"{self.facts.function_names[function]}:live"
        )["EventSourceMappings"]
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        try:
            yield
        finally:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    @contextmanager
    def mails_held_back(self) -> Iterator[None]:
        """Let mails wait until the block ends: stream and schedule wake nobody meanwhile."""
        with self.off_the_stream("SendMailsFunction"), self.unscheduled("RetryMailsFunction"):
            yield

    @contextmanager
    def imports_held_back(self) -> Iterator[None]:
        """Let imports of members wait until the block ends."""
        name = "ImportMembersFunction"
        with self.off_the_stream(name), self.unscheduled(name):
            yield

    @contextmanager
    def calendar_events_held_back(self) -> Iterator[None]:
        """Let calendar events wait until the block ends."""
        name = "WriteCalendarEventsFunction"
        with self.off_the_stream(name), self.unscheduled(name):
            yield

    @contextmanager
    def calendars_unread(self) -> Iterator[None]:
        """Read no connected calendar until the block ends, unless a test has it read."""
        with (
            self.off_the_stream("SyncCalendarsFunction"),
            self.unscheduled("DispatchSyncsFunction"),
        ):
            yield

    def forget_queued_mails(self) -> None:
        """Record all mails that wait as sent, so that nobody has to wait for them."""
        outbox = DynamoDbOutbox(self.scheduling)
        for message in outbox.due(now=datetime(2200, 1, 1, tzinfo=UTC), limit=10_000):
            waiting = outbox.get(message)
            outbox.record(message, replace(waiting, state=DeliveryState.SENT, next_attempt_at=None))


def an_address(name: str) -> str:
    """Return an address that nobody else has."""
    return f"{name}.{new_id()}@people.example"


def link_in(message: EmailMessage) -> str:
    """Return the address that the button of a mail opens."""
    body = message.get_body(("plain",))
    assert body is not None
    words: list[str] = body.get_content().split()
    return next(word for word in words if "/l/s1." in word)


def token_in(url: str) -> str:
    return url.rpartition("/l/")[2]


def rows_of(table: Table) -> list[Item]:
    """Return every item of a table. Nothing but tests and audits may."""
    pages = table.client.get_paginator("scan").paginate(TableName=table.name, ConsistentRead=True)
    return [decoded(item) for page in pages for item in page["Items"]]


def _parsed(raw: str) -> EmailMessage:
    return email.message_from_string(raw, policy=email.policy.default)
