"""Short lives of the app: each handles one request as far as it comes, and may be killed on the way.

``python -m tests.e2e.lives`` reads a line for each life: ``STEP METHOD PATH KEY BODY``, tabs between
them. It forks itself, so that what is imported is imported once. The child sends the request (none
where METHOD is ``-``), lets the relay run, then the consumer, through the real worker and host;
after STEP it kills itself (``-``: it does not). When it has ended, its exit code is printed.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from functools import wraps
from importlib import import_module
from typing import Any

from devhost import records
from devhost.host import Host
from devhost.host_json import HostJson
from devhost.http.requests import Request
from devhost.queues.accounts import Accounts
from devhost.queues.settings import QueueSettings
from devhost.triggers.background import Background
from devhost.worker.runtime import Worker
from function_app import wiring
from petstore import idempotency
from petstore.mail import Mailer
from petstore.mail_caps import Caps
from petstore.repository.sqlite.events import SqliteEvents
from petstore.repository.sqlite.pets import SqlitePets
from tests.tree import ROOT

_GOOD = {200, 201, 204}
# What a life imports late.
_LATE = (
    *("aiohttp", "petstore.models", "petstore.notifications", "petstore.orders", "petstore.pets"),
    *("petstore.relay", "petstore.repository.sqlite.store"),
)


def _any(*_: object) -> bool:
    return True


def _becomes(state: str) -> Callable[..., bool]:
    return lambda _, event, __: event.state == state


# After which call a life ends, and with which arguments.
_STEPS: dict[str, tuple[type, str, Callable[..., bool]]] = {
    "event": (SqliteEvents, "add", _any),
    "pet": (SqlitePets, "add", _any),
    "order": (SqlitePets, "replace", _any),
    "mark": (SqliteEvents, "replace", _becomes("relayed")),
    "count": (Caps, "admit", _any),
    "queue": (Accounts, "put", _any),
    "claim": (SqliteEvents, "replace", _becomes("sending")),
    "mail": (Mailer, "send", _any),
}


def _die_after(step: str) -> None:
    owner, name, fits = _STEPS[step]
    original: Callable[..., Awaitable[Any]] = getattr(owner, name)

    @wraps(original)
    async def deadly(*arguments: Any) -> Any:
        result = await original(*arguments)
        if fits(*arguments):
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, deadly)


async def _live(method: str, path: str, key: str, body: str) -> int:
    worker = await Worker.load(ROOT)
    background = Background(worker, QueueSettings())
    host = Host(worker, HostJson(), "localhost", background)
    status = 204 if method == "-" else await _send(host, method, path, key, body)
    (relay,) = (function for function in worker.functions if function.name == "relay_events")
    is_good = await background.run(relay, "")
    for listener in background.listeners:
        while await listener.drain():
            pass
    await background.close()
    await wiring.close()
    return 0 if status in _GOOD and is_good else 1


async def _send(host: Host, method: str, path: str, key: str, body: str) -> int:
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    headers = [("host", "localhost"), ("content-type", kind)]
    if key != "-":
        headers.append(("idempotency-key", key))
    answer, _ = await host.handle(Request(method, path, headers, body.encode()))
    return answer.status


def _import_for_children() -> None:
    for name in _LATE:
        import_module(name)


def main() -> None:
    """Live as often as told."""
    records.set_up()
    _import_for_children()
    idempotency.IN_FLIGHT = 0  # a create that broke off is taken up again at once
    for line in sys.stdin:
        step, *request = line.rstrip("\n").split("\t")
        child = os.fork()
        if child == 0:
            os.dup2(2, 1)  # what the host prints is not an answer of ours
            if step != "-":
                _die_after(step)
            os._exit(asyncio.run(_live(*request)))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
