"""What `make doctor` finds, with AWS answered here and the stand-ins as providers."""

import json
from contextlib import ExitStack

import boto3
import pytest
from moto import mock_aws

from dev.doctor.checks import address, alarms, failures, mail, providers
from dev.doctor.deployment import Deployment, deployment
from dev.failures import CannotRun
from dev.home import Home
from dev.providers.apps import APPS
from dev.providers.google.server import serving_google
from dev.providers.google.world import GoogleWorld
from dev.providers.zoom.server import serving_zoom
from dev.providers.zoom.world import ZoomWorld

BASE_URL = "https://book.example.org"


@pytest.fixture
def aws(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


@pytest.fixture(scope="module")
def stand_ins():
    """Return the addresses of providers that send people back to BASE_URL."""
    with ExitStack() as stack:
        google = GoogleWorld()
        google.redirect_uris.add(f"{BASE_URL}/connections/google/callback")
        zoom = ZoomWorld(redirect_uris={f"{BASE_URL}/connections/zoom/callback"})
        yield (
            stack.enter_context(serving_google(google)),
            stack.enter_context(serving_zoom(zoom)),
        )


def deployed(parameters=None, resources=None):
    """Return a deployment that says of itself what it is given."""
    found = Deployment("parley-prod", boto3.client)
    found.__dict__["parameters"] = parameters or {}
    found.__dict__["resources"] = resources or {}
    return found


def known_as(stand_ins, text, base_url=BASE_URL):
    """Return a deployment whose secret about providers says `text`."""
    boto3.client("secretsmanager").create_secret(Name="provider-apps", SecretString=text)
    google, zoom = stand_ins
    return deployed(
        {"BaseUrl": base_url, "GoogleOauthUrl": google, "ZoomUrl": zoom},
        {"ProviderApps": ("AWS::SecretsManager::Secret", "provider-apps")},
    )


def ills(check, found):
    return [finding.what for finding in check(found) if not finding.is_well]


@pytest.mark.parametrize("base_url", [BASE_URL, "http://localhost:8080"])
def test_an_address_with_a_certificate_or_of_this_machine_is_well(base_url):
    found = deployed({"BaseUrl": base_url, "CertificateArn": "arn:aws:acm:…"})

    assert not ills(address, found)


@pytest.mark.parametrize(
    ("base_url", "certificate", "number"),
    [
        ("http://book.example.org", "arn:aws:acm:…", 1),
        (BASE_URL, "", 1),
        ("https://a1b2.execute-api.us-east-1.amazonaws.com", "", 0),
    ],
)
def test_an_address_that_nobody_can_be_sent_back_to_is_ill(base_url, certificate, number):
    found = deployed(
        {"BaseUrl": base_url, "CertificateArn": certificate},
        {"HttpApi": ("AWS::ApiGatewayV2::Api", "a1b2")},
    )

    assert len(ills(address, found)) == number


def test_providers_that_know_the_deployment_are_well(aws, stand_ins):
    assert not ills(providers, known_as(stand_ins, json.dumps(APPS)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no JSON"),
        ("{}", "Nobody can connect"),
        ('{"google": {"client_id": "x"}, "zoom": {"client_secret": "y"}}', "lacks"),
    ],
    ids=["no JSON", "empty", "half"],
)
def test_a_secret_that_says_too_little_is_ill(aws, stand_ins, text, words):
    found = ills(providers, known_as(stand_ins, text or " "))

    assert found
    assert all(words in each for each in found)


@pytest.mark.parametrize("provider", ["google", "zoom"])
def test_another_secret_than_the_providers_is_ill(aws, stand_ins, provider):
    apps = APPS | {provider: APPS[provider] | {"client_secret": "of yesterday"}}

    (found,) = ills(providers, known_as(stand_ins, json.dumps(apps)))

    assert found.startswith(f"{provider.title()} does not know the client id")


def test_a_provider_out_of_reach_is_said_so(aws):
    nowhere = "http://127.0.0.1:9"

    found = ills(providers, known_as((nowhere, nowhere), json.dumps(APPS)))

    assert [each.partition(" ")[0] for each in found] == ["Google", "Zoom"]
    assert all("cannot be reached" in each for each in found)


def test_a_domain_that_ses_does_not_know_is_ill(aws):
    (found,) = ills(mail, deployed({"SendingDomain": "example.org"}))

    assert found.startswith("SES does not know example.org")


def test_a_topic_without_subscribers_is_ill_and_one_with_some_is_well(aws):
    sns = boto3.client("sns")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    found = deployed(resources={"Alarms": ("AWS::SNS::Topic", topic)})

    assert ills(alarms, found) == ["Nobody hears of alarms."]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="operations@example.org")
    assert not ills(alarms, found)


def test_what_was_given_up_is_counted_by_queue(aws):
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="failed")["QueueUrl"]
    found = deployed(resources={"FailedRetryRuns": ("AWS::SQS::Queue", url)})

    assert not ills(failures, found)
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    assert ills(failures, found) == ["1 in the queue FailedRetryRuns."]


def test_a_stage_that_is_not_written_anywhere_cannot_be_looked_at(tmp_path):
    with pytest.raises(CannotRun, match="no stage staging"):
        deployment("staging", Home(tmp_path))


def test_a_local_parley_that_does_not_run_cannot_be_looked_at(tmp_path):
    with pytest.raises(CannotRun, match="make dev"):
        deployment("local", Home(tmp_path))
