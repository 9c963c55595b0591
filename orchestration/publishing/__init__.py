"""Hands finished marts to readers: a release file that is complete before anyone can see it."""
