"""The Bicep compiler, started once for many questions: `bicep jsonrpc`.

It is the program of the command line, and asks the same of a file; only its start, which takes
longer than an answer, comes once.
"""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

type Settings = Mapping[str, str]

# The place that the kept snapshots pretend to deploy to.
NOWHERE = "00000000-0000-0000-0000-000000000000"
_PLACE = {
    "tenantId": NOWHERE,
    "subscriptionId": NOWHERE,
    "resourceGroup": "petstore",
    "location": "westeurope",
}
_READ = re.compile(r"(readEnvironmentVariable\(\s*')(\w+)'")


class Refused(Exception):
    """The compiler gives no answer; the message is its own."""


class Compiler:
    """A compiler that starts when it is first asked.

    Its environment cannot change while it runs. So each set of settings has a prefix of its own
    there, and parameter files are read in a copy that asks for the prefixed names.

    Args:
        command: the program.
        environment: what it needs to start; nothing else is in its environment but settings.
    """

    def __init__(self, command: str, environment: Settings) -> None:
        self._command, self._environment = command, environment
        self._known: list[dict[str, str]] = []
        self._process: subprocess.Popen[bytes] | None = None

    def expect(self, *several: Settings) -> None:
        """Name settings that will be asked for: the compiler need not start again for them."""
        unknown = [dict(one) for one in several if dict(one) not in self._known]
        if unknown:
            self._known += unknown
            self.end()

    def end(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def diagnostics(self, file: Path) -> list[str]:
        """Return what lint says of a file and its modules."""
        return _shown(self._ask("compile", path=str(file)))

    def parameters(self, file: Path, settings: Settings) -> list[str]:
        """Return what is said of a parameter file, and of the template that it uses."""
        path = self._for(file, settings)
        return _shown(self._ask("compileParams", path=str(path), parameterOverrides={}))

    def snapshot(self, file: Path, settings: Settings) -> dict[str, Any]:
        """Return what would be deployed; raises Refused when it cannot be."""
        path = str(self._for(file, settings))
        answer = self._ask("getSnapshot", path=path, metadata=_PLACE, externalInputs=None)
        found: dict[str, Any] = json.loads(answer["snapshot"])
        return found

    def formatted(self, file: Path) -> str:
        """Return a file's text in the one layout."""
        return str(self._ask("format", path=str(file))["contents"])

    def _for(self, file: Path, settings: Settings) -> Path:
        """Return a copy of a parameter file that reads these settings."""
        if not settings:
            return file
        self.expect(settings)
        prefix = f"S{self._known.index(dict(settings))}_"
        copy = file.with_name(f"{prefix}{file.name}")
        copy.write_text(_READ.sub(rf"\g<1>{prefix}\g<2>'", file.read_text()))
        return copy

    def _ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """Send a request in the framing of JSON-RPC's language servers; return its result."""
        process = self._process = self._process or self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        request = {"jsonrpc": "2.0", "id": 1, "method": f"bicep/{method}", "params": [parameters]}
        content = json.dumps(request).encode()
        process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(content), content))
        process.stdin.flush()
        heads = list(iter(lambda: process.stdout.readline().strip(), b""))  # type: ignore[union-attr]
        (size,) = (int(head.partition(b":")[2]) for head in heads if b"Content-Length" in head)
        answer = json.loads(process.stdout.read(size))
        if "error" in answer:
            raise Refused(answer["error"]["message"])
        result: dict[str, Any] = answer["result"]
        return result

    def _started(self) -> subprocess.Popen[bytes]:
        settings = {
            f"S{number}_{name}": value
            for number, one in enumerate(self._known)
            for name, value in one.items()
        }
        return subprocess.Popen(
            [self._command, "jsonrpc", "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # What it would compile once more, to answer faster still, takes longer than it saves.
            env={**self._environment, **settings, "DOTNET_TieredCompilation": "0"},
        )


def _shown(answer: dict[str, Any]) -> list[str]:
    """Return the diagnostics of an answer as the command line shows them."""
    return [
        f"{Path(one['source']).name}({one['range']['start']['line'] + 1}) : {one['level']}"
        f" {one['code']}: {one['message']}"
        for one in answer["diagnostics"]
    ]
