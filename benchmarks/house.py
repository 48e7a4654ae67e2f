"""``python -m benchmarks.house``: the size and the shape of the app, as counted in its source."""

import ast
import asyncio
import json
import os
import statistics
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import grimp

_ROOT = Path(__file__).parents[1]
_PET = json.dumps({"name": "Ada", "species": "cat", "owner_email": "ada@example.com"}).encode()


def _functions(paths: list[Path]) -> Iterator[int]:
    """Yield how many lines each function has, without its decorators and docstring."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                has_docstring = ast.get_docstring(node) is not None
                body = node.body[1:] if has_docstring else node.body
                yield (body[-1].end_lineno or 0) - body[0].lineno + 2 if body else 1


def _levels(graph: grimp.ImportGraph) -> int:
    """Return the length of the longest chain of imports."""
    depths: dict[str, int] = {}

    def depth(module: str) -> int:
        if module not in depths:
            below = graph.find_modules_directly_imported_by(module)
            depths[module] = 1 + max(map(depth, below), default=0)
        return depths[module]

    return max(map(depth, graph.modules))


async def _files_of_a_create() -> set[str]:
    """Return the app's files in which something runs for a create with key and owner, on SQLite."""
    from devhost.host import Host
    from devhost.http.requests import Request
    from devhost.worker.runtime import Worker

    host = Host(await Worker.load(_ROOT))
    files: set[str] = set()

    def note(frame: FrameType, _event: str, _argument: object) -> None:
        name = frame.f_code.co_filename
        if name.startswith((f"{_ROOT}/petstore", f"{_ROOT}/function_app")):
            files.add(name)

    for key in ("first", "second"):  # the first also builds the store
        files.clear()
        headers = [("content-type", "application/json"), ("idempotency-key", key)]
        threading.setprofile_all_threads(note)
        sys.setprofile(note)
        await host.handle(Request("POST", "/api/pets", headers, _PET))
        sys.setprofile(None)
        threading.setprofile_all_threads(None)
    return files


def _main() -> None:
    paths = [_ROOT / "function_app.py", *sorted((_ROOT / "petstore").rglob("*.py"))]
    lines = [len(path.read_text().splitlines()) for path in paths]
    functions = sorted(_functions(paths))
    graph = grimp.build_graph("petstore", exclude_type_checking_imports=True)
    print(f"modules                {len(paths)}")
    print(f"lines                  {sum(lines)}")
    print(f"longest module         {max(lines)} lines")
    print(f"lines of a function    median {statistics.median(functions):g}, ", end="")
    print(f"p90 {functions[len(functions) * 9 // 10]}")
    print(f"floors (import chain)  {_levels(graph)}")
    print(f"arrows (imports)       {graph.count_imports()}")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PETSTORE_SQLITE_PATH"] = f"{folder}/pets.db"
        files = asyncio.run(_files_of_a_create())
    passed = sum(len(Path(name).read_text().splitlines()) for name in files)
    print(f"files of a create      {len(files)}, {passed} lines")


_main()
