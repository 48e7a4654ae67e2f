"""What is logged once of a process: its store, settings that look misspelt, an empty store."""

import logging
from pathlib import Path

import pytest

from petstore.first_look import FirstLook, describe_store, find_misspelt
from petstore.settings import known_settings, read_settings
from petstore.wiring import Wiring
from tests.contract.samples import a_pet


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("COSMOS_ENDPONT", "COSMOS_ENDPOINT"),
        ("cosmos_endpoint", "COSMOS_ENDPOINT"),
        ("COSMOSDB_ENDPOINT", "COSMOS_ENDPOINT"),
        ("JWT_SECRETS", "JWT_SECRET"),
        ("WARMUP", "WARM_UP"),
        ("MAILS_PER_CALER", "MAILS_PER_CALLER"),
        ("AzureWebjobsStorage", "AzureWebJobsStorage"),
    ],
)
def test_misspelt(name: str, meant: str) -> None:
    """A name that is almost a setting's is found, but not where the setting itself is there."""
    assert find_misspelt({name: "x", "PATH": "x"}) == {name: meant}
    assert find_misspelt({name: "x", meant: "x"}) == {}


def test_names_of_others() -> None:
    """Variables of systems and other programs are left alone, and so are our own."""
    others = (
        *("PATH", "HOME", "USER", "MAIL", "SHELL", "LANG", "PWD", "HOSTNAME", "SMTP_HOST"),
        *("WEBSITE_HOSTNAME", "WEBSITE_INSTANCE_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"),
        *("AZURE_CONFIG_DIR", "FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsScriptRoot"),
        *("AzureWebJobsStorage__queueServiceUri", "PETSTORE_TOKEN", "PYTHONPATH"),
    )
    assert find_misspelt(dict.fromkeys(others, "x")) == {}
    assert find_misspelt(dict.fromkeys(known_settings(), "x")) == {}


def test_the_store_is_named() -> None:
    """The file's whole path, or the account and what is in it; never the key."""
    assert describe_store(read_settings({"PETSTORE_SQLITE_PATH": "a/b.db"})).endswith(
        str(Path("a/b.db").absolute())
    )
    account = {"COSMOS_ENDPOINT": "https://a.documents.azure.com/", "COSMOS_KEY": "c2VjcmV0"}
    text = describe_store(read_settings(account))
    assert "https://a.documents.azure.com/, container pets of database petstore" in text
    assert "c2VjcmV0" not in text


async def _messages(
    environment: dict[str, str], caplog: pytest.LogCaptureFixture, *, fill: bool = False
) -> list[str]:
    wiring = Wiring(environment)
    if fill:
        await wiring.store.pets.add(a_pet())
    first = FirstLook(environment)
    with caplog.at_level(logging.INFO, "petstore"):
        for _ in range(2):
            await first.report(lambda: wiring.settings, lambda: wiring.store)
    await wiring.close()
    return [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize("fill", [False, True])
async def test_an_empty_store(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    fill: bool,  # noqa: FBT001
) -> None:
    """An empty store says how to fill it, once; one with a pet does not."""
    environment = {"PETSTORE_SQLITE_PATH": str(tmp_path / "pets.db")}
    messages = await _messages(environment, caplog, fill=fill)
    assert messages[0] == f"pets are kept in {tmp_path / 'pets.db'}"
    assert [text for text in messages if "make import FILE=samples/pets.csv" in text] == messages[
        1:
    ]
    assert len(messages) == (1 if fill else 2)


@pytest.mark.parametrize(
    ("host", "rest"),
    [("127.0.0.1:7071", ""), ("127.0.0.1:7090", " PORT=7090"), ("pets.example", "")],
)
async def test_the_import_finds_the_server(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, host: str, rest: str
) -> None:
    """The command names the port where it is not the usual one."""
    environment = {"PETSTORE_SQLITE_PATH": str(tmp_path / "pets.db"), "WEBSITE_HOSTNAME": host}
    messages = await _messages(environment, caplog)
    assert f"`make import FILE=samples/pets.csv{rest}`" in messages[1]


@pytest.mark.parametrize(
    ("settings", "count"),
    [({"PETSTORE_SQLITE_PATH": "/dev/null/x"}, 2), ({"LIST_CACHE_SECONDS": "x"}, 1)],
)
async def test_what_is_wrong_is_not_said_twice(
    caplog: pytest.LogCaptureFixture, settings: dict[str, str], count: int
) -> None:
    """A store or settings that cannot be used end the look: the answer about readiness tells it."""
    messages = await _messages({"COSMOS_ENDPONT": "x", **settings}, caplog)
    assert (
        messages[0] == "COSMOS_ENDPONT is not a setting of this app: did you mean COSMOS_ENDPOINT?"
    )
    assert len(messages) == count
