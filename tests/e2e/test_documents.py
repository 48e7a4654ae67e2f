"""What README and the documents show is what happens."""

import subprocess
from pathlib import Path

import pytest

from tests import documents
from tests.e2e.server import started
from tests.tree import need_dev_host

need_dev_host()


@pytest.mark.parametrize(("name", "count"), [("README.md", 2), ("docs/api.md", 4)])
def test_the_examples(name: str, count: int, tmp_path: Path) -> None:
    """Each command of a console block gives the answer that is shown, but for ids and times."""
    examples = documents.examples(documents.read(name))
    assert len(examples) >= count
    with started(tmp_path) as server:
        pet_id = ""
        for command, shown in examples:
            here = documents.with_id(command, pet_id).replace(":7071", f":{server.port}")
            result = subprocess.run(  # noqa: S602 - the document's own commands
                here,
                shell=True,
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=True,
                timeout=20,
            )
            assert documents.is_shown(result.stdout, shown), f"{command}\n{result.stdout}"
            pet_id = pet_id or documents.first_id(result.stdout)


def test_make_start_prints_its_address(tmp_path: Path) -> None:
    """The last line that README shows of `make start` is what it prints."""
    assert "Listening on http://127.0.0.1:7071/api\n" in documents.read("README.md")
    with started(tmp_path) as server:
        assert f"\nListening on {server.api}\n" in server.log.read_text()
