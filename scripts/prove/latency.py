"""The steps that measure: the first answer of a cold app, and answers of a warm one."""

import http.client
import json
import time
from statistics import median, quantiles
from urllib.parse import urlsplit

from scripts.prove.commands import Failed, az, run
from scripts.prove.proof import Proof

_PATIENCE = 300
_STARTING = {404, 502, 503, 504}
_CALLS = 100
_RESTARTS = 3


class Client:
    """One kept connection to the API."""

    def __init__(self, url: str, token: str = "") -> None:
        parts = urlsplit(url)
        kinds = {"https": http.client.HTTPSConnection, "http": http.client.HTTPConnection}
        self._connection = kinds[parts.scheme](parts.netloc, timeout=230)
        self._base = parts.path
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, body: object = None) -> tuple[int, bytes, float]:
        """Send a request; return status, content and milliseconds to the last byte."""
        data = None if body is None else json.dumps(body)
        started = time.perf_counter()
        self._connection.request(method, self._base + path, data, self._headers)
        with self._connection.getresponse() as answer:
            content = answer.read()
            return answer.status, content, (time.perf_counter() - started) * 1000

    def expect(
        self, status: int, method: str, path: str, body: object = None
    ) -> tuple[bytes, float]:
        """Send a request that must be answered so; return content and milliseconds."""
        try:
            found, content, milliseconds = self.call(method, path, body)
        except (OSError, http.client.HTTPException) as error:
            raise Failed(f"{method} {path}: {error}") from error
        if found != status:
            raise Failed(f"{method} {path}: {found} came in place of {status}: {content[:200]!a}")
        return content, milliseconds

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def measure_cold(proof: Proof) -> list[str]:
    """Time the first answer that needs the store, after restarts and after idle minutes."""
    restarted = []
    for _ in range(_RESTARTS):
        az("functionapp", "restart", "-g", proof.group.name, "-n", proof.app)
        # The old instance may answer for a moment.
        proof.pause(15)
        restarted.append(_first_answer(proof))
    shown = ", ".join(f"{seconds:.1f}" for seconds in restarted)
    lines = [f"first answer after a restart: {shown} s"]
    if proof.idle:
        proof.pause(proof.idle * 60)
        lines.append(f"first answer after {proof.idle} idle minutes: {_first_answer(proof):.1f} s")
    return lines


def _first_answer(proof: Proof) -> float:
    """Return the seconds until the first 200; what a starting app answers is asked again."""
    started = time.monotonic()
    trouble = "nothing"
    while time.monotonic() - started < _PATIENCE:
        client = Client(proof.url)
        try:
            status, content, _ = client.call("GET", "/pets?limit=1")
        except (OSError, http.client.HTTPException) as error:
            trouble = str(error)
        else:
            if status == http.client.OK:
                return time.monotonic() - started
            trouble = f"{status} {content[:200]!a}"
            if status not in _STARTING:
                break
        finally:
            client.close()
        proof.pause(1)
    raise Failed(f"GET /pets?limit=1 answered {trouble} after {time.monotonic() - started:.0f} s")


def measure_warm(proof: Proof) -> list[str]:
    """Time single calls over one connection from this machine; what it creates it deletes."""
    token = run("make", "-s", "token", "USER=proof", JWT_SECRET=proof.secret).strip()
    client = Client(proof.url, token)
    ids: list[str] = []
    times: dict[str, list[float]] = {"GET /health (no store)": [], "GET /pets/{id}": []}
    times["POST /pets"] = []
    try:
        for number in range(_CALLS):
            pet = {"name": f"proof-{number}", "species": "proof"}
            content, took = client.expect(201, "POST", "/pets", pet)
            ids.append(json.loads(content)["id"])
            times["POST /pets"].append(took)
        for pet_id in ids:
            times["GET /health (no store)"].append(client.expect(200, "GET", "/health")[1])
            times["GET /pets/{id}"].append(client.expect(200, "GET", f"/pets/{pet_id}")[1])
    finally:
        _delete(client, ids)
    return [f"{name}: {_summary(values)}" for name, values in times.items()]


def _delete(client: Client, ids: list[str]) -> None:
    """Delete the pets; a failure does not matter, because the group is deleted too."""
    try:
        for pet_id in ids:
            client.call("DELETE", f"/pets/{pet_id}")
    except (OSError, http.client.HTTPException):
        pass
    finally:
        client.close()


def _summary(values: list[float]) -> str:
    worst = quantiles(values, n=20)[-1]
    return f"median {median(values):.0f} ms, 95 of 100 within {worst:.0f} ms"
