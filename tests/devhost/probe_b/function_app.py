"""A probe with one function per method and a catch-all that declares no methods."""

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


@app.route("pets", methods=["GET", "HEAD"])
async def list_pets(req: func.HttpRequest) -> func.HttpResponse:
    return echo("list_pets", req)


@app.route("pets", methods=["POST"])
async def create_pet(req: func.HttpRequest) -> func.HttpResponse:
    return echo("create_pet", req, 201)


@app.route("pets/{pet_id}", methods=["GET", "HEAD"])
async def get_pet(req: func.HttpRequest) -> func.HttpResponse:
    return echo("get_pet", req)


@app.route("pets/{pet_id}", methods=["PUT"])
async def replace_pet(req: func.HttpRequest) -> func.HttpResponse:
    return echo("replace_pet", req)


@app.route("pets/{pet_id}", methods=["DELETE"])
async def delete_pet(req: func.HttpRequest) -> func.HttpResponse:
    return echo("delete_pet", req)


@app.route("pets/search", methods=["GET"])
async def find_pets(req: func.HttpRequest) -> func.HttpResponse:
    return echo("find_pets", req)


@app.route("pets/{pet_id}/photos/{photo_id}", methods=["GET"])
async def get_photo(req: func.HttpRequest) -> func.HttpResponse:
    return echo("get_photo", req)


@app.route("me/pets", methods=["GET"])
async def list_my_pets(req: func.HttpRequest) -> func.HttpResponse:
    return echo("list_my_pets", req)


@app.route("health", methods=["GET", "HEAD"])
async def health(req: func.HttpRequest) -> func.HttpResponse:
    return echo("health", req)


@app.route("health/ready", methods=["GET", "HEAD"])
async def health_ready(req: func.HttpRequest) -> func.HttpResponse:
    return echo("health_ready", req)


@app.route("{*path}")
async def unmatched(req: func.HttpRequest) -> func.HttpResponse:
    return echo("unmatched", req, 404)
