"""Reads exchanges from standard input (JSON) and writes what httplint notes about their answers."""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from httplint import HttpRequestLinter, HttpResponseLinter
from httplint.note import Note, levels


def _notes(exchange: dict[str, Any]) -> list[str]:
    """Return the faults and doubts, each with the name of its kind first."""
    request_head, answer = (
        exchange["request"].encode("latin-1"),
        exchange["answer"].encode("latin-1"),
    )
    method, path, version = request_head.split(b"\r\n", 1)[0].split(b" ", 2)
    request = HttpRequestLinter(start_time=exchange["time"])
    request.process_request_topline(method, b"http://127.0.0.1" + path, version)
    request.process_headers(_fields(request_head))
    request.finish_content(complete=True)
    head, _, content = answer.partition(b"\r\n\r\n")
    version, status, *reason = head.split(b"\r\n", 1)[0].split(b" ", 2)
    response = HttpResponseLinter(start_time=exchange["time"])
    response.request = request
    response.is_head_response = method == b"HEAD"
    response.process_response_topline(version, status, b"".join(reason))
    response.process_headers(_fields(head))
    response.feed_content(_unchunked(head, content))
    response.finish_content(complete=True)
    return [
        f"{type(note).__name__}: {note.summary}"
        for note in _flatten(response.notes)
        if note.level in {levels.BAD, levels.WARN}
    ]


def _flatten(notes: Iterable[Note]) -> Iterator[Note]:
    for note in notes:
        yield note
        yield from _flatten(note.subnotes)


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    lines = (line.partition(b":") for line in head.split(b"\r\n")[1:] if line)
    return [(name, value.strip()) for name, _, value in lines]


def _unchunked(head: bytes, content: bytes) -> bytes:
    if b"transfer-encoding: chunked" not in head.lower():
        return content
    whole = b""
    while content:
        size, _, content = content.partition(b"\r\n")
        length = int(size, 16)
        whole, content = whole + content[:length], content[length + 2 :]
    return whole


json.dump([_notes(exchange) for exchange in json.load(sys.stdin)], sys.stdout)
