"""The settings of a program that runs next to the app: `make events`, `make token`."""

import os
import sys
from pathlib import Path


def read(folder: Path) -> dict[str, str]:
    """Return the environment and, under it, the Values of local.settings.json in a folder.

    Ends the program where the file cannot be read. Without the file nothing but the environment
    is needed, as for an operator who looks at the store in Azure.
    """
    given = {name: value for name, value in os.environ.items() if value}
    if not (folder / "local.settings.json").is_file():
        return given
    # The dev host knows how Core Tools read that file.
    from devhost.app_settings import read_values  # noqa: PLC0415
    from devhost.loose_json import SettingsError  # noqa: PLC0415

    try:
        return read_values(folder) | given
    except SettingsError as error:
        sys.exit(str(error))
