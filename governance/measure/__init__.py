"""Inputs become evidence: count tables by DuckDB, critical values, and what a limited child process says of a model."""
