"""A member's own connections: a card for each platform, and switching one off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from handlers.pages.console_frame import console_page
from handlers.pages.rendering import see_other
from handlers.platform_words import PLATFORMS
from handlers.wiring import adapters
from scheduling.domain.connection_words import PLATFORM_NAMES, STATE_WORDS
from scheduling.domain.connections import Platform, Provider
from scheduling.domain.platform_states import NOT_CONNECTED
from scheduling.domain.refusals import NotConnected
from scheduling.use_cases.connecting import switch_off
from scheduling.use_cases.connection_matrix import own_connections

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response

    from scheduling.domain.sessions import SignedIn

PAGE = "/console/integrations"

LISTED_PAGES = 5
"""How many booking pages a card names."""

logger = Logger()


def card_values(by: SignedIn) -> dict[str, Any]:
    """Return what the cards of whoever looks are made of."""
    cells, pages = own_connections(
        by, connections=adapters().connections, booking_pages=adapters().booking_pages
    )
    return {
        "cells": cells,
        "pages": pages,
        "most_pages": LISTED_PAGES,
        "platform_names": PLATFORM_NAMES,
        "platform_words": PLATFORMS,
        "state_words": STATE_WORDS,
        "support_contact": by.organization.support_contact,
    }


def off_page(by: SignedIn, platform: str) -> Response[str]:
    """Ask before a platform is switched off, and say what becomes of what is booked."""
    which = platform_at(platform)
    cells, pages = own_connections(
        by, connections=adapters().connections, booking_pages=adapters().booking_pages
    )
    [cell] = [cell for cell in cells if cell.platform is which]
    if cell.state == NOT_CONNECTED:
        raise NotConnected
    return console_page(
        "integration_off.html",
        by,
        cell=cell,
        pages=pages,
        most_pages=LISTED_PAGES,
        name=PLATFORM_NAMES[which],
        words=PLATFORMS[which],
    )


def disconnect(by: SignedIn, platform: str) -> Response[str]:
    which = platform_at(platform)
    switch_off(by, which, now=adapters().now(), connections=adapters().connections)
    logger.info("platform switched off", platform=which.value)
    return see_other(f"{PAGE}?news=disconnected&platform={which}#{which}")


def platform_at(text: str) -> Platform:
    """Raises NotConnected where there is no such platform."""
    if text not in {*Platform}:
        raise NotConnected
    return Platform(text)


def provider_at(text: str) -> Provider:
    """Raises NotConnected where there is no such provider."""
    if text not in {*Provider}:
        raise NotConnected
    return Provider(text)
