"""Asking to start an organization; pressing the mailed link starts it (see `sign_in`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduling.domain.checks import Checks
from scheduling.domain.sign_ups import SignUp
from scheduling.use_cases.sign_in import SignInRequest, mail_link

if TYPE_CHECKING:
    from datetime import datetime

    from scheduling import ports
    from scheduling.domain.sign_ups import SignUpPolicy


def request_sign_up(
    organization_name: str,
    admin_name: str,
    email: str,
    zone_name: str,
    locale: str,
    *,
    sign_up_policy: SignUpPolicy,
    network_address: str,
    now: datetime,
    links: ports.Links,
    rate_limits: ports.RateLimits,
) -> SignInRequest:
    """Have a link mailed that starts an organization, if whoever has the address may start one.

    Members get a link to sign in instead, and those who may not start one get none. Which it is,
    the answer and the work for it do not tell.

    Args:
        network_address: Where the request comes from.

    Raises:
        InvalidInput: Names each field that cannot be accepted.
        TooManyRequests: From this network address.
        LimiterUnavailable: It could not be counted how often this was asked for.
    """
    checks = Checks()
    wanted = SignUp(
        organization_name=checks.name("organization_name", organization_name),
        admin_name=checks.name("name", admin_name),
        time_zone=checks.zone("time_zone", zone_name),
        locale=checks.language("locale", locale),
    )
    address = checks.email("email", email)
    checks.done()
    return mail_link(
        address,
        sign_up=wanted if sign_up_policy.admits(address) else None,
        network_address=network_address,
        now=now,
        links=links,
        rate_limits=rate_limits,
    )
