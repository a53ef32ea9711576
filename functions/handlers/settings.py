"""The environment of a function, read on first use."""

from __future__ import annotations

import os


class SettingMissing(LookupError):
    """The function was deployed without an environment variable that it needs."""


def scheduling_table() -> str:
    return _required("SCHEDULING_TABLE")


def access_table() -> str:
    return _required("ACCESS_TABLE")


def limits_table() -> str:
    return _required("LIMITS_TABLE")


def link_key_secret() -> str:
    """The name of the secret that holds the keys which sign links."""
    return _required("LINK_KEY_SECRET")


def base_url() -> str:
    """The origin that people use, without a slash at its end."""
    return _required("BASE_URL")


def mail_from() -> str:
    """The address mails come from, at the sending domain."""
    return _required("MAIL_FROM")


def mail_configuration_set() -> str | None:
    return os.environ.get("MAIL_CONFIGURATION_SET") or None


def rate_limit_factor() -> int:
    """How many times as much is allowed as `domain.rate_limits` says."""
    return int(_required("RATE_LIMIT_FACTOR"))


def sign_up_is_open() -> bool:
    """Whether everybody may start an organization, or only the first admin."""
    return _required("SIGN_UP") == "open"


def first_admin_email() -> str:
    """Who may start an organization while nobody else may; empty for nobody."""
    return os.environ.get("FIRST_ADMIN_EMAIL", "").strip().lower()


def mails_per_day() -> int:
    """The most that one organization may send in a day, in UTC."""
    return int(_required("MAILS_PER_DAY"))


def connections_table() -> str:
    return _required("CONNECTIONS_TABLE")


def grant_key() -> str:
    """The id of the key that tokens are encrypted with."""
    return _required("GRANT_KEY")


def live_look_function() -> str:
    """The function that looks into connected calendars for those which must not."""
    return _required("LIVE_LOOK_FUNCTION")


def provider_apps_secret() -> str:
    """The name of the secret with what Parley is known by at each provider."""
    return _required("PROVIDER_APPS_SECRET")


def google_accounts_url() -> str:
    """Where members sign in at Google; also the issuer of its ID tokens."""
    return _required("GOOGLE_ACCOUNTS_URL")


def google_oauth_url() -> str:
    return _required("GOOGLE_OAUTH_URL")


def google_api_url() -> str:
    return _required("GOOGLE_API_URL")


def zoom_url() -> str:
    """Where members sign in at Zoom."""
    return _required("ZOOM_URL")


def zoom_api_url() -> str:
    return _required("ZOOM_API_URL")


def sync_queue_url() -> str:
    """The queue of requests for looks at connections."""
    return _required("SYNC_QUEUE_URL")


def channel_secret() -> str:
    """The name of the secret that the tokens of channels are made with."""
    return _required("CHANNEL_SECRET")


def _required(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise SettingMissing(name)
    return value
