"""The servers of these tests. `make test-servers` builds them and says where they are."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.servers import processes, tiny_model
from tests.servers.processes import Served

#: The proxy's master key.
MASTER_KEY = "sk-master-0123456789"

Start = Callable[..., AbstractContextManager[Served]]


@pytest.fixture(scope="session")
def interpreter() -> str:
    """The Python that has the servers."""
    found = os.environ.get("SERVERS_PYTHON")
    if not found or not Path(found).exists():
        pytest.fail("SERVERS_PYTHON names no Python with servers: run `make test-servers`")
    return found


@pytest.fixture(scope="session")
def start_llama(interpreter: str, tmp_path_factory: pytest.TempPathFactory) -> Start:
    """Starts llama-cpp-python's server with the tiny model; further options by name."""
    model = tmp_path_factory.mktemp("model") / "tiny.gguf"
    tiny_model.write(model)

    def start(**options: object) -> AbstractContextManager[Served]:
        port = processes.free_port()
        chosen: dict[str, object] = {
            "model": model,
            "model_alias": "tiny",
            "host": "127.0.0.1",
            "port": port,
            "n_ctx": 16384,
            "n_threads": 1,
            "n_threads_batch": 1,
            "seed": 7,
            "verbose": "false",
        }
        words = [f"--{name}={value}" for name, value in (chosen | options).items()]
        return processes.serve(
            [interpreter, "-m", "llama_cpp.server", *words],
            port=port,
            ready="/docs",
            folder=tmp_path_factory.mktemp("llama"),
        )

    return start


@pytest.fixture(scope="session")
def llama(start_llama: Start) -> Iterator[Served]:
    """llama-cpp-python's server, for all tests that leave it alive."""
    with start_llama() as served:
        yield served


@pytest.fixture(scope="session")
def start_litellm(interpreter: str, tmp_path_factory: pytest.TempPathFactory) -> Start:
    """Starts the LiteLLM proxy with models by name, each given by its `litellm_params`."""

    def start(models: dict[str, dict[str, Any]]) -> AbstractContextManager[Served]:
        folder = tmp_path_factory.mktemp("litellm")
        listed = [
            {"model_name": name, "litellm_params": {"api_key": "unused", **given}}
            for name, given in models.items()
        ]
        config = {
            "model_list": listed,
            "general_settings": {"master_key": MASTER_KEY},
            "litellm_settings": {"num_retries": 0, "telemetry": False},
        }
        # JSON is YAML.
        (folder / "config.yaml").write_text(json.dumps(config))
        port = processes.free_port()
        command = [str(Path(interpreter).parent / "litellm"), "--config", "config.yaml"]
        return processes.serve(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            port=port,
            ready="/health/readiness",
            folder=folder,
            environment={"LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_DOCS": "True"},
        )

    return start
