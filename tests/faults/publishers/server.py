"""A server that stands for any publisher. Its first path segment is the publisher's host, as `ENTREPOT_FETCH_VIA` sends it.

A publisher is a function `(Asked) -> Answer`. A test puts faults before it: each is used for so many requests, in order.
"""

import gzip
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request as it came: the publisher's host, the path below it, the parameters, the headers in lower case."""

    host: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """`first_seconds` passes before the first byte; after `cut_after` bytes the line breaks, after `stall_after` it is silent."""

    body: bytes = b""
    status: int = 200
    kind: str = "application/xml;charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    first_seconds: float = 0
    drip_seconds: float = 0
    cut_after: int | None = None
    stall_after: int | None = None
    is_chunked: bool = False


Publisher = Callable[[Asked], Answer]


def packed(answer: Answer, *, cut: int | None = None) -> Answer:
    """The same by gzip, whole or cut off though the length says it is whole."""
    body = gzip.compress(answer.body)[:cut]
    return replace(answer, body=body, headers={**answer.headers, "Content-Encoding": "gzip"})


@dataclass
class Served:
    """What a test holds: where the server is, what was asked, and the faults still to come."""

    publishers: dict[str, Publisher] = field(default_factory=dict)
    faults: list[Callable[[Asked], Answer | None]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    address: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_ending: threading.Event = field(default_factory=threading.Event)

    def fault(self, answer: Answer | Callable[[Asked], Answer | None], times: int = 1) -> None:
        """The next so many requests get this answer; where a function returns None, the publisher's own."""
        self.faults.extend([answer if callable(answer) else lambda asked: answer] * times)

    def always(self, host: str, answer: Answer | Publisher) -> None:
        self.publishers[host] = answer if callable(answer) else lambda asked: answer

    def answer(self, asked: Asked) -> Answer:
        with self.lock:
            self.asked.append(asked)
            fault = self.faults.pop(0) if self.faults else None
        answered = fault(asked) if fault else None
        if answered is not None:
            return answered
        publisher = self.publishers.get(asked.host)
        return publisher(asked) if publisher else Answer(b"unknown host", 404, "text/plain")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or the end of each answer waits 40 ms for the client to confirm its beginning
    served: Served

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        host, _, path = parts.path.lstrip("/").partition("/")
        params = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            self._send(self.served.answer(Asked(host, path, params, headers)))
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True

    def _send(self, answer: Answer) -> None:
        self.served.is_ending.wait(answer.first_seconds)
        if "Date" in answer.headers:
            self.send_response_only(answer.status)
        else:
            self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.is_chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif "Content-Length" not in answer.headers:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self._body(answer)

    def _body(self, answer: Answer) -> None:
        most = min(edge for edge in (answer.cut_after, answer.stall_after, len(answer.body)) if edge is not None)
        size = 1 if answer.drip_seconds else 65_536
        for start in range(0, most, size):
            piece = answer.body[start : min(start + size, most)]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if answer.is_chunked else piece)
            self.wfile.flush()
            if answer.drip_seconds and self.served.is_ending.wait(answer.drip_seconds):
                return
        if answer.stall_after is not None:
            self.served.is_ending.wait(60)
        if answer.is_chunked and most == len(answer.body):
            self.wfile.write(b"0\r\n\r\n")
        elif most < len(answer.body):
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Silent: what was asked is in `Served.asked`."""


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Served]:
    """A server on a free port of this machine, until the block ends."""
    served = Served()
    handler = type("Handler", (_Handler,), {"served": served})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    served.address = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        served.is_ending.set()
        server.shutdown()
        server.server_close()
        thread.join()


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Waits for what another thread or process brings about."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:g} s")
        time.sleep(0.02)
