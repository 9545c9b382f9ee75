"""Rules about performance."""
