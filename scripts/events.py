"""Lists what owners are still to be told, or makes one due again: ``make events RETRY=id``.

It reads the store that the settings name: those of the environment, else of local.settings.json.
"""

import asyncio
import os
import sys
from pathlib import Path
from uuid import UUID

from devhost import app_settings
from petstore.errors import PetStoreError
from petstore.mail import redacted
from petstore.notifications import Notifications
from petstore.wiring import Wiring

_SHOWN = 1_000


def main() -> int:
    """List or retry; give the exit code."""
    folder = Path.cwd()
    app_settings.apply(app_settings.read_values(folder), folder, "localhost")
    try:
        return asyncio.run(_run(sys.argv[1:]))
    except PetStoreError as error:
        print(error, file=sys.stderr)
        return 1


async def _run(arguments: list[str]) -> int:
    wiring = Wiring(os.environ)
    try:
        told = wiring.notifications()
        return await (_retry(told, arguments[0]) if arguments else _list(told))
    finally:
        await wiring.close()


async def _list(told: Notifications) -> int:
    events = await told.unsettled(_SHOWN + 1)
    for event in events[:_SHOWN]:
        address = redacted(event.owner_email)
        print(f"{event.id}  {event.state:<8}  since {event.since}  pet {event.pet_id}  {address}")
    if len(events) > _SHOWN:
        print(f"and more than these {_SHOWN}")
    if not events:
        print("Nothing is pending, nothing has failed.")
    return 0


async def _retry(told: Notifications, text: str) -> int:
    try:
        event_id = str(UUID(text))
    except ValueError:
        print(f"{text!r} is no event id; `make events` lists them.", file=sys.stderr)
        return 1
    if await told.retry(event_id) is None:
        print(f"event {event_id} is settled, or being sent now: nothing to retry.", file=sys.stderr)
        return 1
    print(f"event {event_id} is due again; the relay takes it at its next tick.")
    return 0


sys.exit(main())
