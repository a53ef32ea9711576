"""The HTTP API's routes, which the emulator's CloudFormation does not create.

SAM writes the routes into the API's `Body`, an OpenAPI document, which the emulator ignores.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dev.emulator import Emulator

_FUNCTION_OF_URI = re.compile(r"/functions/\$\{(\w+)\}/invocations$")


def create_routes(
    emulator: Emulator, resources: Mapping[str, Any], physical_ids: Mapping[str, str]
) -> None:
    """Give each API exactly the routes of its document.

    Args:
        emulator: Where the stack is deployed.
        resources: The resources of the expanded template, by logical id.
        physical_ids: The deployed resources' names, ids and ARNs, by logical id.
    """
    apis = emulator.client("apigatewayv2")
    for logical_id, resource in resources.items():
        if resource["Type"] == "AWS::ApiGatewayV2::Api":
            wanted = dict(declared_routes(resource["Properties"]["Body"]))
            _replace_routes(apis, physical_ids[logical_id], wanted, physical_ids)


def declared_routes(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each route of an OpenAPI document that SAM wrote, with what it invokes.

    A route is "GET /api/members"; what it invokes is the logical id of a function's alias.
    """
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
            function = _FUNCTION_OF_URI.search(uri)
            if function is None:
                raise ValueError(f"{method} {path} invokes no function of the template: {uri}")
            yield f"{method.upper()} {path}", function[1]


def _replace_routes(
    apis: Any, api_id: str, wanted: Mapping[str, str], physical_ids: Mapping[str, str]
) -> None:
    for route in apis.get_routes(ApiId=api_id)["Items"]:
        apis.delete_route(ApiId=api_id, RouteId=route["RouteId"])
    for integration in apis.get_integrations(ApiId=api_id)["Items"]:
        apis.delete_integration(ApiId=api_id, IntegrationId=integration["IntegrationId"])
    targets = {
        function: apis.create_integration(
            ApiId=api_id,
            IntegrationType="AWS_PROXY",
            IntegrationUri=physical_ids[function],
            PayloadFormatVersion="2.0",
        )["IntegrationId"]
        for function in set(wanted.values())
    }
    for route_key, function in wanted.items():
        apis.create_route(
            ApiId=api_id, RouteKey=route_key, Target=f"integrations/{targets[function]}"
        )
