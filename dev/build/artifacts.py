"""Build each artifact once, however many functions ask for it."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".build"
"""Finished artifacts, each named after the content that it was made from."""


def fingerprint(files: Iterable[Path], *facts: str) -> str:
    """Return what changes when one of `files` is renamed or edited, or one of `facts` differs."""
    digest = sha256("\0".join(facts).encode())
    for file in sorted(files):
        digest.update(f"\0{file.relative_to(ROOT)}\0".encode())
        digest.update(sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def provide(name: str, target: Path, make: Callable[[Path], None]) -> None:
    """Fill `target` with the artifact `name`.

    Args:
        name: Says what went into the artifact, so that it changes with it.
        target: A folder on the same disk as the project.
        make: Fills the empty folder that it is given. Called if `name` was never made.
    """
    kept = KEPT / name
    if not kept.exists():
        KEPT.mkdir(exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=KEPT))
        try:
            make(unfinished)
            unfinished.chmod(0o755)
            unfinished.rename(kept)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(kept, target, copy_function=os.link, dirs_exist_ok=True)
