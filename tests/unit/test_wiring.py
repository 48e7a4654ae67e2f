"""What a process is made of, and when it is built."""

from pathlib import Path

import pytest

from petstore.errors import ConfigurationError, StoreUnavailable, Unauthorized
from petstore.identity import ANYBODY
from petstore.wiring import Wiring


def _environment(folder: Path, **settings: str) -> dict[str, str]:
    return {"PETSTORE_SQLITE_PATH": str(folder / "pets.db"), **settings}


async def test_each_part_is_built_once(tmp_path: Path) -> None:
    """Whoever asks again is given the same settings, identity and store, until they are closed."""
    wiring = Wiring(_environment(tmp_path, JWT_SECRET="x" * 32))
    parts = (wiring.settings, wiring.identity, wiring.store)
    assert all(
        one is again
        for one, again in zip(parts, (wiring.settings, wiring.identity, wiring.store), strict=True)
    )
    await wiring.close()
    assert wiring.store is not parts[2]
    await wiring.close()
    await wiring.close()


async def test_a_failure_is_not_kept(tmp_path: Path) -> None:
    """Wrong settings and a file that cannot be opened are asked again at each call."""
    environment = _environment(tmp_path, JWT_SECRET="short")  # noqa: S106 - what is tested
    wiring = Wiring(environment)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="JWT_SECRET"):
            await wiring.caller(None)
    environment["JWT_SECRET"] = ""
    assert await wiring.caller(None) is ANYBODY
    (tmp_path / "pets.db").mkdir()
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            wiring.pets()
    (tmp_path / "pets.db").rmdir()
    await wiring.store.ping()
    await wiring.close()


async def test_who_is_calling(tmp_path: Path) -> None:
    """Where somebody must call a missing token is refused; where nobody need, no token is."""
    wiring = Wiring(_environment(tmp_path, JWT_SECRET="x" * 32))
    with pytest.raises(Unauthorized):
        await wiring.caller(None)
    assert await wiring.caller_if_any(None) is None
    for credential in ("Bearer a.b.c", "Basic YTpi", "", f"Bearer {'x' * 10_000}"):
        assert await wiring.caller_if_any(credential) is None
    assert await Wiring(_environment(tmp_path)).caller_if_any("Bearer a.b.c") is None
