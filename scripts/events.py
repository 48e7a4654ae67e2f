"""List events that are pending or have failed, or make one due again: ``make events RETRY=id``.

Reads the store that the settings name: those of the environment, else of local.settings.json.
"""

import asyncio
import sys
from pathlib import Path
from uuid import UUID

from importer.shown import shown
from petstore.errors import PetStoreError
from petstore.mail import redacted
from petstore.notifications import Notifications
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
        events = wiring.notifications()
        return await (_retry(events, arguments[0]) if arguments else _list(events))
    finally:
        await wiring.close()


async def _list(events: Notifications) -> int:
    unsettled = await events.unsettled(_SHOWN + 1)
    for event in unsettled[:_SHOWN]:
        address = redacted(event.owner_email)
        line = f"{event.id}  {event.state:<8}  since {event.since}  pet {event.pet_id}  {address}"
        print(shown(line))
    if len(unsettled) > _SHOWN:
        print(f"There are more than these {_SHOWN}.")
    if not unsettled:
        print("Nothing is pending, nothing has failed.")
    return 0


async def _retry(events: Notifications, text: str) -> int:
    try:
        event_id = str(UUID(text))
    except ValueError:
        print(f"{text!r} is not an event id; `make events` lists them.", file=sys.stderr)
        return 1
    if await events.retry(event_id) is None:
        print(f"event {event_id} is settled or being sent: nothing to retry.", file=sys.stderr)
        return 1
    print(f"event {event_id} is due again; the relay takes it at its next run.")
    return 0


sys.exit(main())
