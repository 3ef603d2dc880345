"""The service's protocol, as pure functions on plain data: requests and answers, signatures, endpoints."""
