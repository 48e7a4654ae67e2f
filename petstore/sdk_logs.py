"""How much the Azure SDK may log."""

import logging

# Not "azure": the Functions library and worker log under "azure.functions".
_LOGGERS = ("azure.core", "azure.cosmos", "azure.identity", "msal")


def quiet_sdk() -> None:
    """Let the SDK log warnings and errors only.

    The worker forwards every record from level INFO on to the host, and so to Application Insights.
    At that level the SDK logs two records for each call of Cosmos DB, with URL, ids and headers. A
    level that somebody has set stays.
    """
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.WARNING)
