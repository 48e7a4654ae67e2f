"""Runs an Azure Functions app (Python, v2 model) on a laptop, with nothing but PyPI packages.

Microsoft's own ``azure-functions-runtime`` loads ``function_app.py`` and calls its functions; this
package is the host around it: settings, routes, HTTP, with the manners of the real host.

``cli`` starts ``server`` (sockets) on ``host`` (``routing``, ``requests``, ``responses``), which
calls the functions of ``worker`` (the runtime). ``messages`` and ``functions`` are what they say
to each other. Only ``worker`` needs the runtime, and so Python 3.13.

``background`` runs what no request starts: a ``timer`` (``schedule``) or a ``listener`` for each
function. ``caller`` calls every function and sends its ``outputs``. ``accounts`` leads to the
queues: ``memory_queues`` in this process, or ``storage_queues`` of a storage account, which may be
the ``azurite`` that the dev host runs itself, from ``npm``.
"""
