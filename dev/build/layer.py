"""Build a layer: `python -m dev.build.layer NAME TARGET`.

`PARLEY_LAYER_PLATFORM` names the platform as uv does; empty means this machine, for the emulator.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from dev.build.artifacts import ROOT, fingerprint, provide
from dev.build.bytecode import compile_tree

UV = ROOT / ".venv-uv" / "bin" / "uv"
TARGET_PLATFORM = "aarch64-manylinux_2_28"
"""Lambda's arm64: Python 3.13 runs on Amazon Linux 2023, whose glibc is 2.34.

Source: AWS Lambda developer guide, "Lambda runtimes".
"""
LANGUAGES = ("en", "ja")
GOOGLE_APIS = ("calendar.v3.json",)


def build(name: str, target: Path) -> None:
    """Fill `target` with the layer `name` for the platform that the environment names.

    Raises:
        SystemExit: A package could not be installed, or is left without bytecode.
    """
    requirements = ROOT / "requirements" / f"{name}.txt"
    platform = os.environ.get("PARLEY_LAYER_PLATFORM", TARGET_PLATFORM)
    tools = Path(__file__).parent.glob("*.py")
    version = fingerprint([requirements, *tools], sys.version, platform)

    def make(folder: Path) -> None:
        install(requirements, folder / "python", platform)
        prune(folder / "python")
        compile_tree(folder / "python", deployed_at="/opt/python")

    provide(f"{name}-layer-{version}", target, make)


def install(requirements: Path, folder: Path, platform: str) -> None:
    """Install exactly `requirements` into `folder`, from wheels only."""
    command: list[str | Path] = [
        UV,
        "pip",
        "install",
        "--quiet",
        "--python",
        sys.executable,
        "--target",
        folder,
    ]
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", requirements]
    if platform:
        command += ["--python-platform", platform]
    if subprocess.run(command, check=False).returncode:
        raise SystemExit(f"Could not install {requirements.name} for {platform or 'this machine'}.")


def prune(folder: Path) -> None:
    """Delete from `folder` what Parley never loads: more than four fifths of what was installed."""
    for pattern in (
        "bin",
        "**/tests",
        "**/swagger_ui",
        "**/__pycache__",
        "**/*.pyi",
        "*.dist-info/RECORD",
    ):
        for path in list(folder.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for locale in folder.glob("babel/locale-data/*.dat"):
        if locale.stem != "root" and locale.stem.split("_")[0] not in LANGUAGES:
            locale.unlink()
    for api in folder.glob("googleapiclient/discovery_cache/documents/*.json"):
        if api.name not in GOOGLE_APIS:
            api.unlink()


if __name__ == "__main__":
    build(sys.argv[1], Path(sys.argv[2]))
