"""The REST API, version 1. Bodies are the core documents, byte for byte."""
