"""Superset's settings: state in the data folder, the served release as its only database, no word to anyone outside."""

import os
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

HOME = Path(os.environ["ENTREPOT_HOME"])
STATE = HOME / "superset"

APP_NAME = "Entrepôt"
SECRET_KEY = (STATE / "secret_key").read_text(encoding="ascii")
SQLALCHEMY_DATABASE_URI = f"sqlite:///{STATE / 'superset.db'}"
DATA_DIR = str(STATE)
LOG_LEVEL = "WARNING"
SQL_MAX_ROW = 100_000
RATELIMIT_STORAGE_URI = "memory://"

# A chart or plug-in that would call out (usage pixel, map tiles, fonts, avatars) is stopped by the browser.
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "connect-src": ["'self'"],
        "font-src": ["'self'", "data:"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "img-src": ["'self'", "blob:", "data:"],
        "object-src": "'none'",
        "script-src": ["'self'", "'strict-dynamic'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "worker-src": ["'self'", "blob:"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}
CONTENT_SECURITY_POLICY_WARNING = False
MAPBOX_API_KEY = ""


def DB_CONNECTION_MUTATOR(  # noqa: N802 (Superset's name)
    uri: URL, params: dict[str, Any], username: str | None, security_manager: Any, source: Any
) -> tuple[URL, dict[str, Any]]:
    """Every DuckDB connection reads the served release and can open nothing else, whatever was typed in the form.

    No connection is kept, so a new release is seen by the next query.
    """
    if uri.get_backend_name() != "duckdb":
        return uri, params
    given = params.get("connect_args", {}).get("config", {})
    hardened = {"enable_external_access": "false", "lock_configuration": "true"}
    params["connect_args"] = {"read_only": True, "config": {**given, **hardened}}
    params["poolclass"] = NullPool
    return uri.set(database=str(HOME / "serving" / "current" / "trade.duckdb"), query={}), params
