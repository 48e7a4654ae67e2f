"""What functions may answer: lengths, statuses, header names and values; text that is JSON."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest

from devhost.host import Host
from devhost.host_json import HostJson
from devhost.http.requests import Request
from devhost.http.responses import Response, UnsendableError, response_of
from devhost.worker.functions import Outcome
from devhost.worker.messages import Message, TypedData
from tests.devhost.fakes import FakeWorker, http_trigger
from tests.devhost.running import Running, running

_PROBE = Path(__file__).parent / "probe_c"


def _http(
    body: str = "", status: object = "200", headers: Mapping[str, str] | None = None
) -> TypedData:
    content = TypedData(bytes=body.encode())
    return TypedData(
        http=Message(status_code=status, headers=headers or {}, cookies=None, body=content)
    )


@pytest.mark.parametrize("length", ["", "x", "-1", "+5", "5.0", " 5", "\u0665", "4", "9" * 30])
@pytest.mark.parametrize("is_head", [False, True])
def test_wrong_lengths(length: str, is_head: bool) -> None:  # noqa: FBT001
    """A Content-Length that is not a number, or less than the body, cannot be sent."""
    with pytest.raises(UnsendableError):
        response_of(_http("hello", headers={"Content-Length": length}), is_head=is_head)


@pytest.mark.parametrize(
    ("status", "length", "good"),
    [
        *((204, "0", True), (204, "5", False), (204, "x", False), (205, "5", False)),
        *((304, "0", True), (304, "5", True), (304, "x", False)),
    ],
)
def test_lengths_without_a_body(status: int, length: str, good: bool) -> None:  # noqa: FBT001
    """A 304 may have the length that a 200 would have, a 204 none but 0."""
    returned = _http("", status, {"Content-Length": length})
    try:
        assert response_of(returned).status == status
        assert good
    except UnsendableError:
        assert not good


@pytest.mark.parametrize("status", ["0", "99", "-1", "1000", "x", "", "2e2", "٢٠٠", None])
def test_statuses_that_cannot_be_sent(status: object) -> None:
    """A status that is not of three digits cannot be sent; the others pass as they are."""
    with pytest.raises(UnsendableError, match="is not a status"):
        response_of(_http("x", status))
    assert [response_of(_http("x", str(good))).status for good in (200, 299, 599, 999)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("", "x"), (" X", "x"), ("X ", "x"), ("X Y", "x"), ("X\t", "x"), ("X\r\nY", "x")),
        *(("X(y)", "x"), ("X\0", "x"), ("É", "x"), ("X", "a\r\nY: b"), ("X", "a\nb")),
        *(("X", "a\0b"), ("X", "\x7f"), ("X", "é"), ("Transfer-Encoding", "chunked")),
    ],
)
def test_headers_that_cannot_be_sent(name: str, value: str) -> None:
    """A name that is not a token, or a value beyond printable ASCII, cannot be sent."""
    with pytest.raises(UnsendableError):
        response_of(_http("x", headers={name: value}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x", (200, b"x")),
        ('{"a": 1}', (200, b'{\n  "a": 1\n}')),
        ('{"body": "x", "status": 201, "headers": {"X": 1}}', (201, b"x")),
        ('{"body": "x", "status": 204}', (204, b"")),
        ('{"body": {"a": 1}, "headers": null}', (200, b'{"a": 1}')),
        ('{"body": "x", "headers": [1]}', None),
        ('{"body": "x", "status": "many"}', None),
        ('{"body": "x", "headers": {"X": "a\\nb"}}', None),
        ("[" * 50_000, (200, b"[" * 50_000)),
        ("\ud800", (200, b"?")),
    ],
)
def test_text(text: str, expected: tuple[int, bytes] | None) -> None:
    """Text is sent; a JSON object with a body is a response, and refused where it cannot be one."""
    try:
        response: Response | None = response_of(TypedData(string=text))
    except UnsendableError:
        response = None
    assert (response and (response.status, response.body)) == expected


@pytest.fixture(scope="module")
def probe() -> Iterator[Running]:
    """Run the probe that answers as its query says."""
    pytest.importorskip(
        "azure_functions_runtime", reason="SKIPPED: the dev host runs on Python 3.13 and later"
    )
    with running(_PROBE) as found:
        yield found


def _answer(probe: Running, method: str, *headers: str, **query: str) -> tuple[bytes, bytes]:
    """Return the head and the body of an answer, to the connection's end."""
    pairs = [*query.items(), *(("h", header) for header in headers)]
    target = "&".join(f"{name}={quote(value)}" for name, value in pairs)
    request = f"{method} /api/answer?{target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    head, _, body = probe.exchange(request.encode()).partition(b"\r\n\r\n")
    return head, body


@pytest.mark.parametrize(
    ("method", "body", "length"), [("GET", "hello", "5"), ("HEAD", "hello", "5"), ("HEAD", "", "9")]
)
def test_a_right_length_is_passed_on(probe: Running, method: str, body: str, length: str) -> None:
    """The function's Content-Length arrives once; with HEAD it may be that of a body not made."""
    head, sent = _answer(probe, method, f"Content-Length:{length}", body=body)
    assert head.startswith(b"HTTP/1.1 200 ")
    assert head.lower().count(b"content-length:") == 1
    assert f"content-length: {length}\r\n".encode() in head.lower() + b"\r\n"
    assert sent == (body.encode() if method == "GET" else b"")


def _custom(headers: Mapping[str, str]) -> HostJson:
    return HostJson(custom_headers=tuple(headers.items()))


async def _ask_with(settings: HostJson, answer: TypedData) -> Response:
    async def handler(_: Mapping[str, TypedData], __: Mapping[str, TypedData]) -> Outcome:
        return Outcome(answer, {}, None)

    worker = FakeWorker()
    worker.add("f", handler, http_trigger("f"))
    response, name = await Host(worker, settings).handle(Request("GET", "/api/f"))
    assert name == "f"
    return response


async def test_custom_headers_do_not_repeat_those_of_the_function() -> None:
    """What the function set stays, in any case of the name; the others of host.json are added."""
    settings = _custom({"X-A": "host", "X-B": "host"})
    response = await _ask_with(settings, _http("x", headers={"x-a": "function"}))
    assert response.headers == [("x-a", "function"), ("X-B", "host")]


@pytest.mark.parametrize(("name", "value"), [("X Y", "x"), ("X", "a\nb"), ("É", "x"), ("X", "é")])
async def test_custom_headers_that_cannot_be_sent(
    name: str, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    """They make each answer a bare 500, as on the real host; the log has the reason."""
    response = await _ask_with(_custom({name: value}), _http("x"))
    assert (response.status, response.headers, response.body) == (500, [], b"")
    assert "customHeaders of host.json" in caplog.text


async def test_custom_headers_of_a_failure() -> None:
    """An answer that cannot be sent carries them too."""
    response = await _ask_with(_custom({"X-A": "host"}), _http("x", "many"))
    assert (response.status, response.headers) == (500, [("X-A", "host")])


def test_too_long_a_length_cuts_the_connection(probe: Running) -> None:
    """With a length above the body's the whole body arrives, then the connection ends."""
    head, body = _answer(probe, "GET", "Content-Length:9", body="hello")
    assert b"content-length: 9" in head.lower()
    assert body == b"hello"
