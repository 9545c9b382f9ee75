"""The command line: parse, call a verb, render, answer with an exit code. Nothing heavy is imported too early."""
