"""Build the code that all functions share: `python -m dev.build.functions TARGET`."""

import os
import shutil
import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from dev.build.artifacts import ROOT, fingerprint, provide
from dev.build.bytecode import compile_tree

SOURCE = ROOT / "functions"
PACKAGES = ("handlers", "scheduling", "translations")


def build(target: Path) -> None:
    """Fill `target` with the packages, their bytecode and the compiled catalogues.

    Raises:
        SystemExit: A module does not compile.
    """
    files = [
        file
        for package in PACKAGES
        for file in (SOURCE / package).rglob("*")
        if file.is_file() and file.suffix not in {".pyc", ".mo"}
    ]
    tools = Path(__file__).parent.glob("*.py")
    provide(f"functions-{fingerprint([*files, *tools], sys.version)}", target, make)


def make(folder: Path) -> None:
    """Make the artifact in `folder`, which is empty."""
    for package in PACKAGES:
        shutil.copytree(
            SOURCE / package,
            folder / package,
            ignore=shutil.ignore_patterns("__pycache__", "*.po", "*.pot", "*.mo"),
        )
    compile_catalogues(SOURCE / "translations", folder / "translations")
    compile_tree(folder, deployed_at="/var/task")


def compile_catalogues(source: Path, target: Path) -> None:
    """Write a binary catalogue below `target` for every text catalogue below `source`."""
    for text in source.rglob("*.po"):
        binary = target / text.relative_to(source).with_suffix(".mo")
        binary.parent.mkdir(parents=True, exist_ok=True)
        # Whoever reads it meanwhile finds the old one, or the new one, but never a part.
        unfinished = binary.with_suffix(f".{os.getpid()}.mo")
        with text.open("rb") as catalogue, unfinished.open("wb") as compiled:
            write_mo(compiled, read_po(catalogue, locale=text.parents[1].name))
        unfinished.replace(binary)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
