"""One call, from request struct to answer: options, retries, deadlines, pages, events."""
