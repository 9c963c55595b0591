"""The page of the served release on loopback: for a browser that will not open files, and for a colleague's tunnel."""

from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from orchestration.errors import EntrepotError

HOST = "127.0.0.1"


class Pages(SimpleHTTPRequestHandler):
    """Files of the folder and nothing else. The path is resolved anew each time, so a new release is seen at once."""

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def list_directory(self, path: Any) -> None:
        self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, *words: Any) -> None:
        """Silent: a person runs this beside other work."""


def server(site: Path, port: int) -> ThreadingHTTPServer:
    """Bound and ready; the caller lets it run. Port 0 takes any free one."""
    if not (site / "index.html").is_file():
        raise EntrepotError(f"There is no page in {site}. `entrepot build --force` makes a release that has one.")
    try:
        return ThreadingHTTPServer((HOST, port), partial(Pages, directory=str(site)))
    except (OSError, OverflowError) as problem:
        raise EntrepotError(
            f"Cannot listen on {HOST}:{port} ({problem}). Choose another port: `--port 0`."
        ) from problem
