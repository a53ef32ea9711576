"""Layers are small, pinned, and bring what they promise."""

import re
import subprocess
from pathlib import Path

import pytest

from dev.build.lambda_python import command, link_sdk

ROOT = Path(__file__).parents[2]
MEGABYTE = 1_000_000


def pinned(name: str) -> dict[str, str]:
    """Return the versions in requirements/`name`.txt by package."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))


def size(folder: Path) -> int:
    """Return the bytes of all files in `folder`, as Lambda counts them."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


@pytest.mark.parametrize("layer", ["BaseLayer", "ProvidersLayer"])
def test_a_layer_is_at_most_30_megabytes(artifacts, local_artifacts, layer):
    assert 0 < size(artifacts / layer) <= 30 * MEGABYTE
    assert 0 < size(local_artifacts / layer) <= 30 * MEGABYTE


@pytest.mark.parametrize("layer", ["BaseLayer", "ProvidersLayer"])
def test_a_layer_is_built_for_the_processor_of_lambda(artifacts, layer):
    extensions = [file.name for file in (artifacts / layer).rglob("*.so")]

    assert extensions
    assert not [name for name in extensions if "x86_64" in name]


@pytest.mark.parametrize("layer", ["base", "providers"])
def test_a_layer_has_the_versions_that_are_tested_here(layer):
    tested = pinned("dev")

    assert pinned(layer).items() <= tested.items()


def test_the_sdk_is_the_runtimes_own():
    assert not {"boto3", "botocore"} & {*pinned("base"), *pinned("providers")}


def test_no_package_is_in_both_layers():
    assert not pinned("base").keys() & pinned("providers").keys()


@pytest.mark.parametrize(
    ("layers", "code"),
    [
        pytest.param(
            ["BaseLayer"],
            "import aws_lambda_powertools.event_handler, babel.dates, icalendar, jinja2, pydantic\n"
            "import h11, recurring_ical_events\n"
            "import zoneinfo; zoneinfo.reset_tzpath([]); zoneinfo.ZoneInfo('Asia/Tokyo')\n"
            "[babel.Locale.parse(name).days['format'] for name in ('en', 'en_GB', 'ja')]",
            id="base",
        ),
        pytest.param(
            ["BaseLayer", "ProvidersLayer"],
            "import googleapiclient.discovery, google.oauth2.credentials, msal, requests\n"
            "import httplib2, jwt.algorithms\n"
            "assert jwt.algorithms.has_crypto\n"
            "credentials = google.oauth2.credentials.Credentials('token')\n"
            "build = googleapiclient.discovery.build\n"
            "build('calendar', 'v3', credentials=credentials, static_discovery=True).events()",
            id="providers",
        ),
    ],
)
def test_layers_need_nothing_but_the_runtime(local_artifacts, tmp_path, layers, code):
    link_sdk(tmp_path)
    paths = [*(local_artifacts / layer / "python" for layer in layers), tmp_path]

    run = subprocess.run(command(code, paths=paths), check=False, capture_output=True, text=True)

    assert (run.returncode, run.stderr) == (0, "")
