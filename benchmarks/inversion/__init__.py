"""Inversion beside the published algorithm: ``python -m benchmarks inversion``."""
