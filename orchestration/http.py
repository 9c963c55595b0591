"""One polite client: it waits its turn, asks again only what may pass, reads no more than it should, and tells no key."""

import asyncio
import logging
import re
import ssl
import zlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import TypeVar
from urllib.parse import quote, quote_plus, unquote, urlsplit

import httpx
from aiolimiter import AsyncLimiter
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from orchestration.errors import EntrepotError
from orchestration.replies import KEY, Call, ClosedError, PassingError, RefusedError, Reply
from orchestration.settings import Patience
from orchestration.source import Access

USER_AGENT = f"entrepot/{version('entrepot')} (open trade-statistics warehouse; python-httpx/{httpx.__version__})"
BLOT = "[key]"
MOST_REDIRECTS = 3
MOST_BEHIND = timedelta(days=1)
LARGE_FILE_PATIENCE = 12
T = TypeVar("T")

# Both libraries write each request's address into the log, and some publishers want the key in it.
for library in ("httpx", "httpcore"):
    logging.getLogger(library).setLevel(logging.WARNING)


class Secret:
    """A key and the forms in which it may come back. Its text form is a blot."""

    def __init__(self, key: str | None) -> None:
        # A key copied in its encoded form would be encoded twice; a decoded one holds no percent sign.
        self._key = unquote(key) if key and "%" in key else key or ""
        plain = {self._key, key or ""}
        once = plain | {form(text) for form in (quote, quote_plus) for text in plain}
        safe = {quote(text, safe="") for text in once}
        self._forms = sorted((once | safe) - {""}, key=len, reverse=True)

    def __repr__(self) -> str:
        return BLOT

    def put_into(self, text: str) -> str:
        return text.replace(KEY, self._key)

    def put_into_address(self, text: str) -> str:
        return text.replace(KEY, quote(self._key, safe=""))

    def blot(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, BLOT)
        return text

    def blot_bytes(self, content: bytes) -> bytes:
        for form in self._forms:
            content = content.replace(form.encode(), BLOT.encode())
        return content


