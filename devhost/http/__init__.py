"""From a request on the wire to a function, and from what it returned to the response."""
