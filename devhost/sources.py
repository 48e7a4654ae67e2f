"""An app's source files: where its functions stand, and what Python has compiled of them."""

import ast
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path

_GENERATED = {"__pycache__", "node_modules", "site-packages"}
_ENVIRONMENT = "pyvenv.cfg"  # the file that makes a folder a virtual environment
_FRAMEWORKS = {"AsgiFunctionApp", "WsgiFunctionApp"}
_DOUBT = 2.0  # seconds; some file systems count in twos
_THEIR_FUNCTION = "http_app_func"


def is_own(folder: str, names: Iterable[str]) -> bool:
    """Return whether a folder holds an app's own files, and not installed or generated ones.

    Args:
        folder: its name.
        names: what is in it.
    """
    return not folder.startswith(".") and folder not in _GENERATED and _ENVIRONMENT not in names


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


def check_syntax(files: Iterable[Path]) -> None:
    """Compile those of some files that are Python.

    What Python has compiled of them before is deleted, whatever its age: a file that is copied with
    its time may be older than its bytecode.

    Raises:
        SyntaxError: with file and line.
    """
    for file in files:
        if file.suffix == ".py":
            _check(file)
            Path(cache_from_source(file)).unlink(missing_ok=True)


def delete_doubtful_bytecode(folder: Path) -> None:
    """Delete what Python has compiled of an app's files so soon that it may be of older ones.

    Python tells a file's versions apart by whole seconds and size alone: of two that were saved in
    one second, it may take the first one's bytecode for the second. Bytecode that goes by a hash,
    as a package to deploy has it, is kept (PEP 552).
    """
    for file in _files(folder):
        bytecode = Path(cache_from_source(file))
        with suppress(OSError):  # not there, or not ours to delete
            age = bytecode.stat().st_mtime - file.stat().st_mtime
            if age < _DOUBT and _goes_by_time(bytecode):
                bytecode.unlink()


def _goes_by_time(bytecode: Path) -> bool:
    with bytecode.open("rb") as opened:
        return opened.read(8)[4:] == bytes(4)


def _check(file: Path) -> None:
    try:
        source = file.read_bytes()
    except OSError:  # deleted
        return
    with warnings.catch_warnings(action="ignore"):
        try:
            compile(source, file, "exec", dont_inherit=True)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(str(error), (str(file), 1, 1, "")) from None
        except SyntaxError as error:
            error.filename = error.filename or str(file)
            raise


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
        folders.sort()
        if root != str(folder) and not is_own(Path(root).name, names):
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
