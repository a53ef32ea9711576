import pytest

from dev.routes import declared_routes


def integration(uri):
    return {"x-amazon-apigateway-integration": {"uri": {"Fn::Sub": uri}}}


def invoking(function):
    return integration(
        "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31"
        f"/functions/${{{function}}}/invocations"
    )


def test_each_operation_of_the_expanded_template_becomes_a_route():
    body = {
        "paths": {
            "/api/members": {"get": invoking("MembersFunctionAliaslive")},
            "/book/{slug}": {
                "get": invoking("PublicPagesFunctionAliaslive"),
                "post": invoking("PublicPagesFunctionAliaslive"),
            },
        }
    }

    assert dict(declared_routes(body)) == {
        "GET /api/members": "MembersFunctionAliaslive",
        "GET /book/{slug}": "PublicPagesFunctionAliaslive",
        "POST /book/{slug}": "PublicPagesFunctionAliaslive",
    }


def test_a_route_that_invokes_no_function_of_the_template_is_not_passed_over():
    body = {"paths": {"/elsewhere": {"get": integration("https://example.com/")}}}

    with pytest.raises(ValueError, match="get /elsewhere invokes no function"):
        dict(declared_routes(body))
