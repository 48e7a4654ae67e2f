"""What is printed while the host runs."""

import logging
import sys
import time

# They report every HTTP call and every invocation.
_QUIET = ("azure", "aiohttp.access")


def set_up() -> None:
    """Print the app's log records, with tracebacks, as the real host would."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S")
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # The runtime's; what it says of an app that cannot be loaded is said more clearly by cli.
    logging.getLogger("azure.functions").setLevel(logging.CRITICAL)


def called(kind: str, name: str, began: float, *, is_good: bool, more: str = "") -> None:
    """Print a line about a call of a background function.

    Args:
        kind: the trigger's kind.
        name: the function's name.
        began: ``time.perf_counter()`` before the call.
        is_good: whether it succeeded.
        more: what else there is to say.
    """
    milliseconds = (time.perf_counter() - began) * 1000
    result = "succeeded" if is_good else "FAILED"
    line = f"{time.strftime('%H:%M:%S')} {kind} {name} {result} {milliseconds:.1f} ms {more}"
    print(line.rstrip(), flush=True)
