"""Which route of a deployment answers a path."""

import pytest

from patternlab.local.apigateway.routes import Route, find_route


def route(path, method="GET"):
    return Route(path, path, method, "NONE", "AWS_PROXY", "", "POST")


ROUTES = [
    route("/{proxy+}", "ANY"),
    route("/users/{id}"),
    route("/"),
    route("/users"),
    route("/users/me"),
    route("/users/{id}/orders/{order}"),
    route("/files/{path+}"),
]


@pytest.mark.parametrize(
    ("path", "expected", "parameters"),
    [
        ("/", "/", {}),
        ("/users", "/users", {}),
        ("/users/", "/users", {}),
        ("/users/me", "/users/me", {}),
        ("/users/7", "/users/{id}", {"id": "7"}),
        ("/users/a%2Fb", "/users/{id}", {"id": "a/b"}),
        ("/users/7/orders/8", "/users/{id}/orders/{order}", {"id": "7", "order": "8"}),
        ("/files/a/b.txt", "/files/{path+}", {"path": "a/b.txt"}),
        ("/files", "/{proxy+}", {"proxy": "files"}),
        ("/orders/9", "/{proxy+}", {"proxy": "orders/9"}),
    ],
)
def test_the_resource_that_is_most_exact_answers(path, expected, parameters):
    found, given = find_route(ROUTES, "GET", path)
    assert (found.path, given) == (expected, parameters)


def test_a_method_that_the_resource_lacks_is_not_looked_for_elsewhere():
    assert find_route(ROUTES, "POST", "/users/7") is None
    assert find_route(ROUTES, "POST", "/orders")[0].method == "ANY"


def test_a_method_that_is_named_goes_before_any():
    routes = [route("/a", "ANY"), route("/a", "GET")]
    assert find_route(routes, "GET", "/a")[0].method == "GET"
    assert find_route(routes, "PUT", "/a")[0].method == "ANY"


def test_nothing_matches_nothing():
    assert find_route([], "GET", "/") is None
    assert find_route([route("/users/{id}")], "GET", "/users") is None
