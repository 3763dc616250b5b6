"""Directories outside the checkout, and things built once per content.

A build is keyed by what it is made from, so that a second clone, a later branch and CI find it again and a changed
input makes a new one.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

PRODUCT = "multiparty-meeting-ha"


def cache_home() -> Path:
    """The product's cache directory (XDG Base Directory: `$XDG_CACHE_HOME`, else `~/.cache`)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / PRODUCT


def state_home() -> Path:
    """The product's state directory (XDG Base Directory: `$XDG_STATE_HOME`, else `~/.local/state`)."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / PRODUCT


def content_key(*parts: Path | str) -> str:
    """A short hash over strings and files; a directory counts with every file below it, by relative name.

    Raises:
        FileNotFoundError: a path that does not exist.
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            digest.update(b"text\0" + part.encode() + b"\0")
            continue
        for file in _files(part):
            digest.update(file.relative_to(part.parent).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def built(name: str, key: str, build: Callable[[Path], None]) -> Path:
    """The directory `<cache>/<name>/<key>`, made by `build(directory)` unless it is there already.

    The build runs in a directory beside it that is renamed when it succeeds, so that an interrupted build is never
    mistaken for a finished one.
    """
    home = cache_home() / name
    done = home / key
    if done.is_dir():
        return done
    home.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{key}-", dir=home))
    try:
        build(work)
        work.chmod(0o755)
        if not done.is_dir():
            work.rename(done)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return done


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(
        f for f in path.rglob("*") if f.is_file() and "__pycache__" not in f.parts and "node_modules" not in f.parts
    )
