"""Finds an app's functions in its source files."""

import ast
import os
from collections.abc import Callable, Iterator
from pathlib import Path

# Folders of installed and generated files; so are those whose names begin with a dot.
_SKIPPED = {"__pycache__", "node_modules", "site-packages"}
_FRAMEWORKS = {"AsgiFunctionApp", "WsgiFunctionApp"}
_THEIR_FUNCTION = "http_app_func"


def place_of(folder: Path, function: str) -> str:
    """Return file and line of a function's handler, or else of a text that is its name.

    ``function_app.py`` is searched first, then the other files of the app, such as blueprints.
    """
    trees = list(_trees(folder))
    for find in _FINDERS:
        for file, tree in trees:
            if (line := find(tree, function)) is not None:
                return f"{file}:{line}"
    return str(folder / "function_app.py")


def _trees(folder: Path) -> Iterator[tuple[Path, ast.Module]]:
    for file in _files(folder):
        try:
            yield file, ast.parse(file.read_bytes())
        except (OSError, ValueError, SyntaxError, RecursionError):
            continue


def _files(folder: Path) -> Iterator[Path]:
    first = folder / "function_app.py"
    yield first
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name not in _SKIPPED
        )
        if "pyvenv.cfg" in names:
            folders.clear()
            continue
        files = (Path(root, name) for name in sorted(names) if name.endswith(".py"))
        yield from (file for file in files if file != first)


def _handler_line(tree: ast.Module, function: str) -> int | None:
    """Return the line of the handler; of the last one, where there are several."""
    handlers = (
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    lines = [node.lineno for node in handlers if _function_name(node) == function]
    return max(lines, default=None)


def _function_name(handler: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return the name that a decorator sets, or else the handler's own."""
    for decorator in handler.decorator_list:
        match decorator:
            case ast.Call(
                func=ast.Attribute(attr="function_name"),
                args=[ast.Constant(value=str(name))],
            ):
                return name
            case ast.Call(
                func=ast.Attribute(attr="function_name"),
                keywords=[ast.keyword(value=ast.Constant(value=str(name)))],
            ):
                return name
    return handler.name


def _text_line(tree: ast.Module, function: str) -> int | None:
    """Return the line of a text that is the name, as in a list of names."""
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return min((node.lineno for node in texts if node.value == function), default=None)


def _framework_line(tree: ast.Module, function: str) -> int | None:
    """Return the line where a web framework's app is wrapped, whose handler is not in the app."""
    if function != _THEIR_FUNCTION:
        return None
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return next((node.lineno for node in calls if _callee(node) in _FRAMEWORKS), None)


def _callee(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


_FINDERS: tuple[Callable[[ast.Module, str], int | None], ...] = (
    _handler_line,
    _text_line,
    _framework_line,
)
