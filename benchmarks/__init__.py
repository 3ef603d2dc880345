"""Benchmarks: each one side by side with its peers in one run. Ratios are what counts; they outlive the machine."""
