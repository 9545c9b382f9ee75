"""Rules about the purpose of a model."""
