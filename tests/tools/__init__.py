"""Verbs of `make` that need a tool of their own. Each has its lock; none is part of the environment."""
