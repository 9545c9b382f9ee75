"""The evidence in pictures: one file for each chart."""
