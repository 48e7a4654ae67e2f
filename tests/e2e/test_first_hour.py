"""What `make start` says to somebody who has never seen it: where to go, and what is wrong."""

import http.client
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.server import Server, started
from tests.tree import need_dev_host

need_dev_host()


def _get(server: Server, path: str, accept: str) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        connection.request("GET", path, headers={"Accept": accept})
        answer = connection.getresponse()
        return answer.status, answer.headers.get("location", ""), answer.read()
    finally:
        connection.close()


def _start(server: Server) -> list[str]:
    """Return the host's own lines of the start; the app's log may have lines between them."""
    own = ("Listening on ", "Open ", "NOT READY: ")
    return [line for line in server.log.read_text().splitlines() if line.startswith(own)]


def test_the_way_to_the_page(tmp_path: Path) -> None:
    """The link that is printed, the bare address and /docs all lead to the page; clients get links."""
    with started(tmp_path) as server:
        assert _start(server)[1] == f"Open {server.api}/docs in a browser."
        for path in ("/", "/docs"):
            assert _get(server, path, "text/html,*/*")[:2] == (303, "/api/docs")
            links = json.loads(_get(server, path, "*/*")[2])
            assert _get(server, links["functions"], "*/*")[0] == 200
            assert _get(server, links["page"], "*/*")[0] == 200
        assert b'rel="icon"' in _get(server, "/api/docs", "text/html")[2]


def test_an_empty_store(tmp_path: Path) -> None:
    """The file is named, and while it is empty how to fill it."""
    with started(tmp_path) as server:
        log = server.log.read_text()
        assert f"pets are kept in {tmp_path / 'pets.db'}" in log
        assert f"`make import FILE=samples/pets.csv PORT={server.port}`" in log
        assert "NOT READY" not in log
        assert server.call("POST", "/pets", {"name": "Ada", "species": "cat"})[0] == 201
    (tmp_path / "server.log").unlink()
    with started(tmp_path) as server:
        assert "make import" not in server.log.read_text()


def test_one_line_for_each_request(tmp_path: Path) -> None:
    """The app's own record of a request, which Azure has, does not stand next to the host's."""
    with started(tmp_path) as server:
        assert server.call("GET", "/pets?limit=7")[0] == 200
        server.interrupt()
    lines = server.log.read_text().splitlines()
    assert len([line for line in lines if "limit=7" in line]) == 1
    assert not [line for line in lines if '"route"' in line]


def test_a_misspelt_setting(tmp_path: Path) -> None:
    """A name that is almost a setting's is noticed."""
    with started(tmp_path, COSMOS_ENDPONT="https://a.documents.azure.com/") as server:
        assert "did you mean COSMOS_ENDPOINT?" in server.log.read_text()


def _place_folder(path: Path) -> None:
    path.mkdir()


def _place_text(path: Path) -> None:
    path.write_text("damaged " * 100)


def _place_songs(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.execute("CREATE TABLE songs (title)")


@pytest.mark.parametrize("place", [_place_folder, _place_text, _place_songs])
def test_a_file_that_is_not_ours(tmp_path: Path, place: object) -> None:
    """What stands where the store's file should be is the last line, with path and remedy."""
    assert callable(place)
    place(tmp_path / "pets.db")
    with started(tmp_path) as server:
        last = _start(server)[2]
    assert last.startswith("NOT READY: /api/health/ready answers 503: ")
    assert str(tmp_path / "pets.db") in last
    assert "PETSTORE_SQLITE_PATH" in last


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"COSMOS_ENDPOINT": "https://127.0.0.1:9/"}, ["COSMOS_KEY", "az login", "127.0.0.1:9"]),
        ({"COSMOS_ENDPOINT": "https://127.0.0.1:9/", "COSMOS_KEY": "eA=="}, ["127.0.0.1:9"]),
        ({"SMTP_URL": "x", "WARM_UP": "x"}, ["SMTP_URL must be", "WARM_UP must be"]),
    ],
)
def test_settings_that_do_not_work(
    tmp_path: Path, settings: dict[str, str], words: list[str]
) -> None:
    """An account without credential or connection, and wrong settings, are the last line too."""
    with started(tmp_path, AZURE_CONFIG_DIR=str(tmp_path), **settings) as server:
        last = _start(server)[2]
        printed = server.log.read_text()
    assert last.startswith("NOT READY: ")
    assert all(word in last for word in words), last
    # Once more at most: in the record that a deployed app's log has too.
    assert printed.count(last.partition(" 503: ")[2].rstrip(".")) <= 2
