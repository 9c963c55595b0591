"""Publishers that run on this machine: they answer over real HTTP and TLS as the real ones do, and misbehave on demand."""
