"""One call from its struct to its answer: options, retries, deadlines, pages, events."""
