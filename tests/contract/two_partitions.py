"""A small fake of Cosmos DB's wire with two physical partitions, and faults on demand.

Every emulator has one partition, and no emulator fails when told to. This server knows just enough
for the store: making databases and containers, the four operations on a document, and the queries
of ``find`` and ``due``. As Azure does, it refuses a query over both partitions, plans it, and then answers for
one partition at a time, in pages that may be short or empty although more follow.
"""

import asyncio
import json
import re
import ssl
import uuid
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote

from aiohttp import web

_PAGE = 5  # documents at most, whatever the client asks for
_RANGES = {"0": ("", "7F"), "1": ("7F", "FF")}
_ETAG_OF_RANGES = '"1"'
_OWNER_MISSING = {"x-ms-substatus": "1003"}
_NOT_SERVABLE = {"x-ms-substatus": "1004"}

_QUERY = re.compile(
    r"SELECT TOP (?P<top>\d+) \* FROM c(?: WHERE (?P<where>.+))?"
    r" ORDER BY c\.(?P<by>\w+) (?P<order>\w+)"
)
_REWRITTEN = re.compile(
    r'SELECT TOP (?P<top>\d+) c\._rid, \[\{"item": c\.(?P<by>\w+)\}\] AS orderByItems,'
    r" c AS payload FROM c WHERE \((?P<where>.+)\) AND \(true\) ORDER BY c\.(?P=by) (?P<order>\w+)"
)
_REWRITING = (
    'SELECT TOP {top} c._rid, [{{"item": c.{by}}}] AS orderByItems, c AS payload FROM c'
    " WHERE ({where}) AND ({{documentdb-formattableorderbyquery-filter}}) ORDER BY c.{by} {order}"
)
_COUNT = re.compile(r"SELECT VALUE COUNT\(1\) FROM c WHERE (?P<where>.+)")
_COUNT_REWRITTEN = re.compile(r'SELECT VALUE \[\{"item": COUNT\(1\)\}\] FROM c WHERE (?P<where>.+)')
_COMPARISON = re.compile(r"c\.(?P<member>\w+) (?P<test>=|<=|<|>) (?P<value>@\w+)")
_FUNCTION = re.compile(r"(?P<test>\w+)\(c\.(?P<member>\w+), (?P<value>@\w+)\)")
_NONE_OF = re.compile(r"(?P<test>NOT ARRAY_CONTAINS)\((?P<value>@\w+), c\.(?P<member>\w+)\)")
_FORMS = (_COMPARISON, _FUNCTION, _NONE_OF)
_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda member, value: member == value,
    # Nothing is less than or equal to null.
    "<=": lambda member, value: member is not None and member <= value,
    "<": lambda member, value: member < value,
    ">": lambda member, value: member > value,
    "ARRAY_CONTAINS": lambda member, value: value in member,
    "NOT ARRAY_CONTAINS": lambda member, values: member not in values,
    "STARTSWITH": lambda member, value: member.startswith(value),
}

type Documents = dict[str, dict[str, Any]]


@dataclass
class Fault:
    """What goes wrong, with which requests, how often.

    Attributes:
        kind: ``status``: that answer; ``hang``: none; ``reset``: the connection is cut before the
            request is done; ``lose``: it is done and then the connection is cut.
        requests: the kinds of request that fail (``TwoPartitions.requests``); empty for all.
        times: how many of them fail.
        then: what happens after the first failure, before anybody is told of it.
    """

    kind: Literal["status", "hang", "reset", "lose"]
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    requests: tuple[str, ...] = ()
    times: int = 1_000_000
    then: Callable[[], Awaitable[None]] | None = None

    def strikes(self, request: str) -> bool:
        """Return whether this request fails, and count it."""
        if self.times == 0 or (self.requests and request not in self.requests):
            return False
        self.times -= 1
        return True


class _Call(NamedTuple):
    """One request, taken apart."""

    kind: str
    path: list[str]
    headers: Mapping[str, str]
    body: Any


