"""The way in without a key, as in Azure: a managed identity's token, over TLS."""

import gc
import os
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from aiohttp import web

from petstore.errors import NotFound, StoreUnavailable
from petstore.ids import new_id
from petstore.repository.cosmos.account import CosmosAccount
from petstore.repository.cosmos.store import CosmosStore
from petstore.repository.port import PetQuery
from tests.certificates import certificate
from tests.contract.samples import a_pet, closing
from tests.contract.two_partitions import TwoPartitions
from tests.emulator.cosmos_emulator import EMULATOR_KEY

pytestmark = pytest.mark.servers


@pytest.fixture
async def asked(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[Mapping[str, str]]]:
    """Each question to the platform's token service, which answers as App Service's does."""
    questions: list[Mapping[str, str]] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        questions.append({**request.query, "proof": request.headers["X-IDENTITY-HEADER"]})
        token = {"access_token": "a-token", "expires_on": str(int(time.time()) + 86_400)}
        resource = request.query["resource"]
        return web.json_response({**token, "token_type": "Bearer", "resource": resource})

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{runner.addresses[0][1]}/token")
    monkeypatch.setenv("IDENTITY_HEADER", "a-proof")
    yield questions
    await runner.cleanup()


@pytest.fixture
async def secure_wire(tmp_path: Path) -> AsyncIterator[TwoPartitions]:
    """The fake of the wire over TLS: the SDK sends tokens nowhere else."""
    fake = TwoPartitions()
    await fake.start(certificate(tmp_path)[0])
    yield fake
    await fake.stop()


async def test_works_with_a_token(
    secure_wire: TwoPartitions, asked: list[Mapping[str, str]]
) -> None:
    """All is done with one token, for the identity that the settings name."""
    database = f"test-{secrets.token_hex(4)}"
    endpoint = secure_wire.endpoint
    async with closing(
        CosmosStore(CosmosAccount(endpoint, EMULATOR_KEY, None, database, "pets"))
    ) as operator:
        await operator.ping()  # makes the containers, as infra/ does in Azure
    async with closing(
        CosmosStore(
            CosmosAccount(endpoint, None, "an-id", database, "pets", environment=os.environ)
        )
    ) as store:
        added = await store.pets.add(a_pet())
        await store.pets.replace(added.value, added.version)
        assert list((await store.pets.find(PetQuery())).items) == [added.value]
        await store.pets.remove(added.value.id)
        with pytest.raises(NotFound):
            await store.pets.get(added.value.id)
    gc.collect()
    assert secure_wire.authorization == "type=aad&ver=1.0&sig=a-token"
    (question,) = asked
    assert question["client_id"] == "an-id"
    assert question["proof"] == "a-proof"
    assert question["resource"] == "https://127.0.0.1"


@pytest.mark.usefixtures("asked")
async def test_makes_no_containers(secure_wire: TwoPartitions) -> None:
    """An identity may not make containers, so none is tried: the reason names what is missing."""
    async with closing(
        CosmosStore(
            CosmosAccount(secure_wire.endpoint, None, None, "db", "pets", environment=os.environ)
        )
    ) as store:
        with pytest.raises(StoreUnavailable, match="no container 'pets' in database 'db'"):
            await store.pets.get(new_id())
    gc.collect()
    assert "database" not in secure_wire.requests


async def test_without_an_identity(
    secure_wire: TwoPartitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the token service is away the store is unavailable, in time, and leaves nothing."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:1/token")
    monkeypatch.setenv("IDENTITY_HEADER", "a-proof")
    async with closing(
        CosmosStore(
            CosmosAccount(secure_wire.endpoint, None, None, "db", "pets", environment=os.environ)
        )
    ) as store:
        started = time.monotonic()
        with pytest.raises(StoreUnavailable):
            await store.pets.get(new_id())
        assert time.monotonic() - started < 5
    gc.collect()
    assert secure_wire.requests == []


@pytest.fixture
def az(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a stand-in for the Azure CLI on the PATH; it notes how it was called."""
    program = tmp_path / "bin" / "az"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\n"
        f'echo "$@" >>{tmp_path}/calls\n'
        """echo '{"accessToken": "my-token", "expires_on": 4102444800, "tokenType": "Bearer"}'\n"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    return tmp_path / "calls"


async def test_who_is_logged_in(secure_wire: TwoPartitions, az: Path) -> None:
    """On a laptop the identity is the one of `az login`, so that operators need no key either."""
    endpoint = secure_wire.endpoint
    async with closing(
        CosmosStore(CosmosAccount(endpoint, EMULATOR_KEY, None, "db", "pets"))
    ) as operator:
        await operator.ping()
    async with closing(
        CosmosStore(CosmosAccount(endpoint, None, None, "db", "pets", in_azure=False))
    ) as store:
        await store.pets.add(a_pet())
        await store.pets.find(PetQuery())
    gc.collect()
    assert secure_wire.authorization == "type=aad&ver=1.0&sig=my-token"
    (call,) = az.read_text().splitlines()  # noqa: ASYNC240 - a short file
    assert call.startswith("account get-access-token")


async def test_nobody_is_logged_in(
    secure_wire: TwoPartitions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the Azure CLI the reason says so, with both remedies."""
    monkeypatch.setenv("PATH", str(tmp_path))
    store = CosmosStore(
        CosmosAccount(secure_wire.endpoint, None, None, "db", "pets", in_azure=False)
    )
    async with closing(store):
        with pytest.raises(
            StoreUnavailable, match=r"COSMOS_KEY, or run `az login` .*Azure CLI not found"
        ):
            await store.pets.get(new_id())
    gc.collect()
