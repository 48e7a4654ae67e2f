"""What a cold start imports: fixed sets, so that a new import fails a test and is decided upon.

``make bench`` has the times; here are none.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.certificates import certificate
from tests.contract.two_partitions import TwoPartitions
from tests.emulator.cosmos_emulator import EMULATOR_KEY
from tests.redis_server import nobody_listens
from tests.tree import ROOT

# Packages next to the standard library and azure.functions, at each moment.
_PROGRAM = """
import asyncio, json, sys

def packages():
    names = {name.partition(".")[0] for name in sys.modules}
    names |= {f"azure.{name.split('.')[1]}" for name in sys.modules if name.startswith("azure.")}
    # Compiled modules bring names of their own.
    names = {name for name in names if not name.startswith(("_", "cython"))}
    return sorted(names - before - sys.stdlib_module_names - {"azure", "function_app"})

async def main():
    import function_app as app
    from petstore.errors import NotFound
    moments = {"indexing": packages()}
    try:
        await app.wiring.pets().get("01a21090-6a81-7000-96a6-c49695d9ca33")
    except NotFound:
        pass
    moments["read"] = packages()
    await app.wiring.pets().create({"name": "Ada", "species": "cat"})
    moments["write"] = packages()
    await app.wiring.close()
    return moments

import azure.functions
before = {name.partition(".")[0] for name in sys.modules} | {"azure.functions"}
print(json.dumps(asyncio.run(main())))
"""
_COUNT_LOADS = """
import ssl
loads, load = [], ssl.SSLContext.load_default_certs

def counted(*arguments):
    loads.append(arguments)
    load(*arguments)

ssl.SSLContext.load_default_certs = counted
"""
_PYDANTIC = {
    "annotated_types",
    "pydantic",
    "pydantic_core",
    "typing_extensions",
    "typing_inspection",
}
_SDK = {
    *(
        "azure.core",
        "azure.cosmos",
        "aiohttp",
        "aiohappyeyeballs",
        "aiosignal",
        "attr",
        "frozenlist",
    ),
    *("idna", "multidict", "propcache", "typing_extensions", "urllib3", "yarl"),
}


def _run(program: str, settings: Mapping[str, str]) -> str:
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PATH": "", "WARM_UP": "off", **settings},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def _moments(**settings: str) -> dict[str, set[str]]:
    found = json.loads(_run(_PROGRAM, settings))
    return {moment: set(names) for moment, names in found.items()}


def test_indexing_and_reads_on_sqlite(tmp_path: Path) -> None:
    """Indexing and the first read import this app alone; the first write adds pydantic."""
    moments = _moments(PETSTORE_SQLITE_PATH=str(tmp_path / "pets.db"))
    assert moments["indexing"] == {"petstore"}
    assert moments["read"] == {"petstore"}
    assert moments["write"] == {"petstore", *_PYDANTIC}


async def test_reads_on_cosmos() -> None:
    """The first read on Cosmos DB imports the SDK and its transport, and no pydantic."""
    wire = TwoPartitions()
    await wire.start()
    try:
        settings = {"COSMOS_ENDPOINT": wire.endpoint, "COSMOS_KEY": EMULATOR_KEY}
        moments = await asyncio.to_thread(_moments, **settings)
    finally:
        await wire.stop()
    assert moments["indexing"] == {"petstore"}
    assert moments["read"] <= {"petstore", *_SDK}
    assert {"azure.cosmos", "aiohttp"} <= moments["read"]
    assert moments["write"] <= moments["read"] | _PYDANTIC


def test_reads_with_a_cache(tmp_path: Path) -> None:
    """The client of Redis is imported by the first read, where the cache is on, and alone."""
    on = {"PETSTORE_SQLITE_PATH": str(tmp_path / "pets.db"), "REDIS_URL": nobody_listens()}
    moments = _moments(**on)
    assert moments["indexing"] == {"petstore"}
    # It looks for these two, and does without.
    assert moments["read"] - {"cryptography", "opentelemetry"} == {"petstore", "redis"}


async def test_certificates_are_loaded_once(tmp_path: Path) -> None:
    """Up to the first write over TLS the machine's certificates are read once: 20 to 60 ms."""
    wire = TwoPartitions()
    await wire.start(certificate(tmp_path)[0])
    program = f"{_COUNT_LOADS}{_PROGRAM}print(len(loads))"
    settings = {"COSMOS_ENDPOINT": wire.endpoint, "COSMOS_KEY": EMULATOR_KEY}
    try:
        result = await asyncio.to_thread(_run, program, settings)
    finally:
        await wire.stop()
    assert result.splitlines()[-1] == "1"


def test_own_modules_that_wait() -> None:
    """The rules, the store and the mails are not imported by indexing."""
    code = "import sys, function_app; print(*(n for n in sys.modules if n.startswith('petstore')))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    late = {"petstore.pets", "petstore.models", "petstore.notifications", "petstore.mail"}
    assert late & set(loaded.stdout.split()) == set()


@pytest.mark.parametrize("module", ["pydantic", "aiohttp"])
def test_a_new_import_would_be_seen(module: str, tmp_path: Path) -> None:
    """A planted import at the top of a module that indexing loads changes the set."""
    plain = "import function_app as app"
    planted = _PROGRAM.replace(plain, f"import {module}, function_app as app")
    found = _run(planted, {"PETSTORE_SQLITE_PATH": str(tmp_path / "pets.db")})
    assert module in json.loads(found)["indexing"]
