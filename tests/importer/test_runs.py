"""One run after another: what is refused, what is there already, which import a file belongs to."""

import json
from pathlib import Path

from aiohttp import web

from tests.importer.running import beside, pets_file, refused_of, run_import
from tests.importer.stand_in import StandIn, serving


async def test_refused_rows(tmp_path: Path) -> None:
    """The side file has line, status, reason and row; the next run replaces or deletes it."""

    async def fault(_: StandIn, request: web.Request) -> web.Response | None:
        name = json.loads(await request.read())["name"]
        detail = json.dumps({"detail": f"Not {name}."})
        return web.Response(status=422, text=detail) if name.endswith("x") else None

    path = tmp_path / "pets.csv"
    path.write_text('name,species\nA,"two\nlines"\nBx,cat\n\n"C\nx",cat\nD\n')
    async with serving(fault) as server:
        run = await run_import(path, server.url)
        assert (run.code, run.counts) == (1, (1, 0, 3))
        assert run.out.splitlines()[1] == f"refused rows: {path}.refused.jsonl"
        found = refused_of(path)
        row = {"name": "Bx", "species": "cat"}
        assert found[4] == {"line": 4, "status": 422, "reason": "Not Bx.", "row": row}
        assert found[6]["row"] == {"name": "C\nx", "species": "cat"}
        assert (found[8]["status"], found[8]["row"]) == (None, ["D"])

        path.write_text(path.read_text().replace("Bx", "B").replace("D\n", "D,dog\n"))
        run = await run_import(path, server.url)
        assert (run.code, run.counts) == (1, (2, 1, 1))
        assert "has changed since its first import" in run.err
        assert list(refused_of(path)) == [6]

        path.write_text(path.read_text().replace('"C\nx",cat\n', ""))
        run = await run_import(path, server.url)
    assert (run.code, run.counts) == (0, (0, 3, 0))
    assert server.names == ["A", "B", "D"]
    assert beside(path) == {"pets.csv", "pets.csv.import-id"}


async def test_which_import(tmp_path: Path) -> None:
    """Another name or place is the same import; another file, or another --import-id, is another."""
    (tmp_path / "sub").mkdir()
    path, moved = pets_file(tmp_path), pets_file(tmp_path / "sub", name="other.ndjson")
    longer = pets_file(tmp_path, 7, "longer.jsonl")
    async with serving() as server:
        assert (await run_import(path, server.url)).counts == (6, 0, 0)
        assert (await run_import(moved, server.url)).counts == (0, 6, 0)
        assert (await run_import(longer, server.url)).counts == (7, 0, 0)
        assert (await run_import(path, server.url, "--import-id", "x")).counts == (6, 0, 0)
        assert (await run_import(longer, server.url, "--import-id", "x")).counts == (1, 6, 0)


async def test_equal_rows(tmp_path: Path) -> None:
    """Equal rows of one file are as many pets, however often the file is imported."""
    path = tmp_path / "pets.jsonl"
    path.write_text('{"name":"A","species":"cat"}\n' * 50)
    async with serving() as server:
        assert (await run_import(path, server.url)).counts == (50, 0, 0)
        assert (await run_import(path, server.url)).counts == (0, 50, 0)
        assert len(server.pets) == 50


async def test_a_header_alone(tmp_path: Path) -> None:
    """A file without rows is imported: nothing is created."""
    path = tmp_path / "pets.csv"
    path.write_text("name,species\n")
    run = await run_import(path, "http://127.0.0.1:1/api")
    assert (run.code, run.counts) == (0, (0, 0, 0))
