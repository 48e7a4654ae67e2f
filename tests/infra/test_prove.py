"""`scripts/prove-in-azure`: all of it with the real Azure CLI, each fault with what that one printed."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.prove import __main__ as prove
from scripts.prove import latency, publishing
from scripts.prove.group import SIGNALS, Group
from tests.e2e.server import Server, make, started
from tests.infra.azure_cli.deployed import PRINCIPAL, Deployed
from tests.infra.azure_cli.program import Az, installed, logged_in
from tests.infra.azure_cli.proving import HERE, WITHOUT_PAUSES, Replay, put_program
from tests.infra.azure_cli.workflow import runner_environment
from tests.infra.checkout import checked_out
from tests.tree import ROOT

pytestmark = pytest.mark.infra

_ROLES = {
    "Monitoring Metrics Publisher": "Microsoft.Insights/components",
    "Key Vault Secrets User": "Microsoft.KeyVault/vaults",
    "Storage Blob Data Owner": "Microsoft.Storage/storageAccounts",
    "Storage Queue Data Contributor": "Microsoft.Storage/storageAccounts",
    "Storage Table Data Contributor": "Microsoft.Storage/storageAccounts",
}


@pytest.fixture(scope="module")
def secret() -> Iterator[str]:
    """The secret of tokens, which the proof draws and the API of the tests has to know."""
    value = "a-secret-of-the-proof-that-is-long-enough"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("secrets.token_urlsafe", lambda _: value)
        yield value


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, secret: str) -> Iterator[Server]:
    """The API as it would be there after publishing."""
    with started(tmp_path_factory.mktemp("api"), JWT_SECRET=secret) as server:
        yield server


@pytest.fixture(scope="module")
def az(infra: object, tmp_path_factory: pytest.TempPathFactory, api: Server) -> Iterator[Az]:  # noqa: ARG001
    """az, logged in, before an Azure with nothing in it."""
    installed()
    with logged_in(tmp_path_factory.mktemp("azure")) as found:
        account = "https://cosmos-petstore.documents.azure.com:443/"
        found.azure.outputs = {"functionAppName": "func-petstore", "baseUrl": api.api}
        found.azure.outputs |= {"principalId": PRINCIPAL, "cosmosEndpoint": account}
        yield found


@pytest.fixture(scope="module")
def proven(
    az: Az, secret: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[subprocess.CompletedProcess[str], Path]:
    """One whole run in a checkout: how it ended, and the folder with what az answered."""
    folder = tmp_path_factory.mktemp("proof")
    Deployed(_ROLES).answer(az.azure)
    python = ROOT / ".tools/azure-cli/bin/python"
    recorder = map(shlex.quote, map(str, (sys.executable, HERE / "recorder.py", folder, python)))
    put_program(folder, "az", f'exec {" ".join(recorder)} "$@"')
    put_program(
        folder, "func", f'[ "$1" = --version ] && echo 4.15.1; echo "$*" >>{folder}/func-calls'
    )
    code = f"import secrets; secrets.token_urlsafe = lambda _: {secret!r}; {WITHOUT_PAUSES}"
    ended = subprocess.run(
        [sys.executable, "-c", code, "flex", "westeurope", "--idle", "1"],
        check=False,
        capture_output=True,
        text=True,
        cwd=checked_out(folder / "checkout"),
        env={
            **runner_environment(folder),
            **az.environment,
            "PATH": f"{folder}:{az.environment['PATH']}",
        },
    )
    return ended, folder


def test_proves_all_of_it(
    az: Az, secret: str, proven: tuple[subprocess.CompletedProcess[str], Path]
) -> None:
    """Every step passes with the real Azure CLI and the real API; nothing is left, no secret shown."""
    ended, folder = proven
    assert ended.returncode == 0, ended.stderr
    assert az.azure.refused == []
    assert az.azure.groups == {}
    for name, *_ in prove._STEPS:
        assert f"| {name} | passed |" in ended.stdout
    for text in ("DELETE /pets/", "first answer after 1 idle minutes", "median", "AppTraces: 900"):
        assert text in ended.stdout
    assert PRINCIPAL not in ended.stdout
    assert secret not in ended.stdout + ended.stderr
    published = [
        line for line in (folder / "func-calls").read_text().splitlines() if "publish" in line
    ]
    assert [line.split("--python ")[1] for line in published] == ["--build remote", "--no-build"]


@pytest.fixture(scope="module")
def token(secret: str) -> str:
    """A token of the real `make token`, once for all."""
    return make("token", "USER=proof", JWT_SECRET=secret).stdout.strip()


@pytest.fixture
def replay(
    proven: tuple[subprocess.CompletedProcess[str], Path],
    token: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Replay]:
    """A replay that finds its own programs first; handlers of signals are put back."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    found = Replay(tmp_path, proven[1] / "recorded", token)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(latency, "_CALLS", 3)
    # The whole run measures as often as it should.
    monkeypatch.setattr(latency, "_RESTARTS", 1)
    monkeypatch.setattr(publishing, "_PATIENCE", "0.1")
    yield found
    for number, handler in before.items():
        signal.signal(number, handler)


