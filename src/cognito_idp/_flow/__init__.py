"""Flows and their drivers: each loop of the library is written once, as a generator, and runs sync and async."""
