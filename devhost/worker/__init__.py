"""Azure Functions' Python worker: loads an app and calls its functions."""
