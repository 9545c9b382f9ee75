"""Rules about fairness."""
