"""A checkout of its own, in which targets of the Makefile may build what other tests read too."""

import shutil
from pathlib import Path

from tests.adapting.tree import copy_tree, run
from tests.tree import ROOT

_SWAGGER_UI = "petstore/http/swagger-ui"
# What set-up has installed; it is complete before a test of templates runs.
_SHARED = (".tools", ".venv", ".venv-py312")


def checked_out(folder: Path) -> Path:
    """Copy the tracked files, committed, and what is built in; return the folder.

    Environments are links to those of the tree: nothing is installed a second time.
    """
    copy_tree(folder)
    identity = ("-c", "user.name=test", "-c", "user.email=test@mail.example")
    run(folder, "git", *identity, "commit", "--quiet", "--message", "The tree as it is")
    for name in _SHARED:
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    if (ROOT / _SWAGGER_UI).is_dir():
        shutil.copytree(ROOT / _SWAGGER_UI, folder / _SWAGGER_UI, dirs_exist_ok=True)
    return folder