def _prove() -> int:
    return prove.main(["flex", "westeurope"], pause=lambda _: None)


def test_the_replay_answers_as_the_real_one(
    proven: tuple[subprocess.CompletedProcess[str], Path], replay: Replay
) -> None:
    """Groups, the part that the replay answers by itself, are answered as the real az answered."""
    lines = [json.loads(line) for line in (proven[1] / "recorded").read_text().splitlines()]
    of_groups = [line for line in lines if line["words"][0] == "group"]
    assert len(of_groups) > 4
    for line in of_groups:
        if line["words"][1] == "wait":
            continue
        ended = subprocess.run(
            [replay.folder / "az", *line["words"]], capture_output=True, text=True, check=False
        )
        if line["words"][1] != "create":
            assert (ended.returncode, ended.stdout) == (line["code"], line["out"]), line["words"]


_NEEDS = {name: needed for name, _, needed in prove._STEPS}
# A step, the command that it fails at, and what its report says.
_FAULTS = [
    ("Deploy", "deployment group create", "The region has no such plan."),
    ("Check the roles", "role assignment list", "AuthorizationFailed"),
    ("Check the roles", "cosmosdb sql role assignment list", "AuthorizationFailed"),
    ("Deploy again", "deployment group what-if", "InvalidTemplate"),
    ("Publish, built in Azure", "functionapp function list", "NotFound"),
    ("Measure cold, built in Azure", "functionapp restart", "Conflict"),
    ("Find the logs", "rest", "PathNotFoundError"),
]


@pytest.mark.parametrize(("step", "command", "text"), _FAULTS)
def test_a_fault_of_a_step(
    replay: Replay, capsys: pytest.CaptureFixture[str], step: str, command: str, text: str
) -> None:
    """The report says what failed and why, what needs the step is not tried, the group is deleted."""
    replay.fault(command, 99, text)
    assert _prove() == 1
    report = capsys.readouterr().out
    assert f"| {step} | **failed** |" in report
    assert text in report
    for other, needed in _NEEDS.items():
        is_without = needed and f"| {needed} | passed |" not in report
        assert (f"| {other} | **not tried** |" in report) is bool(is_without), other
    assert replay.groups() == {}
    assert len(replay.calls("group delete")) == 1


@pytest.mark.parametrize(
    ("altered", "step", "text"),
    [
        (
            ("role assignment list", "Storage Blob Data Owner", "Owner"),
            "Check the roles",
            "'Owner'",
        ),
        (("cosmosdb sql role", "/colls/events", ""), "Check the roles", "data roles are given on"),
        (("functionapp function", "2", "0"), "Publish, built in Azure", "an error at import"),
        (("rest --method", "AppTraces", "AppOther"), "Find the logs", "holds only"),
        (("rest --url", '"a-workspace"', ""), "Find the logs", "0 workspaces"),
        (("deployment group create", "principalId", "other"), "Deploy", "no output principalId"),
        (("deployment group create", "{", ""), "Deploy", "printed no JSON"),
        (("deployment group create", "/api", "/other"), "Publish, built in Azure", "scripts/smoke"),
    ],
)
def test_an_answer_that_is_wrong(
    replay: Replay,
    capsys: pytest.CaptureFixture[str],
    altered: tuple[str, str, str],
    step: str,
    text: str,
) -> None:
    """A command that succeeds with something else than promised fails its step."""
    command, old, new = altered
    replay.alter(command, lambda printed: printed.replace(old, new))
    assert _prove() == 1
    report = capsys.readouterr().out
    assert f"| {step} | **failed** |" in report
    assert text in report
    assert replay.groups() == {}


def _without_storage(printed: str) -> str:
    roles = json.loads(printed)
    return json.dumps([one for one in roles if "Storage" not in one["roleDefinitionName"]])


def test_the_classic_plan(replay: Replay, capsys: pytest.CaptureFixture[str]) -> None:
    """The other plan has its own parameters and package, and no roles on the host's storage."""
    put_program(replay.folder, "make", f'echo "$*" >>{replay.folder}/made; echo {replay.token}')
    assert prove.main(["consumption", "westeurope"], pause=lambda _: None) == 1
    assert "**failed** |" in capsys.readouterr().out.partition("Check the roles")[2].split("\n")[0]
    replay.alter("role assignment list", _without_storage)
    replay.forget_calls()
    assert prove.main(["consumption", "westeurope"], pause=lambda _: None) == 0
    assert "infra/consumption.bicepparam" in replay.calls("deployment group create")[0]
    assert "publish NAME=func-petstore PLAN=consumption" in (replay.folder / "made").read_text()


