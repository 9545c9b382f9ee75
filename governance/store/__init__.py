"""Rows (keys and document bytes) and the one writer of the trail. Import what you need: `governance.store.trail`."""
