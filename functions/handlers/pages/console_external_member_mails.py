"""Where no mail gets through: the link to pass on, and a mailbox that works again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from handlers.pages.console_frame import console_page
from handlers.pages.rendering import see_other
from handlers.wiring import adapters
from scheduling.use_cases.deliveries import copy_availability_link
from scheduling.use_cases.external_members import external_member_overview
from scheduling.use_cases.suppressions import trust_mailbox_again

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response

    from scheduling.domain.people import ExternalMember
    from scheduling.domain.sessions import SignedIn

LIST = "/console/external-members"

logger = Logger()


def link_page(by: SignedIn, external_member_id: str) -> Response[str]:
    """Show the link to somebody's availability page; that staff have it is written down."""
    link = copy_availability_link(
        by,
        external_member_id,
        base_url=adapters().base_url,
        now=adapters().now(),
        external_members=adapters().external_members,
        links=adapters().links,
        link_keys=adapters().link_keys,
        audit_log=adapters().audit_log,
    )
    logger.info("availability link copied", external_member_id=external_member_id)
    return console_page(
        "external_member_link.html", by, member=_member(by, external_member_id), link=link
    )


def suppression_page(by: SignedIn, external_member_id: str) -> Response[str]:
    """Ask before mails go to a mailbox again that did not take one."""
    return console_page(
        "external_member_suppression.html", by, member=_member(by, external_member_id)
    )


def lift(by: SignedIn, external_member_id: str) -> Response[str]:
    trust_mailbox_again(
        by,
        external_member_id,
        external_members=adapters().external_members,
        reputation=adapters().reputation,
    )
    logger.info("mailbox trusted again", external_member_id=external_member_id)
    return see_other(f"{LIST}/{external_member_id}?news=trusted")


def _member(by: SignedIn, external_member_id: str) -> ExternalMember:
    return external_member_overview(
        by,
        external_member_id,
        members=adapters().members,
        external_members=adapters().external_members,
        outbox=adapters().outbox,
    ).member
