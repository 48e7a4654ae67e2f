"""Runs an Azure Functions app (Python, v2 model) on a laptop, with nothing but PyPI packages.

Microsoft's own ``azure-functions-runtime`` loads ``function_app.py`` and calls its functions; this
package is the host around it: settings, routes, HTTP, behaving as the real host does.

``cli`` starts ``server`` (sockets) on a ``live_app``: a ``host`` (``routing``, ``requests``,
``responses``) that calls the functions of a ``worker``, a process with the runtime. Both are
replaced when files change. Only ``worker`` needs the runtime, and so Python 3.13.

``background`` runs what is not started by a request: a ``timer`` (``schedule``) or a ``listener``
for each function. ``invoker`` calls every function and sends its ``outputs``. ``accounts`` leads to
the queues: ``memory`` in this process, or ``storage`` of a storage account, which may be
the ``azurite`` that the dev host runs itself, from ``npm``.
"""

__version__ = "0.1.0"
