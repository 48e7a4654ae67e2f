"""HTTP: requests in, answers out. Only this room and ``function_app`` know HTTP."""
