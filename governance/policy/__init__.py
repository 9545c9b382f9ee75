"""Judging: rules over evidence, policies that select and parameterise them, the decision they lead to. Pure."""
