"""Bytes of any kind for every parser: one list of targets, one small corpus, run by `make fuzz` and by the unit tests."""
