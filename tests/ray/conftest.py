"""One Ray for all tests of this folder, on this machine's loopback address alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ray.processes import Workers


@pytest.fixture(scope="session")
def ray_address(elsewhere: None) -> Iterator[str]:
    """Ray, with room for the workers of two runs; the address that others join it at."""
    from summarizer.distributed import cluster

    assert elsewhere is None
    with cluster.joined(None, workers=4) as ray:
        yield ray.get_runtime_context().gcs_address


@pytest.fixture
def session_logs(ray_address: str) -> Path:
    """The folder of Ray's own logs."""
    import ray

    assert ray_address
    return Path(ray._private.worker.global_worker.node.get_session_dir_path())


@pytest.fixture
def workers() -> Workers:
    return Workers()