class Client:
    """Asks one publisher. Used within `async with`; `get` may be awaited many times at once.

    `via` is an address that all requests go to instead, the publisher's host as first part of the path: a mirror, or a
    server of a test.
    """

    def __init__(
        self,
        access: Access,
        key: str | None,
        patience: Patience,
        via: str | None = None,
    ) -> None:
        self._access, self._secret, self._patience, self._via = access, Secret(key), patience, via
        self._turn = AsyncLimiter(max(access.calls * patience.hurry, 1), access.seconds / max(1, patience.hurry))
        self._at_once = asyncio.Semaphore(access.at_once)
        timeout = httpx.Timeout(patience.read_seconds, connect=patience.connect_seconds, pool=None)
        self._http = httpx.AsyncClient(
            timeout=timeout, headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"}, follow_redirects=False
        )

    async def __aenter__(self) -> "Client":
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def get(self, call: Call, read: Callable[[Reply], T], before: Callable[[], None] = lambda: None) -> T:
        """What `read` makes of the reply. Raises what `read` raises, asked again while it may pass, with no key in it.

        `before` is called before each attempt; it may raise `ClosedError`.
        """

        async def once() -> T:
            return read(await self._once(call, before))

        return await self._tried(once)

    async def download(self, call: Call, path: Path, before: Callable[[], None] = lambda: None) -> None:
        """Writes the body to a file, from its start at each attempt. Raises as `get` does, and leaves no file then."""

        async def once() -> None:
            await self._once(call, before, path)

        try:
            await self._tried(once)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    async def _tried(self, once: Callable[[], Awaitable[T]]) -> T:
        tries = AsyncRetrying(
            retry=retry_if_exception_type(PassingError),
            stop=stop_after_attempt(self._patience.attempts),
            wait=self._wait,
            reraise=True,
        )
        try:
            async for attempt in tries:
                with attempt:
                    return await once()
        except EntrepotError as problem:
            tried = f"; tried {self._patience.attempts} times" if isinstance(problem, PassingError) else ""
            problem.args = (self._secret.blot(f"{problem}{tried}"),)
            raise problem from None
        raise AssertionError("a retry ends with an answer or an error")

    async def _once(self, call: Call, before: Callable[[], None], into: Path | None = None) -> Reply:
        seconds = self._patience.whole_seconds * (LARGE_FILE_PATIENCE if into else 1)
        async with self._at_once:
            await self._turn.acquire()
            before()
            try:
                async with asyncio.timeout(seconds):
                    reply = await self._send(call, into)
            except TimeoutError:
                raise PassingError(f"no whole reply within {seconds:g} s") from None
            except httpx.TimeoutException as problem:
                raise PassingError(f"no answer in time ({type(problem).__name__})") from None
            except httpx.TransportError as problem:
                raise self._broken(problem) from None
            except (httpx.InvalidURL, httpx.HTTPError, UnicodeError) as problem:
                raise RefusedError(f"the request cannot be sent ({type(problem).__name__})") from None
        _require_the_time(reply)
        self._access.judge(reply)
        return self._judged(reply)

    async def _send(self, call: Call, into: Path | None) -> Reply:
        request = self._http.build_request(
            "GET",
            self._led(self._secret.put_into_address(call.url)),
            params={name: self._secret.put_into(value) for name, value in call.params.items()} or None,
            headers={name: self._secret.put_into(value) for name, value in call.headers.items()},
        )
        for _ in range(MOST_REDIRECTS + 1):
            response = await self._http.send(request, stream=True)
            try:
                if response.next_request is None:
                    is_kept = into is not None and response.status_code < 300
                    body = await self._written(response, into) if into and is_kept else await self._body(response)
                    content = self._secret.blot_bytes(body)
                    return Reply(call, response.status_code, content, dict(response.headers))
                request = _within(request, response.next_request)
            finally:
                await response.aclose()
        raise RefusedError(f"the publisher redirects more than {MOST_REDIRECTS} times")

    def _led(self, url: str) -> str:
        if not self._via:
            return url
        parts = urlsplit(url)
        return f"{self._via.rstrip('/')}/{parts.netloc}{parts.path}{'?' if parts.query else ''}{parts.query}"

    async def _written(self, response: httpx.Response, into: Path) -> bytes:
        """To the disk as it comes; nothing of it is kept in memory. A line that breaks early is an error of the library."""
        most, size = self._access.largest_bytes, 0
        if int(response.headers.get("Content-Length") or 0) > most:
            raise RefusedError(f"the file announces more than {most:,} bytes")
        if response.headers.get("Content-Encoding", "identity").lower() not in ("identity", ""):
            raise RefusedError("the file is packed for the way, which was not asked for")
        try:
            with into.open("wb") as file:
                async for chunk in response.aiter_raw():
                    size += len(chunk)
                    if size > most:
                        raise RefusedError(f"the file has more than {most:,} bytes")
                    file.write(chunk)
        except OSError as problem:
            raise ClosedError(
                f"{into.parent} cannot be written ({problem.strerror or problem}): free some space"
            ) from None
        return b""

    async def _body(self, response: httpx.Response) -> bytes:
        """Unpacked here, not by the library, which takes a cut-off gzip for a whole one and has no bound."""
        most = self._access.largest_bytes
        if int(response.headers.get("Content-Length") or 0) > most:
            raise RefusedError(f"the reply announces more than {most:,} bytes")
        packing = response.headers.get("Content-Encoding", "identity").lower()
        if packing not in ("identity", "gzip", "x-gzip", ""):
            raise RefusedError(f"the reply is packed as {packing}, which was not asked for")
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16) if "gzip" in packing else None
        body = bytearray()
        async for chunk in response.aiter_raw():
            try:
                body += unpacker.decompress(chunk, most + 1 - len(body)) if unpacker else chunk
            except zlib.error as problem:
                raise PassingError(f"the reply is not the gzip it says it is ({problem})") from None
            if len(body) > most:
                raise RefusedError(f"the reply has more than {most:,} bytes")
        if unpacker and not unpacker.eof:
            raise PassingError(f"the reply is a gzip that is cut off after {len(body):,} bytes")
        return bytes(body)

    def _judged(self, reply: Reply) -> Reply:
        if reply.status < 300:
            return reply
        said = f"status {reply.status}: {reply.opening or 'no text'}"
        if reply.status in (408, 425, 429) or reply.status >= 500:
            seconds = _retry_after(reply.headers.get("retry-after"))
            if seconds is not None and seconds > self._patience.longest_wait_seconds:
                raise ClosedError(f"{said}; the publisher asks to come again after {seconds:.0f} s")
            raise PassingError(said, seconds)
        raise RefusedError(said)

    def _wait(self, state: RetryCallState) -> float:
        """As long as the publisher says, else twice as long each time, with a grain of chance."""
        problem = state.outcome.exception() if state.outcome else None
        asked = problem.retry_after_seconds if isinstance(problem, PassingError) else None
        if asked is not None:
            return asked
        first, longest = self._patience.first_wait_seconds, self._patience.longest_wait_seconds
        return float(wait_exponential_jitter(multiplier=first, max=longest, jitter=first)(state))

    def _broken(self, problem: httpx.TransportError) -> RefusedError:
        cause: BaseException | None = problem
        while cause is not None:
            if isinstance(cause, ssl.SSLError):
                reason = getattr(cause, "verify_message", "") or cause.reason or "TLS failed"
                return RefusedError(
                    f"the connection is not secure ({reason}). Nothing was sent. Behind a company's proxy name its "
                    "certificate by SSL_CERT_FILE; verification is never switched off"
                )
            cause = cause.__cause__ or cause.__context__
        return PassingError(f"the connection failed ({type(problem).__name__}: {problem})")


def _within(asked: httpx.Request, following: httpx.Request) -> httpx.Request:
    """A key given to one host is not carried to another, nor out of TLS."""
    here, there = asked.url, following.url
    if (here.scheme, here.host, here.port) != (there.scheme, there.host, there.port):
        raise RefusedError(f"the publisher redirects to another host ({there.host}), which is not followed")
    return following


def _require_the_time(reply: Reply) -> None:
    """What is fetched counts as known from now on. A cache makes a publisher's time older, never newer than it is."""
    said, now = _moment(reply.headers.get("date")), datetime.now(UTC)
    if said is not None and said - now > MOST_BEHIND:
        raise ClosedError(
            f"this machine's clock says {now:%Y-%m-%d %H:%M} UTC and the publisher's {said:%Y-%m-%d %H:%M}. Figures would "
            "count as known before they were. Set the clock, then fetch again"
        )


def _retry_after(header: str | None) -> float | None:
    """Seconds, from a number of seconds or a date."""
    if header and re.fullmatch(r"\s*[0-9]+\s*", header):
        return float(header)
    moment = _moment(header)
    return None if moment is None else max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _moment(header: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(header or "").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
