"""What an install needs beyond the base: the modules that the extras of pyproject.toml bring."""

from governance.measure import NEEDS

MEASURE = NEEDS
PDF = ("reportlab",)
SERVER = ("fastapi", "jinja2", "psycopg", "python_multipart", "uvicorn")