def test_a_change_that_what_if_foresees(replay: Replay, capsys: pytest.CaptureFixture[str]) -> None:
    """A second deployment that would change something is reported, with the place."""
    place = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/func"
    change = {"resourceId": place, "changeType": "Modify", "delta": [{"path": "tags.owner"}]}
    replay.alter("deployment group what-if", lambda _: json.dumps({"changes": [change]}))
    assert _prove() == 0
    assert "foresaw Modify of sites func: tags.owner" in capsys.readouterr().out


def test_publishing_that_fails(replay: Replay, capsys: pytest.CaptureFixture[str]) -> None:
    """Publishing is tried three times; then its reason is in the report."""
    put_program(replay.folder, "make", f"echo $1 >>{replay.folder}/made; echo 403 >&2; exit 7")
    assert _prove() == 1
    assert (replay.folder / "made").read_text().split() == ["publish"] * 6
    assert "make publish NAME=func-petstore ended with code 7:\n403" in capsys.readouterr().out


def test_a_new_identity_is_waited_for(replay: Replay) -> None:
    """A deployment is tried again while the identity is not known everywhere."""
    replay.fault("deployment group create", 2, "PrincipalNotFound: does not exist")
    assert _prove() == 0
    assert len(replay.calls("deployment group create")) == 4


def test_a_group_that_is_there_is_left_alone(
    replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group that exists is neither used nor deleted."""
    monkeypatch.setattr("secrets.token_hex", lambda size: "0" * 2 * size)
    replay.put_group("petstore-proof-00000000", "somebody")
    assert _prove() == 2
    assert replay.groups() == {"petstore-proof-00000000": "owner=somebody"}
    assert not replay.calls("group create")
    assert not replay.calls("group delete")


def test_a_group_that_somebody_else_took_is_left_alone(
    replay: Replay, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group that no longer carries this run's tag is not deleted, and is named."""
    create = Group.create

    def create_and_lose(group: Group) -> None:
        create(group)
        replay.put_group(group.name, "other")

    monkeypatch.setattr(Group, "create", create_and_lose)
    assert _prove() == 3
    (group,) = replay.groups()
    assert f"{group} does not carry this run's tag" in capsys.readouterr().err
    assert not replay.calls("group delete")


def test_the_group_stays(replay: Replay, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the deletion is refused each time it says so, with the command, and ends with 3."""
    replay.fault("group delete", 99, "The client may not delete.")
    assert _prove() == 3
    (group,) = replay.groups()
    assert f"az group delete -n {group} --yes" in capsys.readouterr().err
    assert len(replay.calls("group delete")) == 4


def test_a_deletion_that_is_refused_once(replay: Replay) -> None:
    """A conflict with a deployment under way is waited for."""
    replay.fault("group delete", 1, "Conflict")
    assert _prove() == 0
    assert replay.groups() == {}


@pytest.mark.parametrize("missing", ["az", "func"])
def test_a_program_is_missing(
    replay: Replay,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    missing: str,
) -> None:
    """Without one of the programs nothing is begun."""
    (replay.folder / missing).unlink()
    monkeypatch.setenv("PATH", f"{replay.folder}:/usr/bin:/bin")
    assert _prove() == 2
    assert f"{missing} does not start" in capsys.readouterr().err
    assert not replay.calls("group create")


@pytest.mark.parametrize("number", SIGNALS)
def test_an_interruption(replay: Replay, number: int) -> None:
    """Ctrl-C, and a terminal that closes, end the command under way, and the group is deleted."""
    code, printed = replay.interrupt("deployment group create", number)
    assert code == 130, printed
    assert "Interrupted." in printed
    assert len(replay.calls("group delete")) == 1
    assert replay.groups() == {}


@pytest.mark.parametrize(("command", "code"), [("group create", 130), ("group delete", 3)])
def test_an_interruption_of_what_must_not_stop_halfway(
    replay: Replay, command: str, code: int
) -> None:
    """A group whose creation or deletion is under way is known to Azure before the program ends."""
    found, printed = replay.interrupt(command, signal.SIGINT)
    assert found == code, printed
    assert len(replay.calls("group create")) == 1
    assert replay.groups() == {}


def test_help() -> None:
    """The program says what it does and what it needs."""
    program = ROOT / "scripts/prove-in-azure"
    ended = subprocess.run([program, "--help"], capture_output=True, text=True, check=True)
    assert "LOCATION" in ended.stdout.upper()
    assert (
        subprocess.run([program, "premium", "x"], capture_output=True, check=False).returncode == 2
    )
