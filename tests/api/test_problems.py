"""Every error has an answer: its own, its ancestor's, or that of a bug."""

import importlib
import logging
import pkgutil
from collections.abc import Iterator
from typing import NoReturn

import pytest

import petstore
from petstore.errors import (
    AlreadyExists,
    BadMessage,
    InvalidBody,
    NotFound,
    PetStoreError,
    StoreUnavailable,
    VersionConflict,
)
from petstore.http.errors import HttpError, MalformedRequest
from petstore.http.problems import find_row
from petstore.pets import Pets
from tests.api.client import Client

# Bases that nobody raises, and errors that the app deals with itself: where one gets out, it is a bug.
_BUGS = {PetStoreError, HttpError, MalformedRequest, InvalidBody, AlreadyExists, BadMessage}


def _subclasses(kind: type[PetStoreError]) -> Iterator[type[PetStoreError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _subclasses(child)


def _errors_of_the_app() -> set[type[PetStoreError]]:
    for module in pkgutil.walk_packages(petstore.__path__, "petstore."):
        importlib.import_module(module.name)
    return {kind for kind in _subclasses(PetStoreError) if kind.__module__.startswith("petstore")}


def test_no_error_is_forgotten() -> None:
    """Each error of the app has an answer, or is named here as one that never gets out."""
    assert {kind for kind in _errors_of_the_app() if find_row(kind) is None} == _BUGS


class _Overloaded(StoreUnavailable):
    """An error that nobody has put into the table."""


class _Unforeseen(PetStoreError):
    """An error that has no ancestor in the table either."""


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (_Overloaded("away", retry_after=9), 503),
        (_Unforeseen("secret"), 500),
        (AlreadyExists("secret"), 500),
        (BadMessage("secret"), 500),
        (NotFound("1"), 404),
        (VersionConflict("1"), 412),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_whatever_is_raised_is_answered(
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: PetStoreError,
    status: int,
) -> None:
    """An error without a row is answered as its ancestor is, else as a bug, with id and traceback."""

    def fail(*_: object) -> NoReturn:
        raise error

    monkeypatch.setattr(Pets, "get", fail)
    with caplog.at_level(logging.ERROR):
        answer = await client.get("/api/pets/1", headers={"X-Request-Id": "my-request"})
    assert (answer.status, answer.json()["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == "my-request"
    assert b"secret" not in answer.body
    assert ("Traceback" in caplog.text) is (status == 500)
    if isinstance(error, StoreUnavailable):
        assert answer.headers["retry-after"] == "9"
