"""Silently wrong data: printings that are damaged in ways that parse, and what stops each of them before publication."""
