"""Ship compiled code, because a cold start that compiles takes twice as long.

`sam build` leaves no bytecode behind and dates every file in its zip 1980, so that Python takes
ordinary bytecode for stale. Unchecked hash-based bytecode (PEP 552) is loaded whatever the date of
its source.
Source: https://github.com/aws/aws-lambda-builders/issues/924
"""

import compileall
import importlib.util
from pathlib import Path
from py_compile import PycInvalidationMode

UNCHECKED_HASH = (1).to_bytes(4, "little")
"""The flags of a bytecode file that is never compared with its source (PEP 552)."""


def compile_tree(folder: Path, *, deployed_at: str) -> None:
    """Compile every module below `folder`.

    Args:
        folder: What is going to be zipped.
        deployed_at: Where Lambda unpacks it; tracebacks name files there.

    Raises:
        SystemExit: A module does not compile, or is left without bytecode.
    """
    compileall.compile_dir(
        folder,
        quiet=1,
        stripdir=str(folder),
        prependdir=deployed_at,
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )
    if missing := modules_without_bytecode(folder):
        raise SystemExit(f"No bytecode for: {', '.join(map(str, missing))}")


def modules_without_bytecode(folder: Path) -> list[Path]:
    """List the modules below `folder` that this Python would compile when they are imported."""
    header = importlib.util.MAGIC_NUMBER + UNCHECKED_HASH
    return [
        module
        for module in sorted(folder.rglob("*.py"))
        if not (bytecode := Path(importlib.util.cache_from_source(str(module)))).exists()
        or not bytecode.read_bytes().startswith(header)
    ]
