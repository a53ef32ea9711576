from __future__ import annotations

import re
import subprocess
import sys
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from dev.build.layer import LANGUAGES as SHIPPED
from scheduling.domain.languages import LANGUAGES
from translations import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(catalogue.FOLDER).parents[1]
TEMPLATE = catalogue.FOLDER / "parley.pot"
CATALOGUES = {
    file.parents[1].name: file for file in catalogue.FOLDER.glob("*/LC_MESSAGES/parley.po")
}
TRANSLATIONS = {locale: file for locale, file in CATALOGUES.items() if locale != "en"}

KEPT = re.compile(r"%\(\w+\)[sd]|%d|<[^>]+>")
"""What stands for something else, and markup with its addresses."""

ALIAS = re.compile(r"(\w+) = .*\.gettext$", re.MULTILINE)
"""The name under which a function keeps gettext."""

every_catalogue = pytest.mark.parametrize("locale", CATALOGUES)
every_translation = pytest.mark.parametrize("locale", TRANSLATIONS)


def read(file: Path, locale: str | None = None) -> Catalog:
    with file.open("rb") as opened:
        return read_po(opened, locale=locale)


def texts(of: str | Sequence[str]) -> Sequence[str]:
    """Return a text with all its plural forms."""
    return [of] if isinstance(of, str) else of


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


def test_texts_are_asked_for_by_a_name_that_extraction_knows() -> None:
    code = (file.read_text() for file in catalogue.FOLDER.parent.rglob("*.py"))

    assert {name for text in code for name in ALIAS.findall(text)} == {"_"}


def test_the_languages_that_are_offered_are_those_with_a_catalogue() -> None:
    assert set(LANGUAGES) == set(CATALOGUES) == set(SHIPPED)


@every_catalogue
def test_a_catalogue_has_every_text_of_the_template(locale: str) -> None:
    assert keys(CATALOGUES[locale]) == keys(TEMPLATE)


@every_catalogue
def test_a_catalogue_says_what_gettext_understands(locale: str) -> None:
    words = read(CATALOGUES[locale], locale)

    assert [error for _, errors in words.check() for error in errors] == []


@every_translation
def test_a_translation_leaves_no_text_out(locale: str) -> None:
    words = read(TRANSLATIONS[locale], locale)

    missing = [each.id for each in words if each.id and (each.fuzzy or not all(texts(each.string)))]

    assert missing == []


@every_translation
def test_a_translation_has_every_plural_form_of_its_language(locale: str) -> None:
    words = read(TRANSLATIONS[locale], locale)

    forms = {len(texts(each.string)) for each in words if each.pluralizable}

    assert forms == {words.num_plurals}


@every_translation
def test_a_translation_keeps_placeholders_and_markup(locale: str) -> None:
    for each in filter(attrgetter("id"), read(TRANSLATIONS[locale], locale)):
        original = texts(each.id)[-1]
        for text in texts(each.string):
            assert sorted(KEPT.findall(text)) == sorted(KEPT.findall(original)), original


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
