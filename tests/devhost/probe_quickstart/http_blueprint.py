"""A blueprint: functions in a file of their own."""

import azure.functions as func

bp = func.Blueprint()


@bp.route(route="default_template")
def default_template(req: func.HttpRequest) -> func.HttpResponse:
    """Answer JSON with a status of its own."""
    return func.HttpResponse('{"from": "blueprint"}', status_code=201, mimetype="application/json")
