"""Rules about explainability."""
