"""Rules about artifact."""
