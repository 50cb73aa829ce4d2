"""Measurements: `make bench`. Ratios to a textbook service on the same tables; never a test, never timed by one."""
