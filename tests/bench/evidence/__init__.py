"""What the history, as-of, the feed and its followers cost: `python -m tests.bench.evidence`."""
