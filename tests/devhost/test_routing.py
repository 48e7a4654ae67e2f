"""Route templates and their order."""

from collections.abc import Iterable

import pytest

from devhost.http.routing import Route, RouteTable, resolve_dots
from devhost.worker.functions import StartError


def _route(template: str, name: str = "f", methods: Iterable[str] = ()) -> Route:
    return Route(name, template, frozenset(methods))


def _match(template: str, path: str) -> dict[str, str] | None:
    found = RouteTable([_route(template)]).match("GET", f"/api/{path}")
    return found[1] if found else None


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("pets", "pets", {}),
        ("pets", "PETS/", {}),
        ("pets", "pets//", None),
        ("pets", "pet", None),
        ("pets/{id}", "pets/1", {"id": "1"}),
        ("pets/{id}", "pets/", None),
        ("pets/{id}/x", "pets/1/X", {"id": "1"}),
        ("{a?}", "", {}),
        ("{a?}", "1", {"a": "1"}),
        ("{*rest}", "", {}),
        ("{*rest}", "a/b//c/", {"rest": "a/b//c/"}),
        ("x/{*rest}", "x", {}),
        ("{n:int}", "-1", {"n": "-1"}),
        ("{n:int}", "2147483648", None),
        ("{n:int}", "9" * 5000, None),
        ("{n:int}", "٣", None),
        ("{n:long}", "2147483648", {"n": "2147483648"}),
        (
            "{n:guid}",
            "01a21067-e329-7000-8178-705bd5872b9b",
            {"n": "01a21067-e329-7000-8178-705bd5872b9b"},
        ),
        ("{n:guid}", "x", None),
        ("{n:bool}", "TRUE", {"n": "TRUE"}),
        ("{n:bool}", "1", None),
        ("{n:alpha}", "abc", {"n": "abc"}),
        ("{n:alpha}", "a1", None),
        ("{n:double}", "1.5e3", {"n": "1.5e3"}),
        ("{n:decimal}", "x", None),
        ("{n:length(2)}", "ab", {"n": "ab"}),
        ("{n:length(2)}", "abc", None),
        ("{n:length(2,3)}", "abc", {"n": "abc"}),
        ("{n:minlength(2)}", "a", None),
        ("{n:maxlength(2)}", "abc", None),
        ("{n:min(18)}", "17", None),
        ("{n:max(18)}", "18", {"n": "18"}),
        ("{n:range(1,5)}", "6", None),
        ("{n:regex(^a+$)}", "aaa", {"n": "aaa"}),
        ("{n:regex(^a+$)}", "ab", None),
        ("{n:int:min(5)}", "4", None),
        ("files/{name}.html", "files/a.b.html", {"name": "a.b"}),
        ("files/{name}.html", "files/A.HTML", {"name": "A"}),
        ("files/{name}.html", "files/.html", None),
        ("{a}-{b}", "x-y-z", {"a": "x-y", "b": "z"}),
        ("{a:int}-{b}", "x-y", None),
        # The two examples of ASP.NET's documentation.
        ("a{b}c{d}", "abcd", {"b": "b", "d": "d"}),
        ("a{b}c{d}", "aabcd", None),
        ("x{a}", "xaxb", None),
        ("{a}x", "axbx", {"a": "axb"}),
        ("{a}x", "ax/", {"a": "a"}),
        ("{name}.{ext?}", "a.", None),
        ("{name}.{ext?}", "a.b.c", {"name": "a.b", "ext": "c"}),
        (".{ext?}", "x", None),
        ("{a:regex(b/c)}", "b", None),
        ("{a:regex(^(?<n>b)$)}", "b", {"a": "b"}),
        ("{a:file}", "b.c", {"a": "b.c"}),
        ("{a:file}", "b.", None),
        ("{a:nonfile}", "b", {"a": "b"}),
        ("{a:int=x}", "", None),
        ("straße/{a}", "STRAßE/b", {"a": "b"}),
        ("strasse", "straße", None),
        ("x/{*rest}", "x//y", None),
        ("a/", "a", {}),
        ("v{major:int}", "v12", {"major": "12"}),
        ("{name}.{ext?}", "a.b", {"name": "a", "ext": "b"}),
        ("{name}.{ext?}", "a", {"name": "a"}),
        ("{a=5}", "", {"a": "5"}),
        ("{a=5}", "7", {"a": "7"}),
        ("{a:int=5}/{b=x}", "3", {"a": "3", "b": "x"}),
        ("{*rest=none}", "", {"rest": "none"}),
        ("{{a}}", "{a}", {}),
        ("{n:regex(^a/b$)}", "a", None),
    ],
)
def test_templates(template: str, path: str, values: dict[str, str] | None) -> None:
    """Templates match as ASP.NET's do."""
    assert _match(template, path) == values


@pytest.mark.parametrize(
    "template",
    [
        *("{a}{b}", "{", "}", "a}", "{a", "{}", "{a:nosuch}", "{a:length}", "{a:length}x", "{a/b}"),
        *("{a}/{A}", "{*a}/b", "{*a}.b", "{*a?}", "{a=5?}", "a.{b?}", "{b?}.a", "a?b"),
    ],
)
def test_templates_that_cannot_be_read(template: str) -> None:
    """A template that ASP.NET refuses keeps the real host from starting, and this one too."""
    with pytest.raises(StartError) as caught:
        RouteTable([_route(template, "bad"), _route("good", "good")])
    assert caught.value.function == "bad"


