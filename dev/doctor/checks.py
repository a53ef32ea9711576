"""What can be wrong with a deployment, and what to do about it. Nothing here changes anything."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from botocore.exceptions import ClientError

from dev.doctor.deployment import Deployment

GUIDE = "docs/integrations.md"
OPERATIONS = "docs/operations.md"

SECONDS = (3.05, 10)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    is_well: bool
    what: str
    fix: str = ""
    """What to do; empty where it is well."""


type Check = Callable[[Deployment], Iterator[Finding]]


def well(what: str) -> Finding:
    return Finding(is_well=True, what=what)


def ill(what: str, fix: str) -> Finding:
    return Finding(is_well=False, what=what, fix=fix)


def address(found: Deployment) -> Iterator[Finding]:
    """Look at the address that people and providers use."""
    base_url = found.parameters["BaseUrl"]
    parts = urlsplit(base_url)
    if parts.scheme == "https" or parts.hostname == "localhost":
        yield well(f"People use {base_url}.")
    else:
        yield ill(
            f"People use {base_url}, and providers send nobody back to an address without TLS.",
            "Set CertificateArn and a BaseUrl that begins with https://.",
        )
    if found.parameters["CertificateArn"] or parts.hostname == "localhost":
        return
    own = f"{found.named('HttpApi')}.execute-api."
    if own not in base_url:
        yield ill(
            "BaseUrl is neither the API's own address nor a domain with a certificate.",
            f"Set CertificateArn, or BaseUrl to the output ApiUrl; see {OPERATIONS}.",
        )


def providers(found: Deployment) -> Iterator[Finding]:
    """Look at what Parley is known by at Google and Zoom, and whether they know it."""
    name = found.named("ProviderApps")
    stored = found.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    try:
        apps = json.loads(stored)
    except ValueError:
        yield ill(f"The secret {name} is no JSON.", f"Write it anew, as {GUIDE} shows.")
        return
    for provider in ("google", "zoom"):
        app = apps.get(provider)
        if not app:
            yield ill(
                f"Nobody can connect {provider.title()}: the secret {name} does not name it.",
                f"See {GUIDE}. If you do not offer it, leave it so.",
            )
        elif not {"client_id", "client_secret"} <= app.keys():
            yield ill(
                f"What the secret {name} says of {provider} lacks client_id or client_secret.",
                f"Write it anew, as {GUIDE} shows.",
            )
        else:
            yield _known_at(found, provider, app)


def _known_at(found: Deployment, provider: str, app: dict[str, str]) -> Finding:
    """Send a code that is none: whoever is known is told so, whoever is not something else."""
    name = provider.title()
    callback = f"{found.parameters['BaseUrl']}/connections/{provider}/callback"
    form = {"grant_type": "authorization_code", "code": "doctor", "redirect_uri": callback}
    credentials = app["client_id"], app["client_secret"]
    try:
        if provider == "google":
            url = f"{found.parameters['GoogleOauthUrl']}/token"
            mine = {"client_id": credentials[0], "client_secret": credentials[1]}
            answer = requests.post(url, data=form | mine, timeout=SECONDS)
        else:
            url = f"{found.parameters['ZoomUrl']}/oauth/token"
            answer = requests.post(url, data=form, auth=credentials, timeout=SECONDS)
        error = str(_json_of(answer).get("error", answer.status_code))
    except requests.RequestException as failure:
        return ill(
            f"{name} cannot be reached from here: {type(failure).__name__}.",
            "Look at your network; functions reach it on their own.",
        )
    if error == "invalid_grant":
        return well(f"{name} knows this deployment, and sends people back to {callback}.")
    if "redirect" in error:
        return ill(
            f"{name} does not know the address it should send people back to.",
            f"Add {callback} there, letter by letter; see {GUIDE}.",
        )
    if error in {"invalid_client", "unauthorized_client", "deleted_client"}:
        return ill(
            f"{name} does not know the client id, or its secret is another one.",
            f"Copy both once more from {name}; see {GUIDE}.",
        )
    return ill(f"{name} answers with {error}.", "Try again in a while.")


def _json_of(answer: requests.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def mail(found: Deployment) -> Iterator[Finding]:
    """Look at whether mails leave, and to whom."""
    ses = found.client("sesv2")
    domain = found.parameters["SendingDomain"]
    try:
        identity = ses.get_email_identity(EmailIdentity=domain)
    except ClientError as failure:
        reason = failure.response["Error"]["Code"]
        yield ill(f"SES does not know {domain}: {reason}.", "Deploy once more.")
        return
    if identity.get("VerifiedForSendingStatus"):
        yield well(f"Mails come from {domain}.")
    else:
        yield ill(
            f"SES has not verified {domain}: no mail leaves.",
            f"Add its DKIM records to the DNS; see {OPERATIONS}.",
        )
    if not ses.get_account().get("ProductionAccessEnabled", True):
        yield ill(
            "SES keeps this account in its sandbox: mails reach verified addresses only.",
            f"Ask for production access; see {OPERATIONS}.",
        )


def alarms(found: Deployment) -> Iterator[Finding]:
    """Look at whether anybody hears of alarms."""
    topic = found.named("Alarms")
    pages = (
        found.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    )
    subscriptions = [each["SubscriptionArn"] for page in pages for each in page["Subscriptions"]]
    if any(each.startswith("arn:") for each in subscriptions):
        yield well("Somebody hears of alarms.")
    elif subscriptions:
        yield ill(
            "Nobody hears of alarms yet: the subscription is not confirmed.",
            "Follow the link that AWS has mailed.",
        )
    else:
        yield ill("Nobody hears of alarms.", "Set AlarmEmail, and deploy.")


def failures(found: Deployment) -> Iterator[Finding]:
    """Look at whether something was given up that nobody has looked at."""
    sqs = found.client("sqs")
    waiting = {
        name: int(
            sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])[
                "Attributes"
            ]["ApproximateNumberOfMessages"]
        )
        for name, url in found.of_type("AWS::SQS::Queue").items()
        if name.startswith("Failed")
    }
    for name, number in waiting.items():
        if number:
            yield ill(
                f"{number} in the queue {name}.", f"See {OPERATIONS}, when an alarm goes off."
            )
    if not any(waiting.values()):
        yield well("Nothing was given up.")


CHECKS: tuple[Check, ...] = (address, providers, mail, alarms, failures)
