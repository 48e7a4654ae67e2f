"""Answers in odd ways, and routes in odd shapes; the second probe for the local host."""

import base64
import json
from urllib.parse import parse_qs, urlsplit

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


def echo(name: str, req: func.HttpRequest) -> func.HttpResponse:
    body = req.get_body()
    return func.HttpResponse(
        json.dumps(
            {
                "function": name,
                "method": req.method,
                "url": req.url,
                "headers": sorted([k, v] for k, v in req.headers.items() if k != "connection"),
                "params": dict(req.params),
                "route": dict(req.route_params),
                "body": base64.b64encode(body[:64]).decode(),
                "length": len(body),
            }
        ),
        mimetype="application/json",
    )


@app.route("files/{name}.html")
def files_html(req: func.HttpRequest) -> func.HttpResponse:
    return echo("files_html", req)


@app.route("pair/{a}-{b}")
def pair(req: func.HttpRequest) -> func.HttpResponse:
    return echo("pair", req)


@app.route("default/{a=5}")
def default_value(req: func.HttpRequest) -> func.HttpResponse:
    return echo("default_value", req)


@app.route("optional/{a:int?}")
def optional_int(req: func.HttpRequest) -> func.HttpResponse:
    return echo("optional_int", req)


@app.route("range/{a:range(1,5)}")
def in_range(req: func.HttpRequest) -> func.HttpResponse:
    return echo("in_range", req)


@app.route("regex/{a:regex(^x+$)}")
def by_regex(req: func.HttpRequest) -> func.HttpResponse:
    return echo("by_regex", req)


@app.route("{lang}/page", methods=["GET"])
def zy_param_first(req: func.HttpRequest) -> func.HttpResponse:
    return echo("zy_param_first", req)


@app.route("Upper/CASE")
def Upper_Case(req: func.HttpRequest) -> func.HttpResponse:  # noqa: N802
    return echo("Upper_Case", req)


@app.route("answer")
def answer(req: func.HttpRequest) -> func.HttpResponse:
    """Answer as the query says: status, body, type, and h=NAME:VALUE repeated."""
    q = parse_qs(urlsplit(req.url).query, keep_blank_values=True)
    headers = {}
    for pair_ in q.get("h", []):
        k, _, v = pair_.partition(":")
        headers[k] = v
    body = q.get("body", [None])[0]
    kw = {"mimetype": q["type"][0]} if "type" in q else {}
    return func.HttpResponse(
        body, status_code=int(q.get("status", ["200"])[0]), headers=headers, **kw
    )
