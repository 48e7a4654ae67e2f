"""The measure: one async function that says hello."""

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route("hello")
async def hello(req: func.HttpRequest) -> func.HttpResponse:
    """Say hello."""
    return func.HttpResponse("hello")
