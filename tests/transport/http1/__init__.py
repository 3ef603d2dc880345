"""HTTP/1.1 without I/O: odd answers with our decision for each, bounds, and the bytes of a request."""
