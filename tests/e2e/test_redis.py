"""`make start REDIS=1` as a user runs it."""

import urllib.request
from pathlib import Path

import pytest

from devhost.redis import missing
from tests.e2e.server import started


def test_make_start_with_redis(tmp_path: Path) -> None:
    """A pet is read from the cache, and never old after a change."""
    if reason := missing():
        pytest.skip(f"NOT TESTED with Redis: {reason}")
    with started(tmp_path, REDIS="1", ARGS="--verbose") as server:
        status, pet = server.call("POST", "/pets", {"name": "Ada", "species": "cat"})
        assert status == 201
        place = f"{server.api}/pets/{pet['id']}"
        told = ""
        while "cache;desc=hit" not in told:  # it connects while the first requests are answered
            with urllib.request.urlopen(place, timeout=10) as answer:  # noqa: S310
                told = answer.headers["Server-Timing"]
        assert server.call("PATCH", f"/pets/{pet['id']}", {"name": "Zoe"})[0] == 200
        assert server.call("GET", f"/pets/{pet['id']}")[1]["name"] == "Zoe"
        assert '"cache": "hit"' in server.log.read_text()
