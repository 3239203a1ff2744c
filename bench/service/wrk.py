"""One run of wrk: the same bodies in turn, and what was answered."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SCRIPT = """
local threads = {}
function setup(thread) table.insert(threads, thread) end

function init(args)
  ok, limited, busy, other, bare = 0, 0, 0, 0, 0
  local headers = {["Content-Type"] = "application/json"}
  if args[2] then headers["Authorization"] = "Bearer " .. args[2] end
  requests, turn = {}, 0
  for body in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("POST", nil, headers, body)
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function response(status, headers, body)
  if status == 200 then ok = ok + 1
  elseif status == 429 then limited = limited + 1
  elseif status == 503 then busy = busy + 1
  else other = other + 1 end
  if status == 429 or status == 503 then
    if not (headers["Retry-After"] or headers["retry-after"]) then bare = bare + 1 end
  end
end

function done(summary, latency, requests)
  local function sum(name)
    local total = 0
    for _, thread in ipairs(threads) do total = total + thread:get(name) end
    return total
  end
  local errors = summary.errors
  io.write(string.format(
    '\\nRESULT {"seconds": %f, "ok": %d, "limited": %d, "busy": %d, "other": %d, "bare": %d, '
      .. '"broken": %d, "p50": %f, "p99": %f}\\n',
    summary.duration / 1e6, sum("ok"), sum("limited"), sum("busy"), sum("other"), sum("bare"),
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e6, latency:percentile(99) / 1e6))
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What came back: answers by status (200, 429, 503, any other), and times in seconds.

    `bare` are those of 429 and 503 without Retry-After, `broken` connections without an
    answer.
    """

    seconds: float
    ok: int
    limited: int
    busy: int
    other: int
    bare: int
    broken: int
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Answers with 200 in a second."""
        return self.ok / self.seconds


def there() -> bool:
    """Whether wrk is installed."""
    return shutil.which("wrk") is not None


def load(
    url: str, bodies: Sequence[str], *, connections: int, seconds: int, key: str | None = None
) -> Load:
    """Send bodies, each a line of JSON, over so many connections for so many seconds."""
    with tempfile.TemporaryDirectory() as folder:
        script, lines = Path(folder, "load.lua"), Path(folder, "bodies.ndjson")
        script.write_text(_SCRIPT)
        lines.write_text("".join(f"{body}\n" for body in bodies))
        command = [
            "wrk", "--threads", "1", "--connections", str(connections),
            "--duration", f"{seconds}s", "--timeout", "30s", "--script", str(script), url, "--",
            str(lines), *([] if key is None else [key]),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    return Load(**json.loads(told.removeprefix("RESULT ")))
