"""wapiti attacks the running API, every operation that the document describes."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, override
from urllib.parse import parse_qs, urlsplit

import pytest

from openapi import document
from tests.api.tokens import bearer, token
from tests.e2e.server import Server
from tests.proof.python_tools import installed

pytestmark = pytest.mark.tools

# Left out: what attacks programs by name, other machines or TLS (cms, nikto, network_device, ssl),
# and what learns its result from a public server (ssrf, xxe, log4shell, spring4shell).
_MODULES = "crlf,exec,file,htaccess,ldap,methods,permanentxss,redirect,sql,upload,xss"
# Findings that are meant to be, each with its reason.
_REASONED = {"HTTP Methods": "OPTIONS names the methods of a path; that is in the document too"}


def _scan(url: str, folder: Path, *options: str) -> dict[str, Any]:
    """Attack what is below a URL of this machine, within bounds; return the report."""
    assert urlsplit(url).hostname == "127.0.0.1"
    report = folder / "report.json"
    subprocess.run(
        [
            installed("wapiti") / "wapiti",
            *(f"--url={url}", "--scope=folder", "--no-bugreport", "--flush-session"),
            *("--max-scan-time=60", "--max-attack-time=15", "--timeout=10", "--verbose=1"),
            *(f"--store-session={folder / 'session'}", f"--store-config={folder / 'config'}"),
            *("--format=json", f"--output={report}", *options),
        ],
        cwd=folder,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
        check=True,
        stdout=subprocess.PIPE,
        timeout=300,
    )
    found: dict[str, Any] = json.loads(report.read_text())
    return found


def _kinds(report: dict[str, Any]) -> dict[str, list[str]]:
    """Return where each kind of finding was found."""
    parts = ("vulnerabilities", "anomalies", "additionals")
    return {
        kind: [f"{one['method']} {one['path']} {one['parameter']} {one['info']}" for one in found]
        for part in parts
        for kind, found in report[part].items()
        if found
    }


_VALUES = {
    "name": "A",
    "species": "cat",
    "tag": "soft",
    "status": "available",
    "limit": 10,
    "sort": "created_at",
}


def _described(server: Server, folder: Path) -> Path:
    """Write the document as wapiti can use it: what it makes up of the rest is accepted.

    With a real pet, with whole parameters, without nulls, and without addresses.
    """
    pet = {"name": "Ada", "species": "cat"}
    status, created = server.call("POST", "/pets", pet, **bearer("ada"))
    assert status == 201
    described = json.loads(document.FILE.read_text(), object_hook=_without_null)
    described["servers"] = [{"url": server.api}]
    described["paths"] = {
        path.replace("{pet_id}", created["id"]): item for path, item in described["paths"].items()
    }
    known = described["components"]["parameters"].values()
    queries = {one["name"]: _query(one["name"]) for one in known if one["name"] in _VALUES}
    for operation in (one for path in described["paths"].values() for one in path.values()):
        names = [one["$ref"].rpartition("/")[2] for one in operation.get("parameters", [])]
        operation["parameters"] = [queries[name] for name in names if name in queries]
    for schema in described["components"]["schemas"].values():
        for name in ("owner_email", "contact_email", "photo_urls"):
            schema.get("properties", {}).pop(name, None)
    path = folder / "openapi.json"
    path.write_text(json.dumps(described))
    return path


def _query(name: str) -> dict[str, Any]:
    kind = "integer" if isinstance(_VALUES[name], int) else "string"
    return {"name": name, "in": "query", "schema": {"type": kind, "default": _VALUES[name]}}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    either = schema.get("anyOf", [])
    return either[0] if either[1:] == [{"type": "null"}] else schema


def test_the_api(server: Server, tmp_path: Path) -> None:
    """Nothing is found, but for what is reasoned above; every path was attacked."""
    swagger = _described(server, tmp_path)
    as_ada = f"--jwt={token('ada')}"
    report = _scan(f"{server.api}/", tmp_path, f"--swagger={swagger}", as_ada, f"-m={_MODULES}")
    found = _kinds(report)
    assert {kind: where for kind, where in found.items() if kind not in _REASONED} == {}
    assert report["suppressed_findings"] == {}
    log = server.log.read_text()
    for path in json.loads(swagger.read_text())["paths"]:
        assert f" /api{path} " in log
    # Attacks in bodies are kept as the texts that they are.
    assert log.count(" POST /api/pets 201 ") > 100


class _Careless(BaseHTTPRequestHandler):
    """Shows a part of the URL as it is."""

    def do_GET(self) -> None:
        """Answer with a page."""
        name = parse_qs(urlsplit(self.path).query, keep_blank_values=True).get("name", [""])[0]
        page = f"<html><body><a href='/?name=x'>again</a> Hello {name}</body></html>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@contextmanager
def _careless_server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Careless) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_planted_fault(tmp_path: Path) -> None:
    """A server that shows a parameter as it is has cross-site scripting."""
    with _careless_server() as url:
        found = _kinds(_scan(url, tmp_path, "-m=xss", f"--start={url}?name=x"))
    assert any("Cross Site Scripting" in kind for kind in found), found
