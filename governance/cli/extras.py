"""What an install needs beyond the base: the modules that the extras of pyproject.toml bring."""

MEASURE = (
    *("duckdb", "fairlearn", "numpy", "onnxruntime", "pandas", "pyarrow"),
    *("scipy", "shap", "skops", "sklearn", "xgboost"),
)
PDF = ("reportlab",)
SERVER = ("fastapi", "jinja2", "psycopg", "python_multipart", "uvicorn")
