"""One module per publisher. Adding a file here registers it; `orchestration.source.discover` reads them all."""
