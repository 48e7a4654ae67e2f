"""Route constraints beyond the plain ones, and routes that an earlier one covers."""

import pytest

from devhost.http.constraints import constraint
from devhost.http.routing import Route, RouteTable


@pytest.mark.parametrize(
    ("text", "value", "passes"),
    [
        ("INT", "+7", True),
        ("long", "-9223372036854775808", True),
        ("long", "9223372036854775808", False),
        ("float", ".5", True),
        ("decimal", "1,000.5", True),
        ("decimal", "1e3", False),
        ("guid", "01a21067e32970008178705bd5872b9b", True),
        ("guid", "{01A21067-E329-7000-8178-705BD5872B9B}", True),
        ("guid", "01a2-1067e32970008178705bd5872b9b", False),
        ("datetime", "2026-11-25T10:00:00Z", True),
        ("datetime", "2026-13-01", False),
        ("required", " ", False),
        ("minlength(2)", "ab", True),
        ("min(18)", "18", True),
        ("range(1,5)", "five", False),
        ("regex(^[0-9]{{2}}$)", "42", True),
        ("regex(^[0-9]{{2}}$)", "422", False),
    ],
)
def test_constraints(text: str, value: str, passes: bool) -> None:  # noqa: FBT001
    """A constraint takes what ASP.NET's takes."""
    assert constraint(text).passes(value) is passes


@pytest.mark.parametrize("text", ["nosuch", "int(3)", "length", "length()", "range(a,b)", "min()"])
def test_wrong_constraints(text: str) -> None:
    """A constraint that is not there, or has wrong arguments, is refused."""
    with pytest.raises(ValueError, match=r"no route constraint|invalid literal"):
        constraint(text)


@pytest.mark.parametrize(
    ("earlier", "later", "covered"),
    [
        ("a/{x?}", "a", True),
        ("a/{x}", "a", False),
        ("a/{x}", "a/{y?}", False),
        ("a/{*x}", "a/{y?}", True),
        ("a/{*x}", "a", True),
        ("a/{*x:length(3)}", "a/abc", False),
        ("a/{x:int}", "a/7", True),
        ("a/{x:int}", "a/{y:int:min(3)}", True),
        ("a/{x:int:min(3)}", "a/{y:int}", False),
        ("a/{x}", "a/{*y}", False),
        ("a/{x}/b", "a/c/{y}", False),
        ("{x}/{y}", "a/b", True),
    ],
)
def test_covered_routes(earlier: str, later: str, covered: bool) -> None:  # noqa: FBT001
    """A later route is shadowed exactly when every path of it fits the earlier one."""
    first, second = (
        Route(name, text, frozenset()) for name, text in (("a", earlier), ("b", later))
    )
    assert RouteTable([first, second]).shadowed() == ([(second, first)] if covered else [])


def test_a_constrained_catch_all() -> None:
    """What catches all is held to its constraints, the empty rest included."""
    table = RouteTable([Route("f", "a/{*rest:minlength(3)}", frozenset())])
    found = {path: table.match("GET", f"/api/a{path}") is not None for path in ("", "/b", "/b/c")}
    assert found == {"": False, "/b": False, "/b/c": True}
