"""Facts about what a batch remembers of its rows and failures."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

import pytest

from summarizer.batch.ledger import Ledger


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with contextlib.closing(Ledger()) as made:
        yield made


def test_a_row_is_found_by_its_article_and_known_by_its_source_too(ledger: Ledger) -> None:
    assert (ledger.find(b"k"), ledger.has(b"k", b"s")) == (None, False)
    ledger.add(b"k", b"s", 0)
    assert (ledger.find(b"k"), ledger.has(b"k", b"s"), ledger.has(b"k", b"t")) == (0, True, False)


def test_only_a_failure_for_good_of_the_same_article_counts(ledger: Ledger) -> None:
    ledger.fail(b"s", b"k", 0, final=False)
    assert not ledger.failed(b"k", b"s")
    ledger.fail(b"s", b"k", 50, final=True)
    assert ledger.failed(b"k", b"s")
    assert not ledger.failed(b"other", b"s")
    assert not ledger.failed(b"k", b"t")


def test_a_source_that_could_not_be_read_has_failed_no_article(ledger: Ledger) -> None:
    ledger.fail(b"s", None, 0, final=True)
    assert not ledger.failed(b"k", b"s")


def test_the_last_failure_stands_until_there_is_a_row(ledger: Ledger) -> None:
    ledger.fail(b"s", b"k", 0, final=True)
    ledger.fail(b"s", b"k", 50, final=True)
    assert (ledger.stands(0, b"s"), ledger.stands(50, b"s")) == (False, True)
    ledger.add(b"k", b"s", 0)
    assert not ledger.stands(50, b"s")


@pytest.mark.skipif(sys.platform != "linux", reason="reads its memory from /proc")
def test_memory_does_not_grow_with_the_rows() -> None:
    code = """
import re
from pathlib import Path
from summarizer.batch.ledger import Ledger

def kilobytes():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

ledger = Ledger()
sizes = []
for number in range(200_000):
    name = (number * 0x9E3779B97F4A7C15 % (1 << 128)).to_bytes(16, "little")
    ledger.add(name, name, number)
    if number in (100_000, 199_999):
        sizes.append(kilobytes())
assert ledger.find(bytes(16)) == 0
print(sizes[1] - sizes[0])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8"
    )
    # 100,000 rows are 5 MB on the disk.
    assert int(done.stdout) < 1_000
