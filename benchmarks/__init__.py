"""Benchmarks, each side by side with its peers in one run. The ratios matter most, since they outlive the machine."""
