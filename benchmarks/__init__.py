"""What Phiz reaches, measured beside its peers: ``python -m benchmarks``. See docs/benchmarks.md."""
