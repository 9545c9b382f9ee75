"""Frozen, typed facts about one model version. No thresholds, no frames, no IO."""
