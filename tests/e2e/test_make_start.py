"""The main job, as a user does it: `make start`, then real requests."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.e2e.server import members_of_group, started
from tests.tree import need_dev_host

need_dev_host()


def test_pets_live_through_a_restart(tmp_path: Path) -> None:
    """Pets are created, read, listed, changed and deleted, and a restart loses none."""
    with started(tmp_path) as server:
        status, ada = server.call("POST", "/pets", {"name": "Ada", "species": "cat"})
        assert status == 201
        _, bob = server.call("POST", "/pets", {"name": "Bob", "species": "dog"})
        place = f"/pets/{ada['id']}"
        assert server.call("PATCH", place, {"status": "sold"})[0] == 200
        assert server.call("PUT", place, {"name": "Ada II", "species": "cat"})[0] == 200
        assert server.call("DELETE", f"/pets/{bob['id']}") == (204, None)
        _, before = server.call("GET", "/pets")
        assert [pet["name"] for pet in before["data"]] == ["Ada II"]
        server.interrupt()
        assert not members_of_group(server.process)
    with started(tmp_path) as server:
        assert server.call("GET", "/pets") == (200, before)
        assert server.call("GET", place) == (200, before["data"][0])
    assert "Traceback" not in server.log.read_text()


def test_many_at_once(tmp_path: Path) -> None:
    """A hundred creations on sixteen connections are all answered and all kept."""
    with started(tmp_path) as server, ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(
                lambda n: server.call("POST", "/pets", {"name": f"Pet {n}", "species": "cat"}),
                range(100),
            )
        )
        assert {status for status, _ in answers} == {201}
        _, page = server.call("GET", "/pets?limit=100")
        assert {pet["id"] for pet in page["data"]} == {pet["id"] for _, pet in answers}
