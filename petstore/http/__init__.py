"""HTTP: requests in, answers out. The only room beside ``function_app`` that knows HTTP."""
