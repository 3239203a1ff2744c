"""Which addresses a URL may lead to, how a URL is written down, and the date it carries."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from urllib.parse import urlsplit, urlunsplit

#: Not public, and not told by `is_global` in every Python: shared address space (RFC 6598),
#: protocol assignments, the 6to4 relays, benchmarking, the former class E, and the address at
#: which Azure's virtual machines reach their host.
_NOT_PUBLIC_V4 = tuple(
    map(
        ipaddress.IPv4Network,
        "0.0.0.0/8 100.64.0.0/10 168.63.129.16/32 192.0.0.0/24 192.88.99.0/24 198.18.0.0/15 "
        "240.0.0.0/4".split(),
    )
)
#: The only part of IPv6 that is given out for public use.
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(
    map(
        ipaddress.IPv6Network,
        "2001::/23 2001:db8::/32 2002::/16 3ffe::/16 3fff::/20".split(),
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_DATE_IN_PATH = re.compile(
    r"/(?P<year>(?:19|20)\d\d)"
    r"(?:/(?P<month>\d{1,2}|[a-z]{3})/(?P<day>\d{1,2})(?=/|$)"
    r"|-(?P<month2>\d\d)-(?P<day2>\d\d)(?=[/_-]|\.[a-z]+$|$)"
    r"|(?P<month3>\d\d)(?P<day3>\d\d)(?=/|$))",
    re.IGNORECASE,
)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_USER = re.compile(r"^([^/?#]*//)[^/?#]*@")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f]")


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet.

    An IPv6 address that stands for an IPv4 address (mapped, NAT64) is as public as that one;
    the retired ways to carry one (compatible, 6to4, Teredo) are not public. A string that is
    no address is not public.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        embedded = _embedded(ip)
        if embedded is None:
            return (
                ip in _PUBLIC_V6
                and ip.is_global
                and not any(ip in network for network in _NOT_PUBLIC_V6)
            )
        ip = embedded
    return (
        ip.is_global
        and not (ip.is_multicast or ip.is_reserved)
        and not any(ip in network for network in _NOT_PUBLIC_V4)
    )


def _embedded(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that traffic to this IPv6 address ends at, or None."""
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


def plain_url(url: str) -> str | None:
    """An http(s) URL without user name, password and fragment, or None if it is no such URL.

    Raises ValueError for a malformed one.
    """
    parts = urlsplit(url)
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        return None
    if _SPACE.search(url):
        return None
    parts.port  # noqa: B018 - raises for a port out of range
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme.lower(), host, parts.path, parts.query, ""))


def without_user(url: str) -> str:
    """The URL, or what looks like one, without its user name and password."""
    return _USER.sub(r"\1", url)


def date_in_url(url: str) -> dt.date | None:
    """The date that the path of an address begins a part with, as in `/2024/06/17/title`."""
    dates = set()
    for match in _DATE_IN_PATH.finditer(urlsplit(url).path):
        parts = match.groupdict()
        month = parts["month"] or parts["month2"] or parts["month3"]
        day = parts["day"] or parts["day2"] or parts["day3"]
        if month.lower() in _MONTHS:
            month = str(_MONTHS.index(month.lower()) + 1)
        try:
            dates.add(dt.date(int(parts["year"]), int(month), int(day)))
        except ValueError:  # digits that are no date
            continue
    return dates.pop() if len(dates) == 1 else None
