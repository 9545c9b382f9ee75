"""Decisions and bundles as somebody wants to read them: one module for each format. No clock, no files, no verdict of
its own: everything shown was decided before."""
