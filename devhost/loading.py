"""Loads an app: its settings, its functions, and the host that answers with them."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from devhost import app_settings, faults, host_json, records
from devhost.app_settings import LocalSettings
from devhost.host import Host
from devhost.host_json import HostJson
from devhost.queues import settings as queue_settings
from devhost.queues.accounts import Accounts
from devhost.queues.service import IN_PROCESS
from devhost.sources import delete_doubtful_bytecode, place_of
from devhost.triggers.background import Background
from devhost.triggers.bindings import STORAGE
from devhost.worker.functions import Loaded, LoadError

_LEGAL = (
    'a function\'s name is a letter, then up to 127 letters, digits, "_" and "-", and not "host"'
)


@dataclass(frozen=True)
class LoadedApp:
    """An app that is loaded.

    Attributes:
        host: what answers its requests.
        settings: what local.settings.json says.
        notes: what a person should know about its settings, a line each.
        faults: what is wrong with its functions, a line each.
    """

    host: Host
    settings: LocalSettings
    notes: list[str]
    faults: list[str]


async def load(
    folder: Path,
    address: str,
    load_worker: Callable[[Path, HostJson], Awaitable[Loaded]],
    accounts: Accounts | None = None,
) -> LoadedApp:
    """Put an app's settings into the environment and load it.

    Args:
        folder: its folder, which becomes the working directory.
        address: where the host listens.
        load_worker: loads its functions, with what host.json says.
        accounts: the queues; created when left out.

    Raises:
        LoadError: the worker refuses the app.
        StartError: the real host does not start with it.
        SettingsError: a settings file cannot be used.
    """
    if not (folder / "function_app.py").is_file():
        raise LoadError(f"There is no function_app.py in {folder}.")
    local = app_settings.read_local(folder)
    notes = _apply_settings(local, folder, address)
    found = host_json.read(folder)
    settings = queue_settings.read(found.section("extensions", "queues"))
    delete_doubtful_bytecode(folder)
    worker = await load_worker(folder, found)
    records.set_levels(found.log_levels)
    background = Background(worker, settings, accounts=accounts)
    host = Host(worker, found, address, background)
    if found.not_done:
        notes.append(f"Set, but not supported by this host: {', '.join(found.not_done)}.")
    return LoadedApp(host, local, notes, [*_left_out(worker, folder), *_faults(host, folder)])


def _apply_settings(local: LocalSettings, folder: Path, address: str) -> list[str]:
    notes = []
    if not (folder / "local.settings.json").exists():
        notes.append("No local.settings.json: settings come from the environment alone.")
    notes += [
        f"Skipping {name} of local.settings.json: the environment has it already."
        for name in app_settings.apply(local.values, folder, address)
    ]
    notes += [
        f"{name} has no effect: the real host knows it with one underscore, or with dots."
        for name in app_settings.find_dead_switches()
    ]
    if not app_settings.is_given(STORAGE):
        os.environ[STORAGE] = IN_PROCESS
        notes.append(f"{STORAGE} is not set: queues are kept in this process, and end with it.")
    return notes


def _left_out(worker: Loaded, folder: Path) -> list[str]:
    return [
        f"{place_of(folder, name)}: {name!a} is left out: {_LEGAL}. Rename it."
        for name in worker.left_out
    ]


def _faults(host: Host, folder: Path) -> list[str]:
    return [
        *faults.of_routes(host.routes, folder),
        *faults.of_bindings(host.background.faults, folder),
    ]
