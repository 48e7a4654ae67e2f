"""The import into the real local server, as a user does it."""

import csv
import json
import re
import signal
import time
import urllib.request
from pathlib import Path
from typing import Any

import jwt

from tests.e2e.server import Server, started
from tests.importer.running import begin, pets_file, refused_of, run_import, until, wait_for_end
from tests.tree import ROOT, need_dev_host

need_dev_host()

_SECRET = "for this test only, and 32 bytes long"  # noqa: S105
_SAMPLE = ROOT / "samples/pets.csv"
_MADE = "POST /api/pets 201"


def _token(secret: str = _SECRET) -> str:
    claims = {"user_id": "ada", "exp": int(time.time()) + 300}
    return jwt.encode(claims, secret, algorithm="HS256")


def _all_pets(server: Server, path: str = "/pets", token: str = "") -> list[dict[str, Any]]:
    pets, cursor = [], ""
    while True:
        request = urllib.request.Request(f"{server.api}{path}?limit=100{cursor}")  # noqa: S310
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            page = json.load(answer)
        pets += page["data"]
        if not page["has_more"]:
            return pets
        cursor = f"&cursor={page['next_cursor']}"


def _copy(folder: Path) -> Path:
    path = folder / "pets.csv"
    path.write_bytes(_SAMPLE.read_bytes())
    return path


def _expected(row: dict[str, str]) -> dict[str, Any]:
    lists = {name: row[name].split(";") if row[name] else [] for name in ("tags", "photo_urls")}
    given = {name: cell or None for name, cell in row.items()}
    return {**given, **lists, "status": row["status"] or "available"}


async def test_the_sample(tmp_path: Path) -> None:
    """The sample creates its 200 pets with all their members, owned by the token's user, once."""
    path = _copy(tmp_path)
    with started(tmp_path, JWT_SECRET=_SECRET) as server:
        first = await run_import(path, server.api, token=_token())
        assert (first.code, first.counts) == (0, (200, 0, 0))
        again = await run_import(path, server.api, token=_token())
        assert (again.code, again.counts) == (0, (0, 200, 0))
        made = _all_pets(server, "/me/pets", _token())
    with _SAMPLE.open(encoding="utf-8", newline="") as file:
        rows = {row["name"]: _expected(row) for row in csv.DictReader(file)}
    assert len(made) == len(rows) == 200
    for pet in made:
        kept = {name: value for name, value in pet.items() if name in rows[pet["name"]]}
        assert kept == rows[pet["name"]]


async def test_tokens(tmp_path: Path) -> None:
    """Without a valid token the run stops at once, and the next one with it creates everything."""
    path = _copy(tmp_path)
    with started(tmp_path, JWT_SECRET=_SECRET) as server:
        for token in ("", _token("another secret that is also 32 bytes")):
            run = await run_import(path, server.api, token=token)
            assert (run.code, run.counts) == (2, (0, 0, 0))
            assert "answered 401" in run.err
            assert "PETSTORE_TOKEN" in run.err
        assert (await run_import(path, server.api, token=_token())).counts == (200, 0, 0)


async def test_killed_and_run_again(tmp_path: Path) -> None:
    """Killed at any moment, again and again, the import creates every row once in the end."""
    path = tmp_path / "pets.csv"
    names = [f"P{number // 2}" for number in range(300)]  # each one twice
    path.write_text("name,species\n" + "".join(f"{name},cat\n" for name in names))
    with started(tmp_path) as server:
        for goal in (1, 60, 140, 220):  # what is there is answered first, each time
            process = await begin(path, server.api)
            await _until_answered(server, goal)
            process.kill()
            await process.communicate()
            assert process.returncode == -signal.SIGKILL
        last = await run_import(path, server.api)
        assert (last.code, last.counts[0] > 0, last.counts[1] > 0) == (0, True, True)
        assert sorted(pet["name"] for pet in _all_pets(server)) == sorted(names)


async def _until_answered(server: Server, posts: int) -> None:
    """Wait for so many more pets in the server's log, made or there already."""
    before = server.log.read_text().count(_MADE)
    await until(lambda: server.log.read_text().count(_MADE) >= before + posts)


