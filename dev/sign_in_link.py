"""A sign-in link of the demo's admin that nobody has used yet, always at hand."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from dev.emulator import Emulator
from dev.failures import CannotRun

_MINUTES_VALID = 24 * 60
_SECONDS_UNTIL_RENEWAL = 12 * 60 * 60


@dataclass(frozen=True)
class Organization:
    """Whom `make dev` signs in, and how the organization is set up."""

    name: str
    admin_name: str
    admin_email: str
    time_zone: str


@dataclass(frozen=True)
class Welcome:
    """What an operator gets for creating an organization, the first time and each time after."""

    organization_id: str
    member_id: str
    sign_in_url: str


def create_organization(
    emulator: Emulator, function_name: str, organization: Organization
) -> Welcome:
    """Create the organization, or find it, and get a fresh sign-in link for its admin.

    Raises:
        CannotRun: The function failed.
    """
    request = {
        "organization_name": organization.name,
        "admin_name": organization.admin_name,
        "admin_email": organization.admin_email,
        "time_zone": organization.time_zone,
        "sign_in_link_minutes": _MINUTES_VALID,
    }
    answer = emulator.client("lambda").invoke(
        FunctionName=f"{function_name}:live", Payload=json.dumps(request)
    )
    result: dict[str, Any] = json.load(answer["Payload"])
    if "FunctionError" in answer:
        raise CannotRun(f"{function_name} failed: {result['errorMessage']}")
    return Welcome(result["organization_id"], result["member_id"], result["sign_in_url"])


class SignInLink:
    """One unused link: asking for it changes nothing, and once it is used the next is made."""

    def __init__(self, emulator: Emulator, function_name: str, organization: Organization) -> None:
        """Make the first link; to be called in the event loop."""
        self._emulator = emulator
        self._function_name = function_name
        self._organization = organization
        self.renew()

    def renew(self) -> None:
        """Make the next link: the last one may have been used, or is about to end."""
        self._link = asyncio.create_task(self._make())
        asyncio.get_running_loop().call_later(_SECONDS_UNTIL_RENEWAL, self.renew)

    async def unused(self) -> str:
        """Return the link; waits for the next one right after the last was used.

        Raises:
            CannotRun: The function that makes links failed.
        """
        return (await asyncio.shield(self._link)).sign_in_url

    async def _make(self) -> Welcome:
        return await asyncio.to_thread(
            create_organization, self._emulator, self._function_name, self._organization
        )
