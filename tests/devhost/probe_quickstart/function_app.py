"""The shape of an app that starts from Microsoft's quickstarts: sync, async, timer, blueprint."""

import asyncio
import logging

import azure.functions as func
from http_blueprint import bp

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
app.register_functions(bp)


@app.route(route="http_trigger")
def http_trigger(req: func.HttpRequest) -> func.HttpResponse:
    """Greet whom query or body name; without a type of its own the answer is plain text."""
    logging.info("http_trigger was called")
    name = req.params.get("name")
    if not name:
        try:
            name = req.get_json().get("name")
        except ValueError:
            pass
    if name:
        return func.HttpResponse(f"Hello, {name}.")
    return func.HttpResponse("Pass a name in the query string or in the body.", status_code=200)


@app.function_name("async_trigger")
@app.route(route="async/{name:alpha?}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def waits(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer from a coroutine, with what the context knows."""
    await asyncio.sleep(0)
    name = req.route_params.get("name", "nobody")
    return func.HttpResponse(f"{context.function_name} greets {name}")


@app.timer_trigger(schedule="0 */5 * * * *", arg_name="myTimer", run_on_startup=True)
def timer_trigger(myTimer: func.TimerRequest) -> None:
    """Log at the start, and every five minutes."""
    logging.info("timer_trigger ran, past due: %s", myTimer.past_due)
