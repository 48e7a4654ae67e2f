"""List events that are pending or have failed, or make one, or all failed ones, due again.

``make events``, ``make events RETRY=ID``, ``make events RETRY=all``.

Reads the store that the settings name: those of the environment, else of local.settings.json.
"""

import asyncio
import sys
from pathlib import Path
from uuid import UUID

from importer.shown import shown
from petstore.backlog import Backlog
from petstore.errors import PetStoreError
from petstore.events import Event
from petstore.mail import redacted
from petstore.wiring import Wiring
from scripts import local_settings

_SHOWN = 1_000


def main() -> int:
    """List or retry; return the exit code."""
    settings = local_settings.read(Path.cwd())
    try:
        return asyncio.run(_run(Wiring(settings), sys.argv[1:]))
    except PetStoreError as error:
        print(error, file=sys.stderr)
        return 1


async def _run(wiring: Wiring, arguments: list[str]) -> int:
    try:
        backlog = wiring.backlog()
        if not arguments:
            return await _list(backlog)
        if arguments[0] == "all":
            return await _retry_failed(backlog)
        return await _retry(backlog, arguments[0])
    finally:
        await wiring.close()


async def _list(backlog: Backlog) -> int:
    unsettled = await backlog.unsettled(_SHOWN + 1)
    for event in unsettled[:_SHOWN]:
        print(shown(_line(event)))
    if len(unsettled) > _SHOWN:
        print(f"There are more than these {_SHOWN}.")
    if not unsettled:
        print("Nothing is pending, nothing has failed.")
    return 0


def _line(event: Event) -> str:
    line = f"{event.id}  {event.state:<8}  since {event.since}  pet {event.pet_id}"
    due = f"  due {event.due_at}" if event.state == "new" else ""
    reason = f"  {event.reason}" if event.reason else ""
    return f"{line}  {redacted(event.address)}{due}{reason}"


async def _retry_failed(backlog: Backlog) -> int:
    count = await backlog.retry_failed()
    print(f"{count} failed events are due again; the relay takes them at its next runs.")
    return 0


async def _retry(backlog: Backlog, text: str) -> int:
    try:
        event_id = str(UUID(text))
    except ValueError:
        print(f"{text!r} is not an event id; `make events` lists them.", file=sys.stderr)
        return 1
    if await backlog.retry(event_id) is None:
        print(f"event {event_id} is settled or being sent: nothing to retry.", file=sys.stderr)
        return 1
    print(f"event {event_id} is due again; the relay takes it at its next run.")
    return 0


sys.exit(main())