class _Refusal(Exception):
    def __init__(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.answer = _answer({"code": str(status), "message": "refused"}, status, headers or {})


class TwoPartitions:
    """The server.

    Attributes:
        fault: what goes wrong now.
        requests: the kind of each request that came, in order: account, database, container,
            ranges, create, read, replace, delete, query, plan.
        authorization: how the last request was authorized.
        endpoint: where it listens, once started.
    """

    def __init__(self) -> None:
        self.authorization = ""
        self.endpoint = ""
        self.fault: Fault | None = None
        self.requests: list[str] = []
        self._databases: dict[str, dict[str, Documents]] = {}
        self._stopping = asyncio.Event()
        self._runner = web.ServerRunner(web.Server(self._handle), shutdown_timeout=1)

    async def start(self, tls: ssl.SSLContext | None = None) -> None:
        """Listen on a free port of 127.0.0.1."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=tls).start()
        port = self._runner.addresses[0][1]
        self.endpoint = f"{'https' if tls else 'http'}://127.0.0.1:{port}"

    async def stop(self) -> None:
        """Let go of the port and of every connection."""
        self._stopping.set()
        await self._runner.cleanup()

    def drop(self, database: str) -> None:
        """Lose a database with all that is in it."""
        del self._databases[database]

    async def _handle(self, request: web.BaseRequest) -> web.Response:
        path = [part for part in request.path.split("/") if part]
        body = json.loads(await request.read() or "null")
        call = _Call(_kind(request, path), path, request.headers.copy(), body)
        self.requests.append(call.kind)
        self.authorization = unquote(request.headers.get("Authorization", ""))
        fault = self.fault if self.fault and self.fault.strikes(call.kind) else None
        if fault and fault.kind == "hang":
            await self._stopping.wait()
        if fault and fault.kind == "status":
            return _answer({"message": "a fault"}, fault.status, fault.headers)
        answer = web.Response() if fault and fault.kind == "reset" else self._answer(call)
        if fault and fault.then:
            await fault.then()
        if fault and request.transport is not None:
            request.transport.abort()
        return answer

    def _answer(self, call: _Call) -> web.Response:
        try:
            answer: web.Response = getattr(self, f"_{call.kind}")(call)
        except _Refusal as refusal:
            return refusal.answer
        return answer

    def _account(self, _: _Call) -> web.Response:
        consistency = {"defaultConsistencyLevel": "Session"}
        return _answer(
            {"writableLocations": [], "readableLocations": [], "userConsistencyPolicy": consistency}
        )

    def _database(self, call: _Call) -> web.Response:
        if call.body is not None:
            return self._made(self._databases, call.body["id"], {})
        if call.path[1] not in self._databases:
            raise _Refusal(404)
        return _answer({"id": call.path[1], "_rid": "db"})

    def _container(self, call: _Call) -> web.Response:
        containers = self._databases.get(call.path[1])
        if containers is None:
            raise _Refusal(404, _OWNER_MISSING)
        if call.body is not None:
            return self._made(containers, call.body["id"], {})
        if call.path[3] not in containers:
            raise _Refusal(404)
        key = {"paths": ["/id"], "kind": "Hash", "version": 2}
        return _answer({"id": call.path[3], "_rid": "db+c", "partitionKey": key})

    def _made(self, shelf: dict[str, Any], name: str, content: dict[str, Any]) -> web.Response:
        if name in shelf:
            raise _Refusal(409)
        shelf[name] = content
        key = {"paths": ["/id"], "kind": "Hash", "version": 2}
        return _answer({"id": name, "_rid": "new", "partitionKey": key}, 201)

    def _ranges(self, call: _Call) -> web.Response:
        self._documents(call)
        if call.headers.get("If-None-Match") == _ETAG_OF_RANGES:
            return _answer(None, 304, {"etag": _ETAG_OF_RANGES})
        ranges = [
            {"id": name, "minInclusive": low, "maxExclusive": high, "parents": []}
            for name, (low, high) in _RANGES.items()
        ]
        return _answer({"PartitionKeyRanges": ranges}, 200, {"etag": _ETAG_OF_RANGES})

    def _documents(self, call: _Call) -> Documents:
        try:
            return self._databases[call.path[1]][call.path[3]]
        except KeyError:
            raise _Refusal(404, _OWNER_MISSING) from None

    def _create(self, call: _Call) -> web.Response:
        documents = self._documents(call)
        pet_id = call.body["id"]
        if pet_id in documents:
            raise _Refusal(409)
        documents[pet_id] = _stamped(call.body)
        return _kept(documents[pet_id], 201)

    def _read(self, call: _Call) -> web.Response:
        return _kept(self._existing(call))

    def _replace(self, call: _Call) -> web.Response:
        self._existing(call)
        document = self._documents(call)[call.path[5]] = _stamped(call.body)
        return _kept(document)

    def _delete(self, call: _Call) -> web.Response:
        self._existing(call)
        del self._documents(call)[call.path[5]]
        return web.Response(status=204)

    def _existing(self, call: _Call) -> dict[str, Any]:
        pet_id = call.path[5]
        if json.loads(call.headers["x-ms-documentdb-partitionkey"]) != [pet_id]:
            raise _Refusal(400)
        document = self._documents(call).get(pet_id)
        if document is None:
            raise _Refusal(404)
        if call.headers.get("If-Match") not in {None, document["_etag"]}:
            raise _Refusal(412)
        return document

    def _query(self, call: _Call) -> web.Response:
        partition = call.headers.get("x-ms-documentdb-partitionkeyrangeid")
        if partition is None:
            raise _Refusal(400, _NOT_SERVABLE)
        values = {value["name"]: value["value"] for value in call.body["parameters"]}
        counted = _COUNT_REWRITTEN.fullmatch(call.body["query"])
        query = counted or _parsed(_REWRITTEN, call.body["query"])
        documents = [
            document
            for name, document in self._documents(call).items()
            if _partition(name) == partition and _matches(document, query["where"], values)
        ]
        if counted:
            return _answer({"Documents": [[{"item": len(documents)}]]})
        documents.sort(key=lambda document: document[query["by"]], reverse=query["order"] == "DESC")
        found = [
            {"_rid": it["id"], "orderByItems": [{"item": it[query["by"]]}], "payload": it}
            for it in documents
        ]
        return _page(found[: int(query["top"])], partition, call.headers.get("x-ms-continuation"))

    def _plan(self, call: _Call) -> web.Response:
        if counted := _COUNT.fullmatch(call.body["query"]):
            rewritten = f'SELECT VALUE [{{"item": COUNT(1)}}] FROM c WHERE {counted["where"]}'  # noqa: S608
            return _planned(aggregates=["Count"], rewrittenQuery=rewritten, hasSelectValue=True)
        query = _parsed(_QUERY, call.body["query"])
        by, order = query["by"], query["order"]
        where = query["where"] or "true"
        rewritten = _REWRITING.format(top=query["top"], where=where, by=by, order=order)
        return _planned(
            top=int(query["top"]),
            orderBy=["Descending" if order == "DESC" else "Ascending"],
            orderByExpressions=[f"c.{by}"],
            rewrittenQuery=rewritten,
        )


def _planned(**info: object) -> web.Response:
    empty: dict[str, object] = {"distinctType": "None", "aggregates": [], "hasSelectValue": False}
    everything = {"min": "", "max": "FF", "isMinInclusive": True, "isMaxInclusive": False}
    return _answer({"queryInfo": empty | info, "queryRanges": [everything]})


def _kind(request: web.BaseRequest, path: list[str]) -> str:
    if request.headers.get("x-ms-cosmos-is-query-plan-request"):
        return "plan"
    if request.headers.get("x-ms-documentdb-isquery"):
        return "query"
    if path[-1:] == ["pkranges"]:
        return "ranges"
    documents = {"POST": "create", "GET": "read", "PUT": "replace", "DELETE": "delete"}
    kinds = ("account", "database", "container", documents[request.method])
    return kinds[(len(path) + 1) // 2]


def _parsed(form: re.Pattern[str], text: str) -> Mapping[str, Any]:
    match = form.fullmatch(text)
    if match is None:
        raise _Refusal(400)
    return match.groupdict()


def _matches(document: Mapping[str, Any], where: str, values: Mapping[str, Any]) -> bool:
    return where == "true" or all(
        _holds(document, condition, values) for condition in where.split(" AND ")
    )


def _holds(document: Mapping[str, Any], condition: str, values: Mapping[str, Any]) -> bool:
    match = next(filter(None, (form.fullmatch(condition) for form in _FORMS)), None)
    if match is None:
        raise _Refusal(400)
    if match["member"] not in document:  # what is undefined passes no test
        return False
    return _TESTS[match["test"]](document[match["member"]], values[match["value"]])


def _page(found: list[Any], partition: str, continuation: str | None) -> web.Response:
    start = int(continuation or 0)
    # The first page of the first partition is empty, and has a continuation nevertheless.
    size = 0 if continuation is None and partition == "0" else _PAGE
    is_last = size > 0 and len(found) <= start + size
    more = {} if is_last else {"x-ms-continuation": str(start + size)}
    return _answer({"Documents": found[start : start + size]}, 200, more)


def _partition(name: str) -> str:
    return str(zlib.crc32(name.encode()) % len(_RANGES))


def _stamped(document: Mapping[str, Any]) -> dict[str, Any]:
    return {**document, "_rid": document["id"], "_etag": f'"{uuid.uuid4()}"'}


def _kept(document: Mapping[str, Any], status: int = 200) -> web.Response:
    session = f"{_partition(document['id'])}:-1#1"
    headers = {"etag": document["_etag"], "x-ms-session-token": session}
    return _answer(document, status, headers)


def _answer(
    body: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    return web.json_response(body, status=status, headers=headers)
