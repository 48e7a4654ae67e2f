"""What the real host refuses is refused: with file, line, reason and cure, and exit code 1."""

from pathlib import Path

import pytest

from devhost import host_json
from devhost.loose_json import SettingsError
from tests.devhost.running import check

pytest.importorskip(
    "azure_functions_runtime", reason="SKIPPED: the dev host runs on Python 3.13 and later"
)

_HEAD = """import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
"""
_GOOD = """@app.route("good")
def good(req: func.HttpRequest) -> str:
    return "good"
"""
_HOST = '{\n  "version": "2.0"\n}'


def _app(folder: Path, source: str = _GOOD, host: str = _HOST) -> Path:
    (folder / "function_app.py").write_text(_HEAD + source)
    (folder / "host.json").write_text(host)
    return folder


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        (_GOOD.replace('"good")', '"/good")'), 4, ["/api//good", "Write it as 'good'"]),
        (_GOOD.replace('"good")', '"{a}{b}")'), 4, ["two parameters", "Correct the template"]),
        (_GOOD.replace('"good")', '"{a:nosuch}")'), 4, ["no route constraint 'nosuch'"]),
        (f"{_GOOD}{_GOOD.replace('good', 'Good')}", 7, ["good and Good", "Rename one"]),
    ],
)
def test_routes_and_names(tmp_path: Path, source: str, line: int, words: list[str]) -> None:
    """A route or name that keeps the real host from starting is reported with its line and cure."""
    result = check(_app(tmp_path, source))
    assert result.returncode == 1
    assert f"{tmp_path / 'function_app.py'}:{line}: " in result.stderr
    assert all(word in result.stderr for word in ["the real host does not start", *words])


def test_the_host_does_not_start_either(tmp_path: Path) -> None:
    """Without ``--check`` the same fault ends the start."""
    result = check(_app(tmp_path, _GOOD.replace('"good")', '"a//b")')), "--port", "0")
    assert result.returncode == 1
    assert "Write it as 'a/b'" in result.stderr
    assert "Listening" not in result.stdout


def test_a_route_of_a_blueprint(tmp_path: Path) -> None:
    """The line is found in the file of the blueprint, not in function_app.py."""
    (tmp_path / "more.py").write_text(
        "import azure.functions as func\nbp = func.Blueprint()\n"
        + _GOOD.replace("app.", "bp.").replace('"good")', '"/good")')
    )
    result = check(_app(tmp_path, "from more import bp\napp.register_functions(bp)\n"))
    assert result.returncode == 1
    assert f"{tmp_path / 'more.py'}:4: " in result.stderr


def test_a_framework_under_the_default_prefix(tmp_path: Path) -> None:
    """The line is where the framework's app is wrapped, and the cure is the empty prefix."""
    source = "async def web(scope, receive, send): ...\napp = func.AsgiFunctionApp(web)\n"
    result = check(_app(tmp_path, source))
    assert result.returncode == 1
    assert f"{tmp_path / 'function_app.py'}:4: " in result.stderr
    assert '"extensions": {"http": {"routePrefix": ""}}' in result.stderr


def test_a_name_that_is_left_out(tmp_path: Path) -> None:
    """A function that the real host leaves out fails the check, with line and cure."""
    source = _GOOD + '@app.function_name("my func")\n' + _GOOD.replace("good", "other")
    result = check(_app(tmp_path, source))
    assert result.returncode == 1
    assert f"{tmp_path / 'function_app.py'}:8: 'my func' is left out" in result.stderr
    assert "OK" not in result.stdout


def test_no_function(tmp_path: Path) -> None:
    """An app without functions is not OK."""
    result = check(_app(tmp_path, "def hello(req): ...\n"))
    assert (result.returncode, result.stdout.count("OK")) == (1, 0)
    assert "no function was found" in result.stderr


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('{"version": "1.0"}', 1, 'version must be the text "2.0"'),
        ('{/* two\nlines */\n"Version": 2}', 3, 'version must be the text "2.0"'),
        ('{"a": 1,\n"functionTimeout": "x"}', 2, 'a time like "00:05:00"'),
        ('{"functionTimeout": "00:00:00"}', 1, "at least"),
        ('{"functionTimeout": "-00:01:00"}', 1, "at least"),
        ('{"functionTimeout": true}', 1, "a time like"),
        ('{"logging": {\n"logLevel": {\n"default": "Loud"}}}', 3, "one of Trace, Debug"),
        ('{"extensions": {"http":\n{"maxConcurrentRequests": "x"}}}', 2, "a whole number"),
        ('{"extensions": {"http": {"maxOutstandingRequests": 1.5}}}', 1, "a whole number"),
        ('{"extensions": {"http": {"dynamicThrottlesEnabled": "x"}}}', 1, "true or false"),
        ('{"version": "2.0",\n"a": }', 2, "is not JSON"),
        ('{// comment\n"version": "2.0"', 2, "is not JSON"),
    ],
)
def test_host_json(tmp_path: Path, text: str, line: int, reason: str) -> None:
    """A value with which the real host does not start is reported with its line."""
    (tmp_path / "host.json").write_text(text)
    with pytest.raises(SettingsError, match=reason) as caught:
        host_json.read(tmp_path)
    assert f"{tmp_path / 'host.json'}:{line}" in str(caught.value)


@pytest.mark.parametrize("text", ["", " \n", "null", "[]", "7", '{"a": ' + "9" * 5000 + "}", None])
def test_no_host_json(tmp_path: Path, text: str | None) -> None:
    """A host.json that is missing or holds nothing is reported with the smallest that works."""
    if text is not None:
        (tmp_path / "host.json").write_text(text)
    with pytest.raises(SettingsError, match="the real host does not start") as caught:
        host_json.read(tmp_path)
    assert str(tmp_path / "host.json") in str(caught.value)
    assert '{"version": "2.0"}' in str(caught.value)


def test_a_variable_in_place_of_host_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a variable took the place of a value, the variable is named, not a line."""
    (tmp_path / "host.json").write_text("{}")
    monkeypatch.setenv("AzureFunctionsJobHost__functionTimeout", "x")
    with pytest.raises(SettingsError, match="the variable AzureFunctionsJobHost__functionTimeout"):
        host_json.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("-1", None),
        ("5", 432_000.0),
        ("00:05:00", 300.0),
        ("1.00:00:01", 86_401.0),
        ("00:30", 1_800.0),
    ],
)
def test_function_timeout(tmp_path: Path, text: str, seconds: float | None) -> None:
    """A timeout is read as .NET reads it: a single number counts days, -1 removes the limit."""
    (tmp_path / "host.json").write_text(f'{{"functionTimeout": "{text}"}}')
    assert host_json.read(tmp_path).function_timeout == seconds


def test_log_levels(tmp_path: Path) -> None:
    """Numbers are levels too; null, the empty text and sections are passed over."""
    levels = '{"a": "debug", "b": 3, "c": null, "d": "", "e": {"f": "x"}, "g": "Warning"}'
    (tmp_path / "host.json").write_text(f'{{"logging": {{"logLevel": {levels}}}}}')
    found = host_json.read(tmp_path).log_levels.rules
    assert found == (("a", "debug"), ("b", "warning"), ("g", "warning"))
