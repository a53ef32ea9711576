"""What is uploaded starts fast: with bytecode that is taken without a look at dates."""

import pytest

from dev.build.bytecode import compile_tree, modules_without_bytecode
from dev.build.template import written

FUNCTIONS = [
    name
    for name, resource in written()["Resources"].items()
    if resource["Type"] == "AWS::Serverless::Function"
]


@pytest.mark.parametrize("artifact", [*FUNCTIONS, "BaseLayer", "ProvidersLayer"])
def test_every_module_comes_with_bytecode_that_is_never_compared_with_it(artifacts, artifact):
    assert list((artifacts / artifact).rglob("*.py"))
    assert modules_without_bytecode(artifacts / artifact) == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_brings_code_and_texts_and_nothing_else(artifacts, function):
    folder = artifacts / function

    assert {entry.name for entry in folder.iterdir()} == {"handlers", "scheduling", "translations"}
    assert not [*folder.rglob("*.po"), *folder.rglob("*.pot"), *folder.rglob("test_*")]


def test_a_catalogue_is_compiled_for_every_language(artifacts):
    catalogues = artifacts / "SlotsFunction" / "translations"

    assert list(catalogues.glob("*/LC_MESSAGES/parley.mo"))


def test_bytecode_that_depends_on_dates_does_not_count(tmp_path):
    module = tmp_path / "module.py"
    module.write_text("answer = 42\n")
    compile_tree(tmp_path, deployed_at="/var/task")
    bytecode = next(tmp_path.rglob("*.pyc"))

    bytecode.write_bytes(bytecode.read_bytes()[:4] + bytes(4) + bytecode.read_bytes()[8:])

    assert modules_without_bytecode(tmp_path) == [module]


def test_a_module_that_does_not_compile_fails_the_build(tmp_path, capsys):
    (tmp_path / "broken.py").write_text("def (:\n")

    with pytest.raises(SystemExit, match=r"broken\.py"):
        compile_tree(tmp_path, deployed_at="/var/task")
    assert "SyntaxError" in capsys.readouterr().out
