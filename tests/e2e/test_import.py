"""`make import` as docs/local.md shows it."""

import shutil
from pathlib import Path

from tests.e2e.server import make, started
from tests.tree import ROOT, need_dev_host

need_dev_host()

_SECRET = "for this test only, and 32 bytes long"  # noqa: S105


def test_the_sample(tmp_path: Path) -> None:
    """The 200 pets of the sample are made with a token; run again it makes none twice."""
    file = f"FILE={shutil.copy(ROOT / 'samples' / 'pets.csv', tmp_path)}"
    with started(tmp_path, JWT_SECRET=_SECRET) as server:
        url = f"URL={server.api}"
        refused = make("import", file, url)
        assert refused.returncode != 0
        assert "401" in refused.stderr
        token = make("token", JWT_SECRET=_SECRET).stdout.strip()
        made = make("import", file, url, PETSTORE_TOKEN=token)
        assert made.stdout.startswith("created 200, already there 0, refused 0"), made.stderr
        again = make("import", file, url, f"TOKEN={token}")
        assert again.stdout.startswith("created 0, already there 200, refused 0"), again.stderr
        assert len(server.call("GET", "/pets?limit=100")[1]["data"]) == 100


def test_without_a_file() -> None:
    """Without a file the command says what is missing."""
    ended = make("import")
    assert (ended.returncode != 0, "make import FILE=" in ended.stderr) == (True, True)
