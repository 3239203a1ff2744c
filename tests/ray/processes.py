"""The processes that Ray has started, as the system tells them."""

from __future__ import annotations

import os
import signal
from pathlib import Path


class Workers:
    """The processes of this Ray that have articles."""

    def pids(self) -> list[int]:
        """Those that run now."""
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and _name(folder).startswith("ray::MapWorker"):
                pid = int(folder.name)
                if os.getpid() in _ancestors(pid):
                    found.append(pid)
        return sorted(found)

    def kill_one(self) -> int:
        """End one of them as the system would."""
        pid = self.pids()[0]
        os.kill(pid, signal.SIGKILL)
        return pid


def _name(folder: Path) -> str:
    try:
        return (folder / "cmdline").read_text(errors="replace")
    except OSError:
        return ""


def _ancestors(pid: int) -> list[int]:
    found: list[int] = []
    while pid > 1:
        try:
            status = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            break
        pid = int(status.rpartition(")")[2].split()[1])
        found.append(pid)
    return found
