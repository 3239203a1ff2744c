"""Facts about addresses and URLs."""

from __future__ import annotations

import datetime as dt
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.sources.addresses import date_in_url, is_public, plain_url, without_user

PRIVATE_V4 = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.254", "100.100.100.200",
    "127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.0.1", "169.254.169.254",
    "172.16.0.1", "172.31.255.254", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1",
    "192.168.0.1", "198.18.0.1", "198.19.255.254", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255",
]  # fmt: skip
PUBLIC_V4 = ["1.1.1.1", "8.8.8.8", "93.184.215.14", "100.63.255.255", "100.128.0.0", "172.32.0.1"]


@pytest.mark.parametrize("address", PRIVATE_V4)
def test_an_address_that_is_not_public_is_told_in_every_form(address: str) -> None:
    assert not is_public(address)
    number = int(ipaddress.IPv4Address(address))
    carriers = [
        f"::ffff:{address}",
        f"::{address}",
        f"64:ff9b::{address}",
        str(ipaddress.IPv6Address((0x2002 << 112) | (number << 80))),
    ]
    assert [carrier for carrier in carriers if is_public(carrier)] == []


@pytest.mark.parametrize("address", PUBLIC_V4)
def test_a_public_address_is_public_also_behind_nat64_and_mapped(address: str) -> None:
    assert is_public(address)
    assert is_public(f"64:ff9b::{address}")
    assert is_public(f"::ffff:{address}")


@pytest.mark.parametrize(
    "address",
    [
        "::", "::1", "::1%lo", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254",
        "ff02::1", "ff0e::1", "100::1", "2001::1", "2001:2::1", "2001:10::1", "2001:20::1",
        "2001:db8::1", "3ffe::1", "3fff::1", "5f00::1", "64:ff9b:1::1", "::ffff:0:127.0.0.1",
        "4000::1", "e000::1",
    ],
)  # fmt: skip
def test_an_ipv6_address_outside_of_what_is_given_out_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["2606:4700:4700::1111", "2a00:1450:4001:81b::200e"])
def test_a_public_ipv6_address_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("name", ["", "localhost", "example.org", "127.1", "1.2.3.4.5", "0x7f.1"])
def test_what_is_no_address_is_not_public(name: str) -> None:
    assert not is_public(name)


@given(st.ip_addresses())
def test_no_address_is_public_that_python_calls_private(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    carried = ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::ffff:0:0/96")
    if is_public(str(address)) and not any(address in network for network in carried):
        assert not address.is_private
        assert not address.is_multicast


def test_a_plain_url_has_no_user_and_no_fragment() -> None:
    assert plain_url("HTTPS://me:pw@News.example:8080/a?b=c#d") == "https://News.example:8080/a?b=c"


@pytest.mark.parametrize("url", ["ftp://x.example/", "/a/b", "", "http://", "http://a b/", "x"])
def test_what_is_no_http_url_has_no_plain_form(url: str) -> None:
    assert plain_url(url) is None


@pytest.mark.parametrize("url", ["http://[::1", "http://x.example:99999/", "http://x:y/"])
def test_a_malformed_url_raises(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        plain_url(url)


def test_a_user_is_left_out_of_any_kind_of_url() -> None:
    assert without_user("ftp://me:pw@host/a@b") == "ftp://host/a@b"
    assert without_user("http://me@pw@host/") == "http://host/"
    assert without_user("http://host/a@b?c@d") == "http://host/a@b?c@d"


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("/2024/06/17/bridge-to-close", dt.date(2024, 6, 17)),
        ("/news/2024/6/7/bridge/", dt.date(2024, 6, 7)),
        ("/world/2024/jun/17/bridge", dt.date(2024, 6, 17)),
        ("/news/2024-06-17/bridge", dt.date(2024, 6, 17)),
        ("/news/2024-06-17-bridge.html", dt.date(2024, 6, 17)),
        ("/news/20240617/bridge", dt.date(2024, 6, 17)),
        ("/2024/06/17", dt.date(2024, 6, 17)),
        ("/2024/06/bridge", None),
        ("/2024/bridge", None),
        ("/2024/13/17/bridge", None),
        ("/2024/02/30/bridge", None),
        ("/news/article-20240617", None),
        ("/news/120240617/x", None),
        ("/news/vote-of-2024-06-17", None),
        ("/2024/06/17/and/2025/01/01/x", None),
        ("/a?d=/2024/06/17/", None),
        ("/1824/06/17/x", None),
        ("/", None),
    ],
)
def test_a_date_in_a_url_is_read_where_a_part_of_its_path_begins_with_it(
    path: str, day: dt.date | None
) -> None:
    assert date_in_url(f"https://news.example{path}") == day
