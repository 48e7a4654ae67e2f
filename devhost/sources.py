"""Where an app's functions stand in its files, as far as the text tells."""

import ast
import os
from collections.abc import Callable, Iterator
from pathlib import Path

# Folders of installed and generated files; so are those whose names begin with a dot.
_NOT_ITS_OWN = {"__pycache__", "node_modules", "site-packages"}
_FRAMEWORKS = {"AsgiFunctionApp", "WsgiFunctionApp"}
_THEIR_FUNCTION = "http_app_func"


def place_of(folder: Path, function: str) -> str:
    """Return file and line of a function's handler, or of the closest that tells its name.

    ``function_app.py`` is looked at first, then the other files of the app, such as blueprints.
    """
    trees = list(_trees(folder))
    for look in _LOOKS:
        for file, tree in trees:
            if (line := look(tree, function)) is not None:
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
            name for name in folders if not name.startswith(".") and name not in _NOT_ITS_OWN
        )
        if "pyvenv.cfg" in names:
            folders.clear()
            continue
        files = (Path(root, name) for name in sorted(names) if name.endswith(".py"))
        yield from (file for file in files if file != first)


def _handler(tree: ast.Module, function: str) -> int | None:
    """Return the line of the handler; of the last one, where there are several."""
    handlers = (
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    lines = [node.lineno for node in handlers if _given_name(node) == function]
    return max(lines, default=None)


def _given_name(handler: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return the name that a decorator gives, else the handler's own."""
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


def _text(tree: ast.Module, function: str) -> int | None:
    """Return the line of a text that is the name, as in a list of names."""
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return min((node.lineno for node in texts if node.value == function), default=None)


def _framework(tree: ast.Module, function: str) -> int | None:
    """Return the line where a web framework's app is wrapped, whose handler is not in the app."""
    if function != _THEIR_FUNCTION:
        return None
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return next((node.lineno for node in calls if _called(node) in _FRAMEWORKS), None)


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


_LOOKS: tuple[Callable[[ast.Module, str], int | None], ...] = (_handler, _text, _framework)
