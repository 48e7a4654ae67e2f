"""What is printed while the host runs."""

import logging
import sys

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
