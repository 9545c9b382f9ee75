"""Inputs become evidence: count tables by DuckDB, critical values, and what a limited child process says of a model."""

NEEDS = (
    *("duckdb", "fairlearn", "numpy", "onnxruntime", "pandas", "pyarrow"),
    *("scipy", "shap", "skops", "sklearn", "xgboost"),
)
"""The modules that the extra `measure` brings."""
