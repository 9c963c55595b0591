"""Does the project keep its own rules? A failure is a fault of ours, and its message says how to mend it."""
