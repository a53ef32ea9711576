from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from translations import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(catalogue.FOLDER).parents[1]
TEMPLATE = catalogue.FOLDER / "parley.pot"
CATALOGUES = sorted(catalogue.FOLDER.glob("*/LC_MESSAGES/parley.po"))


def read(file: Path) -> Catalog:
    with file.open("rb") as opened:
        return read_po(opened)


def keys(file: Path) -> set[object]:
    return {message.id for message in read(file) if message.id}


@pytest.fixture
def only_japanese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put a folder in place in which only a Japanese catalogue is compiled."""
    words = Catalog(locale="ja", domain=catalogue.DOMAIN)
    words.add("Sign in", "ログイン")
    words.add(("%d hour", "%d hours"), ("%d時間",))
    target = tmp_path / "ja" / "LC_MESSAGES" / "parley.mo"
    target.parent.mkdir(parents=True)
    with target.open("wb") as opened:
        write_mo(opened, words)
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    catalogue.translations_for.cache_clear()
    yield
    catalogue.translations_for.cache_clear()


def test_the_template_has_every_text_of_the_code_and_no_other(tmp_path: Path) -> None:
    extracted = tmp_path / "parley.pot"
    pybabel = Path(sys.executable).with_name("pybabel")

    subprocess.run(
        [
            pybabel, "--quiet", "extract", "--mapping-file", "babel.cfg",
            "--keyword", "marked", "--output-file", str(extracted), ".",
        ],
        cwd=ROOT,
        check=True,
    )  # fmt: skip

    assert keys(extracted) == keys(TEMPLATE), "run `make translations`"


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.parent.parent.name)
def test_a_catalogue_has_every_text_of_the_template(file: Path) -> None:
    assert keys(file) == keys(TEMPLATE)


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.parent.parent.name)
def test_a_translation_keeps_the_placeholders(file: Path) -> None:
    assert [error for _, errors in read(file).check() for error in errors] == []


@pytest.mark.usefixtures("only_japanese")
def test_a_compiled_catalogue_translates() -> None:
    words = catalogue.translations_for("ja")

    assert words.gettext("Sign in") == "ログイン"
    assert words.ngettext("%d hour", "%d hours", 2) % 2 == "2時間"


@pytest.mark.usefixtures("only_japanese")
def test_a_region_reads_the_catalogue_of_its_language() -> None:
    assert catalogue.translations_for("ja_JP").gettext("Sign in") == "ログイン"


@pytest.mark.usefixtures("only_japanese")
def test_without_a_catalogue_texts_stay_english() -> None:
    words = catalogue.translations_for("en")

    assert words.gettext("Sign in") == "Sign in"
    assert words.ngettext("%d hour", "%d hours", 2) % 2 == "2 hours"


def test_the_english_catalogue_says_what_the_code_says(tmp_path: Path) -> None:
    compiled = tmp_path / "en" / "LC_MESSAGES" / "parley.mo"
    compiled.parent.mkdir(parents=True)
    with compiled.open("wb") as opened:
        write_mo(opened, read(catalogue.FOLDER / "en" / "LC_MESSAGES" / "parley.po"))

    words = catalogue.gettext.translation(catalogue.DOMAIN, tmp_path, ["en"])

    assert words.gettext("Sign in") == "Sign in"
    assert words.ngettext("%d hour", "%d hours", 1) % 1 == "1 hour"
    assert words.ngettext("%d hour", "%d hours", 2) % 2 == "2 hours"
