"""What is installed, here and in the layers, is what was looked at when it was pinned (T44)."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PINNED = sorted(ROOT.glob("requirements/*.txt"))


@pytest.mark.parametrize("file", PINNED, ids=lambda file: file.name)
def test_t44_every_package_has_one_version_and_the_hashes_of_its_files(file):
    packages = re.split(r"^(?=[a-z])", file.read_text(), flags=re.MULTILINE)[1:]

    for package in packages:
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+", package), package
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", package), package


@pytest.mark.parametrize("file", ["dev/build/setup.sh", "dev/build/layer.py"])
def test_t44_what_has_another_hash_is_not_installed(file):
    assert "--require-hashes" in (ROOT / file).read_text()
