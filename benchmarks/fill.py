"""Puts pets where the apps find them: ``python -m benchmarks.fill`` prints the id of one."""

import asyncio

from function_app import wiring

_PETS = 25
_BODY = {"name": "Ada", "species": "cat", "tags": ["soft", "old"], "status": "available"}


async def _fill() -> str:
    pets = wiring.pets()
    made = [await pets.create(_BODY) for _ in range(_PETS)]
    await wiring.close()
    return made[0].stored.value.id


if __name__ == "__main__":
    print(asyncio.run(_fill()))
