import boto3
import pytest

from tests.support.api_road import Road
from tests.support.deployment import aws_in_this_process, deployment
from tests.support.in_process import LambdaContext, client, handler_at
from tests.support.tables import create_tables


@pytest.fixture
def aws(monkeypatch):
    with aws_in_this_process(monkeypatch):
        yield


@pytest.fixture
def tables(aws):
    return create_tables(boto3.client("dynamodb"))


@pytest.fixture
def deployed(monkeypatch):
    with deployment(monkeypatch) as found:
        yield found


@pytest.fixture
def road(deployed):
    with client() as admin, client() as public:
        yield Road(admin, public)


@pytest.fixture
def created(deployed):
    return handler_at("handlers.internal.create_organization.handler")(
        {
            "organization_name": "Hanami Studio",
            "admin_name": "Aiko Mori",
            "admin_email": "aiko@hanami.example",
            "time_zone": "Asia/Tokyo",
        },
        LambdaContext(),
    )
