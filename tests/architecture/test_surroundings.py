"""What editors, GitHub and azd read of this repository: in form, and true of the tree."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from editorconfig import get_properties

from tests.documents import read, tracked
from tests.tree import ROOT

_CHECK = Path(sys.executable).with_name("check-jsonschema")
_AZD = ["--schemafile", "tests/architecture/azd.schema.json"]
_BINARY = {".gz", ".png"}


def _problems(file: Path, *schema: str) -> str:
    """Return what a schema finds wrong with a file; nothing when it is valid."""
    ended = subprocess.run(
        [_CHECK, *schema, file], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return "" if ended.returncode == 0 else ended.stdout + ended.stderr


def _with_comments(name: str) -> Any:
    """Return the JSON of a file that editors read: lines of comments are allowed."""
    return json.loads(re.sub(r"^\s*//.*$", "", read(name), flags=re.MULTILINE))


@pytest.mark.parametrize(
    ("name", "schema", "planted"),
    [
        (".github/dependabot.yml", ["--builtin-schema", "vendor.dependabot"], "interval: hourly"),
        ("azure.yaml", _AZD, "remoteBuild: perhaps"),
    ],
)
def test_the_schemas(name: str, schema: list[str], planted: str, tmp_path: Path) -> None:
    """Each file is valid by its schema, and a planted fault is not."""
    assert _problems(ROOT / name, *schema) == ""
    wrong = tmp_path / Path(name).name
    key = planted.partition(":")[0]
    wrong.write_text(re.sub(rf"{key}: \w+", planted, read(name)))
    assert _problems(wrong, *schema) != ""


def test_the_workflows() -> None:
    """Each workflow is valid by GitHub's schema."""
    for workflow in (ROOT / ".github/workflows").glob("*.yml"):
        assert _problems(workflow, "--builtin-schema", "vendor.github-workflows") == ""


def test_dependabot_knows_every_lock() -> None:
    """Each folder with a lock file of pip or npm gets updates, and so do the actions."""
    updates = yaml.safe_load(read(".github/dependabot.yml"))["updates"]
    places = {
        update["package-ecosystem"]: set(update.get("directories", [update.get("directory")]))
        for update in updates
    }
    locks = {"pip": "requirements.txt", "npm": "package-lock.json"}
    for system, lock in locks.items():
        folders = {Path(name).parent.as_posix() for name in tracked() if Path(name).name == lock}
        assert places[system] == {f"/{folder}".replace("/.", "/") for folder in folders}
    assert places["github-actions"] == {"/"}


def test_azd_takes_the_same_templates_and_package() -> None:
    """azure.yaml names a parameters file, and the folder that its hook builds for that plan."""
    project = yaml.safe_load(read("azure.yaml"))
    plan = project["infra"]["module"]
    assert (ROOT / "infra" / f"{plan}.bicepparam").is_file()
    (service,) = project["services"].values()
    assert service["dist"] == f".package/{plan}"
    assert f"make package PLAN={plan} " in service["hooks"]["prepackage"]["run"]
    assert service.get("remoteBuild") == (False if plan == "flex" else None)


def test_azd_finds_the_app() -> None:
    """The service of azure.yaml is the tag of the function app, and part of its outputs' names."""
    (service,) = yaml.safe_load(read("azure.yaml"))["services"]
    assert read("infra/modules/app.bicep").count(f"'azd-service-name': '{service}'") == 1
    outputs = re.findall(r"^output (\w+)", read("infra/main.bicep"), re.MULTILINE)
    assert {f"SERVICE_{service.upper()}_NAME", f"SERVICE_{service.upper()}_ENDPOINT_URL"} <= set(
        outputs
    )


def test_the_devcontainer() -> None:
    """It has the Python of `make`, the port of `make start`, and sets up both environments."""
    container = _with_comments(".devcontainer/devcontainer.json")
    makefile = read("Makefile")
    for command in container["postCreateCommand"].split(" && "):
        assert f"@{command}\n" in makefile
    (version,) = set(re.findall(r"setup \.venv\S* (\S+) ", container["postCreateCommand"]))
    assert f":{version}-" in container["image"]
    (port,) = container["forwardPorts"]
    assert f"\nPORT ?= {port}\n" in makefile
    assert set(container["portsAttributes"]) == {str(port)}


def test_the_editor() -> None:
    """Its settings name folders that exist, and recommend what the devcontainer installs."""
    settings = _with_comments(".vscode/settings.json")
    assert all((ROOT / folder).is_dir() for folder in settings["python.testing.pytestArgs"])
    interpreter = settings["python.defaultInterpreterPath"]
    assert interpreter.removeprefix("${workspaceFolder}/").split("/")[0] in read("Makefile")
    container = _with_comments(".devcontainer/devcontainer.json")
    recommended = _with_comments(".vscode/extensions.json")["recommendations"]
    assert recommended == container["customizations"]["vscode"]["extensions"]


def _text(name: str) -> str:
    content = (ROOT / name).read_bytes()
    has_other = get_properties(str(ROOT / name)).get("charset") == "unset"
    return content.decode(errors="replace" if has_other else "strict")


def _deviations(name: str, text: str) -> list[str]:
    """Return in what a file does not follow .editorconfig."""
    rules = get_properties(str(ROOT / name))
    lines = text.split("\n")
    checks = {
        "end_of_line": "\r" not in text,
        "insert_final_newline": text.endswith("\n") or not text,
        "trim_trailing_whitespace": not any(line != line.rstrip() for line in lines),
        "indent_style": not any(line.startswith("\t") for line in lines)
        or rules.get("indent_style") == "tab",
    }
    return [
        f"{name}: {rule}"
        for rule, holds in checks.items()
        if rules.get(rule) != "unset" and not holds
    ]


def test_every_file_follows_editorconfig() -> None:
    """Line ends, final newlines, white space and tabs of every file are as .editorconfig says."""
    names = [name for name in tracked() if Path(name).suffix not in _BINARY]
    found = [rule for name in names for rule in _deviations(name, _text(name))]
    assert found == []
    assert _deviations("a.py", "\tx \r\n ") == [
        f"a.py: {rule}"
        for rule in (
            "end_of_line",
            "insert_final_newline",
            "trim_trailing_whitespace",
            "indent_style",
        )
    ]