async def test_refused_rows(tmp_path: Path) -> None:
    """Each refused row is listed with its line and the API's own reason; the others are created."""
    path = tmp_path / "pets.csv"
    path.write_text(
        "name,species,description,birth_date,tags\n"
        'A,cat,"one\ntwo\nthree",,\n'
        ',cat,"four\nfive",,\n'
        "C,cat,,2023-02-29,\n"
        f"D,cat,{'x' * 200_000},,\n"
        f"E,cat,{'ü' * 400_000},,\n"
        'F,cat,,,"[1]"\n'
        "G,cat,,,soft\n"
    )
    with started(tmp_path) as server:
        run = await run_import(path, server.api)
        assert (run.code, run.counts) == (1, (2, 0, 5))
        assert {pet["name"] for pet in _all_pets(server)} == {"A", "G"}
    found = {line: (entry["status"], entry["reason"]) for line, entry in refused_of(path).items()}
    assert sorted(found) == [5, 7, 8, 9, 10]
    assert {status for line, (status, _) in found.items() if line != 9} == {422}
    assert found[9][0] == 413
    for line, member in ((5, "/name"), (7, "/birth_date"), (8, "/description"), (10, "/tags/0")):
        assert re.search(rf" {member}: .+", found[line][1])


async def test_json_lines(tmp_path: Path) -> None:
    """JSON Lines is imported as it stands, and a broken line is refused alone."""
    path = tmp_path / "pets.jsonl"
    good = {"name": "Käthe", "species": "cat", "tags": ["a;b"], "breed": None}
    lines = [json.dumps(good), "", "{", '{"name": "B", "species": "cat", "colour": "red"}', "7"]
    path.write_text("\n".join(lines))
    with started(tmp_path) as server:
        run = await run_import(path, server.api)
        assert (run.code, run.counts) == (1, (1, 0, 3))
        (pet,) = _all_pets(server)
    assert (pet["name"], pet["tags"], pet["breed"]) == ("Käthe", ["a;b"], None)
    found = {line: entry["status"] for line, entry in refused_of(path).items()}
    assert found == {3: None, 4: 422, 5: None}


async def test_a_server_that_ends_and_comes_back(tmp_path: Path) -> None:
    """A run that a server's end breaks off ends with 2; with the next server it goes on."""
    path = tmp_path / "pets.jsonl"
    rows = [json.dumps({"name": f"P{number}", "species": "cat"}) for number in range(400)]
    path.write_text("\n".join(rows))
    with started(tmp_path) as server:
        process = await begin(path, server.api, "--tries", "2")
        await _until_answered(server, 50)
        server.interrupt()
        broken = await wait_for_end(process)
    assert (broken.code, "Run it again" in broken.err) == (2, True)
    with started(tmp_path) as server:
        run = await run_import(path, server.api)
        assert (run.code, sum(run.counts[:2]), run.counts[2]) == (0, 400, 0)
        assert len(_all_pets(server)) == 400


async def test_pets_that_were_ordered_meanwhile(tmp_path: Path) -> None:
    """A file that is imported again changes no pet that was ordered, sold or removed since."""
    path = pets_file(tmp_path, 4)
    with started(tmp_path) as server:
        assert (await run_import(path, server.api)).counts == (4, 0, 0)
        ordered, sold, removed, _ = (f"/pets/{pet['id']}" for pet in _all_pets(server))
        for place in (ordered, sold):
            assert server.call("PUT", f"{place}/order", {"note": "mine"})[0] == 201
        for step in ("approved", "delivered"):
            assert server.call("PATCH", f"{sold}/order", {"status": step})[0] == 200
        assert server.call("DELETE", removed)[0] == 204
        before = [server.call("GET", f"{place}/order") for place in (ordered, sold)]
        again = await run_import(path, server.api)
        assert (again.code, again.counts) == (0, (0, 4, 0))
        assert [server.call("GET", f"{place}/order") for place in (ordered, sold)] == before
        statuses = sorted(pet["status"] for pet in _all_pets(server))
        assert statuses == ["available", "pending", "sold"]


async def test_a_row_with_an_order(tmp_path: Path) -> None:
    """A row that brings an order, or what else the server sets, is refused by name; others go on."""
    path = tmp_path / "pets.jsonl"
    rows: list[dict[str, Any]] = [
        {"name": "Ada", "species": "cat", "status": "sold"},
        {"name": "Bo", "species": "cat", "order": {"status": "placed", "buyer": "bob"}},
        {"name": "Cy", "species": "cat", "buyer_id": "bob", "writes": []},
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    with started(tmp_path) as server:
        run = await run_import(path, server.api)
        assert (run.code, run.counts) == (1, (1, 0, 2))
        assert [pet["name"] for pet in _all_pets(server)] == ["Ada"]
    told = {line: json.dumps(entry) for line, entry in refused_of(path).items()}
    assert "/order" in told[2]
    assert "/buyer_id" in told[3]
    assert "/writes" in told[3]
