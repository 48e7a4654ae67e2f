"""From outputs to messages."""

import base64

import pytest

from devhost.queues.accounts import Accounts
from devhost.queues.settings import QueueSettings
from devhost.triggers.outputs import OutputError, Outputs, messages_of
from devhost.worker.functions import Function, Outcome
from devhost.worker.messages import TypedData
from tests.devhost.fakes import http_trigger, queue_output


@pytest.mark.parametrize(
    ("data", "messages"),
    [
        (None, []),
        (TypedData(), []),
        (TypedData(string="hello"), ["hello"]),
        (TypedData(string=""), [""]),
        (TypedData(string="  "), ["  "]),
        (TypedData(string='"quoted"'), ['"quoted"']),
        (TypedData(string='{"a":[1,"ö"]}'), ['{\n  "a": [\n    1,\n    "ö"\n  ]\n}']),
        (TypedData(string='["a", "b"]'), ["a", "b"]),
        (TypedData(bytes=b"\xff\x00"), [b"\xff\x00"]),
        (TypedData(bytes=b""), [b""]),
        (TypedData(json='["a", "", "c"]'), ["a", "", "c"]),
        (TypedData(json="[]"), []),
        (TypedData(json='{"id": "1", "body": "x"}'), ['{\n  "id": "1",\n  "body": "x"\n}']),
        (TypedData(json='"text"'), ["text"]),
    ],
)
def test_messages(data: TypedData | None, messages: list[str | bytes]) -> None:
    """Each value becomes the messages that the real host sends."""
    assert messages_of(data) == messages


@pytest.mark.parametrize(
    "data",
    [
        TypedData(json='["a", 1]'),
        TypedData(json='["a", null]'),
        TypedData(json="[[]]"),
        TypedData(json="7"),
        TypedData(json="{"),
        TypedData(string="{no json}"),
        TypedData(string="[" * 100_000 + "]"),
        TypedData(int=7),
    ],
)
def test_refused(data: TypedData) -> None:
    """What is neither text nor a list of it is refused."""
    with pytest.raises(ValueError, match=r"JSON|text"):
        messages_of(data)


_SETTING = "AzureWebJobsStorage"
_FUNCTION = Function(
    "f", "f", (http_trigger("f"), queue_output("one"), queue_output("two", "$return"))
)


async def _send(outcome: Outcome, settings: QueueSettings | None = None) -> dict[str, list[str]]:
    accounts = Accounts()
    await Outputs(accounts, settings or QueueSettings()).send(_FUNCTION, outcome)
    return await _texts(accounts)


async def _texts(accounts: Accounts) -> dict[str, list[str]]:
    names = accounts.memory.left()
    return {name: [m.text for m in await accounts.memory.receive(name, 32, 60)] for name in names}


async def test_sending(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outputs and the returned value are sent, in Base64 unless host.json says none."""
    monkeypatch.setenv(_SETTING, "devhost")
    outcome = Outcome(TypedData(string="r"), {"out": TypedData(json='["a", "b"]')}, None)
    coded = [base64.b64encode(text).decode() for text in (b"a", b"b")]
    assert await _send(outcome) == {"one": coded, "two": ["cg=="]}
    assert await _send(outcome, QueueSettings(is_base64=False)) == {"one": ["a", "b"], "two": ["r"]}


@pytest.mark.parametrize(
    "outputs",
    [
        {"out": TypedData(json='["fine", 1]')},
        {"out": TypedData(string="\ud800")},
        {"out": TypedData(string="x" * 50_000)},
    ],
)
async def test_all_or_nothing(
    monkeypatch: pytest.MonkeyPatch, outputs: dict[str, TypedData]
) -> None:
    """A value that cannot be sent is a failure, and nothing of it is sent."""
    monkeypatch.setenv(_SETTING, "devhost")
    accounts = Accounts()
    with pytest.raises(OutputError):
        await Outputs(accounts, QueueSettings()).send(_FUNCTION, Outcome(None, outputs, None))
    assert await _texts(accounts) == {}


async def test_no_connection() -> None:
    """Without the setting there is a failure, but only where there is something to send."""
    outputs = Outputs(Accounts(), QueueSettings())
    await outputs.send(_FUNCTION, Outcome(None, {}, None))
    with pytest.raises(OutputError, match="AzureWebJobsStorage is not set"):
        await outputs.send(_FUNCTION, Outcome(None, {"out": TypedData(string="x")}, None))
