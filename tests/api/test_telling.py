"""Headers and log lines that tell how a request went."""

import json
import logging
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from function_app import wiring
from tests.api.client import Client

PET = {"name": "Ada", "species": "cat", "owner_email": "ada@example.com"}
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def _lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [
        json.loads(record.getMessage())
        for record in caplog.records
        if record.name == "petstore.requests"
    ]


async def test_caching(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pets are revalidated, lists kept by shared caches, and nothing else is kept."""
    place = (await client.post("/api/pets", PET)).headers["location"]
    assert (await client.get(place)).headers["cache-control"] == "no-cache"
    shared = "public, s-maxage=300, max-age=0"
    assert (await client.get("/api/pets")).headers["cache-control"] == shared
    for path in ("/api/health", "/api/health/ready", "/api/nothing", "/api/pets/x"):
        assert (await client.get(path)).headers["cache-control"] == "no-store"
    monkeypatch.setenv("LIST_CACHE_SECONDS", "0")
    await wiring.close()
    assert (await client.get("/api/pets")).headers["cache-control"] == "no-store"


async def test_server_timing(client: Client) -> None:
    """Each answer tells how long it took, and how much of that the store."""
    for path in ("/api/pets/x", "/api/nothing"):
        timing = (await client.get(path)).headers["server-timing"]
        assert re.fullmatch(r"store;dur=\d+\.\d, total;dur=\d+\.\d", timing)


async def test_no_charge_without_cosmos(client: Client) -> None:
    """SQLite counts no request units, and none are told."""
    assert "x-request-charge" not in (await client.get("/api/pets")).headers


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, ["everybody may write", "AzureWebJobsStorage is not set"]),
        ({"WEBSITE_SITE_NAME": "x", "COSMOS_ENDPOINT": "https://x.example"}, ["nobody may write"]),
        ({"JWT_SECRET": "short"}, ["settings are wrong, every request will be refused"]),
    ],
)
async def test_notices_come_within_the_first_request(
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    environment: dict[str, str],
    said: list[str],
) -> None:
    """What operators should know is a warning in the first request, once: the host drops the rest."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(wiring, "_is_reported", False)
    await wiring.close()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            await client.get("/api/health")
    texts = [record.getMessage() for record in caplog.records if record.name == "petstore"]
    for words in said:
        assert len([text for text in texts if words in text]) == 1


async def test_the_log_line(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """One line a request tells what it was, with the caller's trace, and nothing personal."""
    with caplog.at_level(logging.INFO):
        await client.post("/api/pets", PET, Traceparent=TRACE, Authorization="Bearer secret")
        await client.get("/api/pets/secret-id?x=secret", {"X-Request-Id": "r1"})
    created, missed = _lines(caplog)
    assert created.pop("ms") >= 0
    assert created.pop("request_id")
    assert created == {
        "method": "POST",
        "route": "pets",
        "status": 201,
        "trace_id": TRACE[3:35],
        "parent_id": TRACE[36:52],
    }
    assert (missed["route"], missed["status"], missed["request_id"]) == ("pets/{pet_id}", 404, "r1")
    assert "secret" not in caplog.text
    assert "ada@example.com" not in caplog.text


@pytest.mark.parametrize(
    "value",
    ["", "x", TRACE.upper(), f"01{TRACE[2:]}", f"00-{'0' * 32}-00f067aa0ba902b7-01", TRACE + "-x"],
)
async def test_bad_traces(client: Client, caplog: pytest.LogCaptureFixture, value: str) -> None:
    """A traceparent that breaks the standard is passed over."""
    with caplog.at_level(logging.INFO):
        assert (await client.get("/api/health", {"traceparent": value})).status == 200
    assert "trace_id" not in _lines(caplog)[0]


_NAMES = ["Accept", "Content-Type", "If-Match", "If-None-Match", "Origin", "X-Request-Id", "traceparent",
          "Access-Control-Request-Method", "Authorization", "Idempotency-Key"]  # fmt: skip
_PATHS = ["/api/pets", "/api/pets/x", "/api/health", "/api/nothing", "/api/pets?name="]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "FOO"]),
    path=st.sampled_from(_PATHS),
    headers=st.dictionaries(
        st.sampled_from(_NAMES),
        st.text(st.characters(min_codepoint=32, max_codepoint=126)),
        max_size=5,
    ),
    body=st.binary(max_size=40),
)
async def test_fuzzed_headers(
    client: Client, method: str, path: str, headers: dict[str, str], body: bytes
) -> None:
    """Whatever the headers hold, there is an answer below 500, and its headers are clean ASCII."""
    answer = await client.request(method, path, body, headers)
    assert answer.status < 500
    for name, value in answer.headers.items():
        assert value.isascii(), name
        assert not set(value) & set("\r\n\0"), name


@pytest.mark.parametrize("name", _NAMES)
async def test_huge_headers(client: Client, name: str) -> None:
    """A header of 10,000 characters gets an answer below 500, in good time."""
    for value in ("a" * 10_000, "," * 10_000, '"a",' * 2_500, "a;" * 5_000, "*/*," * 2_500):
        for method in ("GET", "POST", "OPTIONS"):
            assert (await client.request(method, "/api/pets", b"{}", {name: value})).status < 500
