"""Which pages may use a service that asks for no key: its own, and those that are named.

Without keys, any page that a browser on this machine shows could send it articles: an
address of this machine is no secret, and a page can give its own host's name that address.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from summarizer.service.config import ServiceConfig
from summarizer.service.problems import FORBIDDEN, Problem


def refusal(headers: Mapping[str, str], config: ServiceConfig) -> Problem | None:
    """Why a request without a key is not answered, if it is not.

    Its Host must be this machine's own, and a page that it comes from (Origin) the service's
    own or one of `allow_origins`.
    """
    host = headers.get("host", "")
    named = {urlsplit(origin).netloc for origin in config.allow_origins}
    if not (_is_local(host) or host in named):
        return Problem(FORBIDDEN, "The Host is not this machine's: use localhost, or keys.")
    origin = headers.get("origin")
    if origin is None or origin in config.allow_origins:
        return None
    if _host(origin) == host:
        return None
    return Problem(FORBIDDEN, "Pages of other origins may not use this service.")


def _is_local(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None
