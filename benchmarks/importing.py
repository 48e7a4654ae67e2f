"""``python -m benchmarks.importing``: what an import costs, and that its memory is bounded.

The local server and the importer are processes of their own, on one machine and one SQLite file.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.memory import peak

_ROOT = Path(__file__).parents[1]
_ROWS = (1_000, 10_000)
_LISTENING = re.compile(r"Listening on (http://\S+)")
_HEADER = "name,species,breed,description,birth_date,tags,photo_urls,status,owner_email\n"


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """Run the local server on a free port; give the API's URL."""
    log = folder / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "devhost", "--port", "0"],
            cwd=_ROOT,
            env={**os.environ, "PETSTORE_SQLITE_PATH": str(folder / "pets.db")},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _url(process, log)
    finally:
        process.terminate()
        process.wait()


def _url(process: subprocess.Popen[bytes], log: Path) -> str:
    while not (found := _LISTENING.search(log.read_text())):
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        raise RuntimeError(log.read_text())
    return found[1]


def _file(folder: Path, rows: int) -> Path:
    path = folder / f"{rows}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(_HEADER)
        for row in range(rows):
            file.write(
                f'Pet {row} of {rows},cat,tabby,"Sleeps, eats, sleeps; no. {row}",2024-02-29,'
                f"soft;old,https://example.com/{row}.jpg,available,owner{row}@example.com\n"
            )
    return path


def _import_file(file: Path, url: str) -> tuple[str, float]:
    """Import a file; give the summary, and the importer's peak memory in MiB."""
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "importer", str(file), "--url", url],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        summary = "".join(process.stdout or "").strip()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"the import ended with {process.returncode}: {summary}")
    return summary, peak(usage)


def main() -> None:
    """Measure and print; about a minute."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        peaks = []
        with _server(folder) as url:
            for rows in _ROWS:
                summary, memory = _import_file(_file(folder, rows), url)
                peaks.append(memory)
                print(f"{rows:>7,} rows   peak {memory:5.1f} MiB   {summary}", flush=True)
    print(f"memory, larger to smaller file: {peaks[1] / peaks[0]:.2f} x")


if __name__ == "__main__":
    main()
