"""host.json's logLevel: which lines are printed, by the rules of .NET's logging."""

import logging
from pathlib import Path

import pytest

from devhost.levels import Levels, category_of, user_category_of
from tests.devhost.running import running
from tests.tree import need_dev_host

need_dev_host()
_SOURCE = """import logging
import threading
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

def write(name):
    for level in ("debug", "info", "warning"):
        getattr(logging.getLogger("words"), level)("%s says %s", name, level)

@app.route("loud")
async def loud(req: func.HttpRequest) -> func.HttpResponse:
    write("loud")
    return func.HttpResponse("x", status_code=int(req.params.get("status", 200)))

@app.route("calm")
def calm(req: func.HttpRequest) -> func.HttpResponse:
    write("calm")
    return func.HttpResponse("x")

@app.route("outside")
def outside(req: func.HttpRequest) -> func.HttpResponse:
    thread = threading.Thread(target=write, args=["thread"])
    thread.start()
    thread.join()
    return func.HttpResponse("x")
"""


@pytest.mark.parametrize(
    ("rules", "function", "level"),
    [
        ({}, "a", logging.INFO),
        ({"default": "warning"}, "a", logging.WARNING),
        ({"Default": "warning", "FUNCTION": "error"}, "a", logging.ERROR),
        ({"function": "error", "Function.a": "debug"}, "a", logging.DEBUG),
        ({"function": "error", "Function.a": "debug"}, "b", logging.ERROR),
        # Beginnings count letter by letter, not part by part.
        ({"Func": "trace"}, "a", logging.NOTSET),
        ({"Function.*.User": "error", "Function.": "trace"}, "a", logging.ERROR),
        ({"Function.a.User.x": "error"}, "a", logging.INFO),
        ({"default": "none"}, "a", logging.CRITICAL + 1),
    ],
)
def test_the_longest_rule_counts(rules: dict[str, str], function: str, level: int) -> None:
    """A rule is the beginning of a category, in any case, or both ends around a star."""
    assert Levels(tuple(rules.items())).least(user_category_of(function)) == level


def test_the_lowest() -> None:
    """Records are made down to the lowest level that any rule lets through."""
    assert Levels().lowest() == logging.INFO
    assert Levels((("a", "error"),)).lowest() == logging.INFO
    assert Levels((("default", "error"), ("a", "debug"))).lowest() == logging.DEBUG
    assert category_of("a") in user_category_of("a")


def _print(folder: Path, levels: str, *arguments: str, **variables: str) -> str:
    """Serve an app with these levels, call its functions; return what is printed."""
    (folder / "function_app.py").write_text(_SOURCE)
    (folder / "host.json").write_text(f'{{"version": "2.0", "logging": {{"logLevel": {levels}}}}}')
    with running(folder, *arguments, group=False, **variables) as host:
        for path in ("loud", "loud?status=503", "calm", "outside"):
            host.get(f"/api/{path}")
        return host.printed + host.stop()


def test_a_level_of_one_function(tmp_path: Path) -> None:
    """A function's lines and records follow its own rule, be it blocking or not."""
    printed = _print(tmp_path, '{"Function": "Warning", "Function.calm": "Debug"}')
    assert "loud says warning" in printed
    assert "loud says info" not in printed
    assert "GET /api/loud 200" not in printed
    assert "GET /api/loud?status=503 503" in printed
    assert "DEBUG words: calm says debug" in printed
    assert "GET /api/calm 200" in printed


def test_nothing_is_said_of_calls(tmp_path: Path) -> None:
    """With None only the host's own lines are left."""
    printed = _print(tmp_path, '{"default": "None"}')
    assert " says " not in printed
    assert "GET " not in printed
    assert "Listening on" in printed


def test_records_outside_of_a_call(tmp_path: Path) -> None:
    """What Azure's log would not have is marked, whatever the level of functions."""
    printed = _print(tmp_path, '{"Function": "None"}')
    assert "thread says info  [outside of an invocation: not in Azure's log]" in printed
    assert "loud says" not in printed


@pytest.mark.parametrize(
    ("arguments", "variables", "is_printed"),
    [
        ([], {}, True),
        ([], {"PYTHON_ENABLE_DEBUG_LOGGING": "0"}, False),
        (["--quiet"], {}, False),
    ],
)
def test_debug_records(
    tmp_path: Path, arguments: list[str], variables: dict[str, str], *, is_printed: bool
) -> None:
    """Debug records need a level of host.json and, as on the real worker, the variable."""
    printed = _print(tmp_path, '{"default": "Trace"}', *arguments, **variables)
    assert ("loud says debug" in printed) == is_printed
    assert "loud says warning" in printed


def test_verbose_wins(tmp_path: Path) -> None:
    """--verbose prints everything, whatever host.json says."""
    printed = _print(tmp_path, '{"default": "None"}', "--verbose", "--mute", "words")
    assert "calm says debug" in printed
    assert "GET /api/calm 200" in printed


def test_a_muted_logger(tmp_path: Path) -> None:
    """--mute keeps a logger's warnings, and the records of all other loggers."""
    printed = _print(tmp_path, "{}", "--mute", "words")
    assert "loud says info" not in printed
    assert "thread says info" not in printed
    assert "loud says warning" in printed
    assert "calm says info" in _print(tmp_path, "{}", "--mute", "word", "--mute", "words.more")
