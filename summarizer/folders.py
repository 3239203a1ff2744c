"""Where this package keeps files of its own: one folder of the user's, for nobody else."""

from __future__ import annotations

import os
from pathlib import Path

_APPLICATION = "article-summarizer"


def cache_folder(chosen: Path | None = None) -> Path:
    """The folder for what can be made again: the chosen one, or the platform's.

    It need not exist. The platform's is `~/.cache/article-summarizer` on Linux, where
    XDG_CACHE_HOME goes before `~/.cache`. For a user without a home it is one that cannot
    be made.
    """
    if chosen is not None:
        return chosen
    import platformdirs

    try:
        folder = Path(platformdirs.user_cache_path(_APPLICATION, appauthor=False))
    except RuntimeError:
        folder = Path()
    # Older releases leave a home that is not known as `~`, in the working directory.
    return folder if folder.is_absolute() else Path(os.devnull, _APPLICATION)


def data_folder(chosen: Path | None = None) -> Path:
    """The folder for what cannot be made again: the chosen one, or the platform's.

    It need not exist. The platform's is `~/.local/share/article-summarizer` on Linux, where
    XDG_DATA_HOME goes before `~/.local/share`. For a user without a home it is one that
    cannot be made.
    """
    if chosen is not None:
        return chosen
    import platformdirs

    try:
        folder = Path(platformdirs.user_data_path(_APPLICATION, appauthor=False))
    except RuntimeError:
        folder = Path()
    return folder if folder.is_absolute() else Path(os.devnull, _APPLICATION)


def make_private(folder: Path) -> None:
    """Make a folder that its owner alone may enter, unless it exists. Raises OSError."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
