"""Runs an Azure Functions app (Python, v2 model) on a laptop, with nothing but PyPI packages.

Microsoft's own ``azure-functions-runtime`` loads ``function_app.py`` and calls its functions; this
package is the host around it: settings, routes, HTTP, with the manners of the real host.

``cli`` starts ``server`` (sockets) on ``host`` (``routing``, ``requests``, ``responses``), which
calls the functions of ``worker`` (the runtime). ``messages`` and ``functions`` are what they say
to each other. Only ``worker`` needs the runtime, and so Python 3.13.
"""
