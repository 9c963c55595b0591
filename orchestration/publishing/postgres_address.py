"""Where a PostgreSQL copy goes: an address that may hold a password, read strictly and shown without it."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlencode

from orchestration.errors import EntrepotError

EXAMPLE = "postgresql://user@host:5432/database"
# What libpq takes, and no more: a stray sign in a password would else be read, and repeated, as a host or an option.
SHAPE = re.compile(
    r"(?:postgresql|postgres)://"
    r"(?:(?P<user>[^:@/?#\s]*)(?::(?P<password>[^:@/?#\s]*))?@)?"
    r"(?P<hosts>[\w.%-]*(?::\d+)?(?:,[\w.%-]+(?::\d+)?)*|\[[\da-fA-F:.]+\](?::\d+)?)"
    r"(?:/(?P<database>[^/?#@\s]*))?"
    r"(?:\?(?P<options>[^#@\s]*))?"
)
SECRET_OPTIONS = ("password", "sslpassword")
# A server that cannot be reached is told after seconds; its administrator sees who is connected.
DEFAULTS = {"connect_timeout": "15", "application_name": "entrepot"}
HIDDEN = "***"


@dataclass(frozen=True)
class Address:
    """`uri` goes to the driver and nowhere else; `shown` is for people and holds no password."""

    uri: str = field(repr=False)
    shown: str
    holds_password: bool
    secrets: tuple[str, ...] = field(repr=False)

    def redacted(self, text: str) -> str:
        """A text of the server or the driver, without the password in any spelling."""
        for secret in self.secrets:
            text = text.replace(secret, HIDDEN)
        return text


def address(text: str) -> Address:
    """Reads a `postgresql://` address. What is refused is not repeated, since it may hold a password."""
    scheme = text.partition("://")[0]
    if not re.fullmatch(r"postgres(ql)?", scheme):
        known = scheme if re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme) and "://" in text else "something else"
        raise EntrepotError(
            f"--to takes an address such as {EXAMPLE}, and this begins with {known}. Nothing was copied."
        )
    found = SHAPE.fullmatch(text)
    options = _options(found["options"]) if found else None
    if found is None or options is None:
        raise EntrepotError(
            f"The address of --to cannot be read; it should look like {EXAMPLE}. In a password, write : / ? # @ and "
            "blanks as %3A %2F %3F %23 %40 %20, or leave it out and use PGPASSWORD or ~/.pgpass. Nothing was copied."
        )
    written = {found["password"] or "", *(value for name, value in options.items() if name in SECRET_OPTIONS)} - {""}
    secrets = written | {unquote(secret) for secret in written}
    added = {name: value for name, value in DEFAULTS.items() if name not in options}
    user = f"{unquote(found['user'])}@" if found["user"] else ""
    return Address(
        uri=f"{text.rstrip('?')}{'&' if options else '?'}{urlencode(added)}" if added else text,
        shown=f"postgresql://{user}{found['hosts']}/{unquote(found['database'] or '')}",
        holds_password=bool(secrets),
        secrets=tuple(sorted(secrets, key=len, reverse=True)),
    )


def _options(text: str | None) -> dict[str, str] | None:
    """The part after the ?, values still percent-encoded; None where it is not pairs of a name and a value."""
    pairs = [part.partition("=") for part in (text or "").split("&") if text]
    if not all(name and sign for name, sign, _ in pairs):
        return None
    return {name: value for name, _, value in pairs}
