"""Start this machine's Python as Lambda starts its own: nothing but the SDK, layers and code."""

import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

SDK = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3")
"""What the runtime brings: the SDK for Python and what that imports."""


def link_sdk(folder: Path) -> None:
    """Make `folder` look like the runtime's packages, with the versions in .venv."""
    packages = Path(sysconfig.get_path("purelib"))
    for name in SDK:
        (folder / name).symlink_to(packages / name)


def command(code: str, *, paths: Sequence[Path]) -> list[str]:
    """Return the command that runs `code` in a fresh Python.

    Args:
        code: Statements.
        paths: Where packages are looked for, in this order, before the standard library.
    """
    found_in = [str(path) for path in paths]
    # Neither .venv nor what the interpreter itself has installed: -I and -S leave both out.
    interpreter = str(Path(sys.executable).resolve())
    return [interpreter, "-I", "-S", "-c", f"import sys; sys.path[:0] = {found_in!r}\n{code}"]
