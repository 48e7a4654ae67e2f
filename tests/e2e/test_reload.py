"""The API itself is reloaded: its modules that are imported late, and its pets on SQLite."""

import json
import shutil
from pathlib import Path

from tests.devhost.running import Running, running
from tests.tree import ROOT, need_dev_host

need_dev_host()


def _copy_app(folder: Path) -> Path:
    app = folder / "app"
    app.mkdir()
    for name in ("function_app.py", "host.json"):
        shutil.copy(ROOT / name, app)
    unneeded = shutil.ignore_patterns("__pycache__", "swagger-ui")
    shutil.copytree(ROOT / "petstore", app / "petstore", ignore=unneeded)
    return app


def _create(host: Running, name: str) -> bytes:
    body = json.dumps({"name": name, "species": "cat"}).encode()
    head = b"POST /api/pets HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    head += b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    return host.exchange(head + body)


def test_a_module_that_is_imported_late(tmp_path: Path) -> None:
    """A mistake in what only a write imports is named at once; after a write, writes go on."""
    app = _copy_app(tmp_path)
    models = app / "petstore/models.py"
    good = models.read_text()
    with running(app, PETSTORE_SQLITE_PATH=str(tmp_path / "pets.db")) as host:
        assert _create(host, "Eve").startswith(b"HTTP/1.1 201")
        models.write_text(good + "\nclass Late(\n")
        line = host.read_until("Not reloaded").splitlines()[-1]
        assert f"petstore/models.py:{good.count('\n') + 2}: SyntaxError: " in line
        assert _create(host, "Ada").startswith(b"HTTP/1.1 201")
        models.write_text(good)
        host.read_until("Reloaded in")
        assert _create(host, "Bob").startswith(b"HTTP/1.1 201")
        pets = json.loads(host.get("/api/pets").partition(b"\r\n\r\n")[2])
        assert {pet["name"] for pet in pets["data"]} == {"Ada", "Bob", "Eve"}
        host.stop()
