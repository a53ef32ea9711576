"""The documents are right: what they link, name and tell people to type is there."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from dev.build.template import expanded, written

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
FOLDERS = ("bench", "dev", "docs", "events", "functions", "layers", "requirements", "tests")
JAPANESE = ROOT / "functions/translations/ja/LC_MESSAGES/parley.po"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)

every_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT))
)


def prose(document: Path) -> str:
    return FENCED.sub("", document.read_text())


def code(document: Path) -> list[str]:
    """Return what a document sets as code, blocks and words."""
    return [*FENCED.findall(document.read_text()), *INLINE_CODE.findall(prose(document))]


def local_links(document: Path) -> list[tuple[str, str, str]]:
    """Return the text, the path and the anchor of each link that stays in the repository."""
    return [
        (text, *target.partition("#")[::2])
        for text, target in LINK.findall(prose(document))
        if "://" not in target
    ]


def anchors(document: Path) -> set[str]:
    """Return what GitHub lets one link to in a document."""
    return {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in HEADING.findall(prose(document))
    }


def squeezed(text: str) -> str:
    """Return text in which "external member" and `ExternalMember` look the same."""
    return re.sub(r"[\s_-]", "", text).lower()


@every_document
def test_links_lead_to_files_and_headings_that_exist(document):
    broken = []
    for _, path, anchor in local_links(document):
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(f"{path}#{anchor}")

    assert broken == []


@every_document
def test_paths_that_are_named_exist(document):
    named = [text for text in code(document) if text.startswith(tuple(f"{f}/" for f in FOLDERS))]

    assert [path for path in named if not any(ROOT.glob(path))] == []


@every_document
def test_commands_that_are_named_exist(document):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for text in code(document)
        for target in re.findall(r"^(?:\w+=\S+ )?make ([a-z]+)", text, re.MULTILINE)
    }

    assert named <= targets


def test_each_word_of_the_glossary_links_to_a_file_that_has_it():
    glossary = ROOT / "docs/glossary.md"

    missing = [
        (word, path)
        for word, path, _ in local_links(glossary)
        if squeezed(word) not in squeezed((glossary.parent / path).read_text())
    ]

    assert missing == []


def test_each_japanese_word_of_the_glossary_is_one_of_pages_and_mails():
    with JAPANESE.open("rb") as opened:
        catalogue = read_po(opened, locale="ja")
    texts = repr([message.string for message in catalogue])
    table = (ROOT / "docs/glossary.md").read_text().partition("## In Japanese")[2]
    rows = re.findall(r"^\| (.*?) \| (.*?) \|$", table.partition("## ")[0], re.MULTILINE)[2:]

    assert rows
    assert [row for row in rows if not all(term in texts for term in row[1].split("、"))] == []


def test_what_stands_is_counted_right():
    resources = expanded(BaseUrl="https://book.example.org", SendingDomain="example.org")[
        "Resources"
    ]
    kinds = Counter(resource["Type"] for resource in resources.values())
    paths = resources["HttpApi"]["Properties"]["Body"]["paths"]
    table = (ROOT / "docs/operations.md").read_text().partition("### What stands")[2]
    counted = re.findall(r"^\| (\w+) \| (\d+) \|$", table.partition("### ")[0], re.MULTILINE)

    assert {what: int(number) for what, number in counted} == {
        "functions": kinds["AWS::Lambda::Function"],
        "routes": sum(map(len, paths.values())),
        "tables": kinds["AWS::DynamoDB::Table"],
        "queues": kinds["AWS::SQS::Queue"],
        "schedules": kinds["AWS::Scheduler::Schedule"],
        "alarms": kinds["AWS::CloudWatch::Alarm"],
    }


def test_each_function_is_in_the_table_of_functions():
    architecture = (ROOT / "docs/architecture.md").read_text()
    listed = re.findall(r"^\| (\w+) \| \[\w+/(\w+)\]\(", architecture, re.MULTILINE)
    functions = {
        name.removesuffix("Function"): resource["Properties"]["Handler"].split(".")[-2]
        for name, resource in written()["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }

    assert dict(listed) == functions


def test_the_readme_lists_the_routes_of_the_json_api():
    described = json.loads((ROOT / "docs/openapi.json").read_text())["paths"]
    listed = set()
    for row in re.findall(
        r"^\| (`(?:GET|POST|PUT|PATCH|DELETE).*?) \|", prose(ROOT / "README.md"), re.MULTILINE
    ):
        methods = []
        for span in INLINE_CODE.findall(row):
            method, _, path = span.partition(" ")
            methods.append(method)
            if path:
                listed |= {(each, path) for each in methods}
                methods = []

    assert listed == {
        (method.upper(), path)
        for path, operations in described.items()
        for method in operations
        if method.upper() in METHODS
    }


def test_each_decision_is_in_the_list_of_decisions():
    decisions = ROOT / "docs/adr"
    listed = [path for _, path, _ in local_links(decisions / "README.md")]

    assert listed == sorted(path.name for path in decisions.glob("[0-9]*.md"))
