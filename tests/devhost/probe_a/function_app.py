"""A probe: each function tells what the host handed to it, or answers in one odd way."""

import base64
import json

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


def echo(name, req, status=200):
    body = req.get_body()
    out = {
        "function": name,
        "method": req.method,
        "url": req.url,
        "headers": sorted([k, v] for k, v in req.headers.items()),
        "params": dict(req.params),
        "route": dict(req.route_params),
        "body": base64.b64encode(body[:64]).decode(),
        "length": len(body),
    }
    return func.HttpResponse(json.dumps(out), status_code=status, mimetype="application/json")


@app.function_name("items_collection")
@app.route("items", methods=["GET", "POST"])
async def items_collection(req: func.HttpRequest) -> func.HttpResponse:
    return echo("items_collection", req)


@app.function_name("items_one")
@app.route("items/{item_id}", methods=["GET", "PUT", "PATCH", "DELETE"])
async def items_one(req: func.HttpRequest) -> func.HttpResponse:
    return echo("items_one", req)


@app.function_name("items_search")
@app.route("items/search", methods=["GET"])
async def items_search(req: func.HttpRequest) -> func.HttpResponse:
    return echo("items_search", req)


@app.function_name("aa_first")
@app.route("aa/first", methods=["GET"])
async def aa_first(req: func.HttpRequest) -> func.HttpResponse:
    return echo("aa_first", req)


@app.function_name("ab_param")
@app.route("aa/{x}", methods=["GET"])
async def ab_param(req: func.HttpRequest) -> func.HttpResponse:
    return echo("ab_param", req)


@app.function_name("number")
@app.route("num/{n:int}", methods=["GET"])
async def number(req: func.HttpRequest) -> func.HttpResponse:
    return echo("number", req)


@app.function_name("optional")
@app.route("opt/{a?}", methods=["GET"])
async def optional(req: func.HttpRequest) -> func.HttpResponse:
    return echo("optional", req)


@app.function_name("anything")
@app.route("anything")
async def anything(req: func.HttpRequest) -> func.HttpResponse:
    return echo("anything", req)


@app.function_name("allmethods")
@app.route("allmethods", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def allmethods(req: func.HttpRequest) -> func.HttpResponse:
    return echo("allmethods", req)


@app.function_name("deep")
@app.route("deep/{*rest}", methods=["GET"])
async def deep(req: func.HttpRequest) -> func.HttpResponse:
    return echo("deep", req)


@app.function_name("boom")
@app.route("boom", methods=["GET"])
async def boom(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("boom goes the function")


@app.function_name("answers_none")
@app.route("answers/none", methods=["GET"])
async def answers_none(req: func.HttpRequest) -> func.HttpResponse:
    return None


@app.function_name("answers_text")
@app.route("answers/text", methods=["GET"])
async def answers_text(req: func.HttpRequest) -> str:
    return "plain words"


@app.function_name("answers_json_text")
@app.route("answers/json-text", methods=["GET"])
async def answers_json_text(req: func.HttpRequest) -> str:
    return '{"status": 201, "body": "x", "headers": {"x-a": "b"}}'


@app.function_name("status")
@app.route("status/{code:int}", methods=["GET", "HEAD", "DELETE"])
async def status(req: func.HttpRequest) -> func.HttpResponse:
    code = int(req.route_params["code"])
    body = req.params.get("body")
    return func.HttpResponse(body, status_code=code)


@app.function_name("response_headers")
@app.route("response-headers", methods=["GET", "HEAD"])
async def response_headers(req: func.HttpRequest) -> func.HttpResponse:
    """?case=... chooses one odd set of response headers."""
    case = req.params.get("case", "plain")
    r = func.HttpResponse("hello", status_code=200, mimetype="text/plain")
    h = r.headers
    if case == "twice":
        h.add("X-Twice", "one")
        h.add("X-Twice", "two")
    elif case == "cookies":
        h.add("Set-Cookie", "a=1; Path=/; HttpOnly; SameSite=Lax")
        h.add("Set-Cookie", "b=2; Max-Age=60; Secure")
    elif case == "etag":
        h["ETag"] = '"abc"'
        h["Cache-Control"] = "no-cache"
        h["Last-Modified"] = "Sat, 01 Nov 2025 10:00:00 GMT"
    elif case == "link":
        h["Link"] = '<http://localhost/api/items?cursor=x>; rel="next"'
        h["Location"] = "/api/items/1"
        h["Allow"] = "GET, POST"
        h["Vary"] = "Origin, Accept"
        h["Retry-After"] = "5"
        h["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    elif case == "content-length":
        h["Content-Length"] = "2"
    elif case == "transfer-encoding":
        h["Transfer-Encoding"] = "chunked"
    elif case == "date":
        h["Date"] = "Sat, 01 Nov 2025 10:00:00 GMT"
        h["Server"] = "mine"
    elif case == "connection":
        h["Connection"] = "close"
    elif case == "non-ascii":
        h["X-Name"] = "Zo\u00eb"
    elif case == "empty":
        h["X-Empty"] = ""
    elif case == "content-type":
        h["Content-Type"] = "application/problem+json; charset=utf-8"
    elif case == "encoding":
        h["Content-Encoding"] = "identity"
        h["Content-Language"] = "en"
        h["Content-Disposition"] = "inline"
        h["Expires"] = "0"
        h["Content-Range"] = "items 0-1/2"
    elif case == "bytes":
        return func.HttpResponse(b"\x00\x01\xff", mimetype="application/octet-stream")
    elif case == "no-type":
        return func.HttpResponse(b"abc")
    elif case == "nothing":
        return func.HttpResponse()
    elif case == "charset":
        return func.HttpResponse("h\u00e9", mimetype="application/json", charset="utf-8")
    return r


@app.function_name("size")
@app.route("size/{n:int}", methods=["GET"])
async def size(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(b"x" * int(req.route_params["n"]), mimetype="application/octet-stream")


@app.function_name("hello")
@app.route("hello", methods=["GET"])
async def hello(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("hello")


@app.function_name("zzz_fallback")
@app.route("fall/{*path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def zzz_fallback(req: func.HttpRequest) -> func.HttpResponse:
    return echo("zzz_fallback", req, 404)


@app.function_name("fall_item")
@app.route("fall/item", methods=["GET"])
async def fall_item(req: func.HttpRequest) -> func.HttpResponse:
    return echo("fall_item", req)


@app.timer_trigger(schedule="*/5 * * * * *", arg_name="timer", run_on_startup=False)
async def tick(timer: func.TimerRequest) -> None:
    pass
