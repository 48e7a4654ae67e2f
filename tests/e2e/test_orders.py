"""Fifty buyers at once, over HTTP, through two servers on one file."""

import json
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.api.tokens import SECRET, bearer
from tests.e2e.server import started
from tests.tree import need_dev_host

need_dev_host()
_BUYERS = 50


def _send(method: str, url: str, user: str, body: object = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    headers = {**bearer(user), **({"Content-Type": "application/json"} if data else {})}
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def test_fifty_buyers_through_two_servers(tmp_path: Path) -> None:
    """One buyer gets the pet, 49 a clear 409; both servers then show the winner's order."""
    with started(tmp_path, JWT_SECRET=SECRET) as one, started(tmp_path, JWT_SECRET=SECRET) as two:
        _, pet = _send("POST", f"{one.api}/pets", "ada", {"name": "Ada", "species": "cat"})
        urls = [f"{server.api}/pets/{pet['id']}/order" for server in (one, two)]

        def buy(number: int) -> tuple[int, Any]:
            return _send("PUT", urls[number % 2], f"u{number}")

        with ThreadPoolExecutor(_BUYERS) as buyers:
            answers = list(buyers.map(buy, range(_BUYERS)))
        assert Counter(status for status, _ in answers) == {201: 1, 409: _BUYERS - 1}
        assert {body["error"] for status, body in answers if status == 409} == {"Pet not available"}
        (order,) = [body for status, body in answers if status == 201]
        for url in urls:
            assert _send("GET", url, order["buyer"]) == (200, order)
