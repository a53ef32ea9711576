import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAMBDA = "aarch64-manylinux_2_28"
THIS_MACHINE = ""


def built_for(platform: str) -> Path:
    """Build every artifact as `make build` does, in a folder of the tests' own."""
    folder = ROOT / ".aws-sam" / f"tests-{platform or 'local'}"
    subprocess.run(
        [ROOT / ".venv-sam/bin/sam", "build", "--build-dir", folder],
        check=True,
        cwd=ROOT,
        capture_output=True,
        env={**os.environ, "PARLEY_LAYER_PLATFORM": platform, "SAM_CLI_TELEMETRY": "0"},
    )
    return folder


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """What `sam deploy` uploads: a folder for each function and layer."""
    return built_for(LAMBDA)


@pytest.fixture(scope="session")
def local_artifacts() -> Path:
    """The same for this machine, so that it can be run here."""
    return built_for(THIS_MACHINE)