def test_a_pattern_of_dotnet_only() -> None:
    """A pattern that .NET reads and Python does not puts one function in error."""
    table = RouteTable([_route(r"{a:regex(^\p{{L}}$)}", "bad"), _route("good", "good")])
    assert [route.function for route, _ in table.refused] == ["bad"]
    assert table.match("GET", "/api/good") is not None


@pytest.mark.parametrize(
    ("prefix", "template", "reason"),
    [
        ("api", "/hello", "empty part"),
        ("api", "a//b", "empty part"),
        ("", "//a", "empty part"),
        ("api", "/{*route}", "AsgiFunctionApp"),
        ("/v1/", "a", "routePrefix '/v1/'.* as 'v1'"),
        ("v1/", "a", "routePrefix"),
        ("v1//x", "a", "routePrefix.* as 'v1/x'"),
        ("/", "a", "routePrefix"),
        ("api", "/hello", "as 'hello'"),
        ("api", "a//b", "as 'a/b'"),
    ],
)
def test_routes_with_which_the_real_host_does_not_start(
    prefix: str, template: str, reason: str
) -> None:
    """An empty part of a route is refused at the start, with the cure."""
    with pytest.raises(StartError, match=reason):
        RouteTable([_route(template)], prefix)


def test_a_leading_slash_under_the_empty_prefix() -> None:
    """Under the empty prefix a leading slash does no harm."""
    assert RouteTable([_route("/hello")], "").match("GET", "/hello") is not None


def test_order_is_by_function_name() -> None:
    """The first function by name wins, not the more special route; case makes no difference."""
    table = RouteTable([_route("items/search", "items_search"), _route("items/{id}", "Items_one")])
    found = table.match("GET", "/api/items/search")
    assert found is not None
    assert found[0].function == "Items_one"


def test_a_wrong_method_is_passed_over() -> None:
    """A route whose methods do not fit leaves the request to the next."""
    table = RouteTable([_route("a", "a", ["GET"]), _route("{*path}", "b")])
    found = table.match("PUT", "/api/a")
    assert found is not None
    assert found[0].function == "b"


@pytest.mark.parametrize(
    ("prefix", "path", "found"),
    [
        *(("api", "/a", False), ("", "/a", True), ("v1/x", "/V1/X/a", True)),
        *(("api", "/apia", False), ("/v1", "/v1/a", True), ("{tenant}/v1", "/me/v1/a", True)),
    ],
)
def test_prefix(prefix: str, path: str, found: bool) -> None:  # noqa: FBT001
    """The prefix stands before each route; an empty one before none."""
    assert (RouteTable([_route("a")], prefix).match("GET", path) is not None) is found


@pytest.mark.parametrize(
    ("earlier", "later", "shadowed"),
    [
        (_route("items/{id}", "a"), _route("items/search", "b"), True),
        (_route("items/{id}", "a", ["GET"]), _route("items/search", "b", ["GET"]), True),
        (_route("items/{id}", "a", ["GET"]), _route("items/search", "b"), False),
        (_route("items/{id}", "a", ["PUT"]), _route("items/search", "b", ["GET"]), False),
        (_route("items/{id:int}", "a"), _route("items/search", "b"), False),
        (_route("items/search", "a"), _route("items/{id}", "b"), False),
        (_route("items/{x}", "a"), _route("items/{y}", "b"), True),
        (_route("{*path}", "a"), _route("items/{y}", "b"), True),
        (_route("{*path}", "a"), _route("items/{*y}", "b"), True),
        (_route("items/{y}", "a"), _route("{*path}", "b"), False),
        (_route("items/{y:int}", "a"), _route("items/{x:int}", "b"), True),
        (_route("items/{y}", "a"), _route("items/{y:int}", "b"), True),
        (_route("items/{y:int}", "a"), _route("items/{y}", "b"), False),
    ],
)
def test_shadowed(earlier: Route, later: Route, shadowed: bool) -> None:  # noqa: FBT001
    """A route that no request can reach is reported, with the one that takes its requests."""
    found = RouteTable([later, earlier]).shadowed()
    assert found == ([(later, earlier)] if shadowed else [])


@pytest.mark.parametrize("template", ["admin/x", "Administrators", "runtime"])
def test_reserved_routes(template: str) -> None:
    """What begins like the host's own paths is refused by the real host."""
    table = RouteTable([_route(template)])
    assert (len(table.refused), table.routes) == (1, [])


def test_the_same_route_twice() -> None:
    """Of two functions that claim one method of one route the later one is refused."""
    table = RouteTable([_route("a", "x", ["GET"]), _route("A", "y", ["GET", "PUT"])])
    assert [route.function for route, _ in table.refused] == ["y"]


@pytest.mark.parametrize(
    ("path", "resolved"),
    [
        ("/a/../b", "/b"),
        ("/a/./b", "/a/b"),
        ("/../..", "/"),
        ("/a/..", "/"),
        ("/a/.", "/a/"),
        ("/a//b", "/a//b"),
    ],
)
def test_dots(path: str, resolved: str) -> None:
    """Dot segments are resolved (RFC 3986, 5.2.4)."""
    assert resolve_dots(path) == resolved
