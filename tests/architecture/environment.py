"""Find out from the source which environment variables a handler can come to read."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FUNCTIONS = Path(__file__).parents[2] / "functions"
SETTINGS = "handlers.settings"
WIRING = "handlers.wiring"

type Definition = tuple[str, str]
"""A module, and a name at its top level; `Adapters.links` for an adapter of the wiring."""


def variables_read_by(handler: str) -> set[str]:
    """Return the variables that code reachable from the module `handler` reads.

    Names are followed through the modules of `handlers`, and from `adapters().links` to what the
    wiring makes for it. All that is known about the environment is in the settings.
    """
    variables: set[str] = set()
    seen: set[Definition] = set()
    waiting: list[Definition] = [(handler, name) for name in _definitions(handler)]
    while waiting:
        module, name = definition = waiting.pop()
        if definition in seen or name not in _definitions(module):
            continue
        seen.add(definition)
        for node in _definitions(module)[name]:
            waiting += _references(module, node)
            if module == SETTINGS:
                variables |= _names_of_variables(node)
    return variables


@cache
def _tree(module: str) -> ast.Module:
    path = FUNCTIONS.joinpath(*module.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(source.read_text())


@cache
def _definitions(module: str) -> dict[str, list[ast.AST]]:
    """Return what a module defines, by name; what defines nothing, under an empty name."""
    found: dict[str, list[ast.AST]] = {}
    for node in _tree(module).body:
        match node:
            case ast.ClassDef(name="Adapters") if module == WIRING:
                for member in node.body:
                    if isinstance(member, ast.FunctionDef):
                        found[f"Adapters.{member.name}"] = [member]
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                found[name] = [node]
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = [node]
            case ast.Expr():
                found.setdefault("", []).append(node)
    return found


@cache
def _imports(module: str) -> dict[str, Definition]:
    """Return what each imported name of a module stands for; an empty name stands for a module."""
    found: dict[str, Definition] = {}
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "handlers":
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                is_module = FUNCTIONS.joinpath(*submodule.split(".")).with_suffix(".py").exists()
                target = (submodule, "") if is_module else (node.module or "", alias.name)
                found[alias.asname or alias.name] = target
    return found


def _references(module: str, node: ast.AST) -> Iterator[Definition]:
    """Yield what a definition uses."""
    imports = _imports(module)
    holders = {
        target.id
        for assignment in ast.walk(node)
        if isinstance(assignment, ast.Assign) and _is_adapters(assignment.value)
        for target in assignment.targets
        if isinstance(target, ast.Name)
    }
    for part in ast.walk(node):
        match part:
            case ast.Attribute(value=owner, attr=attribute) if _is_adapters(owner):
                yield WIRING, f"Adapters.{attribute}"
            case ast.Attribute(value=ast.Name(id=owner), attr=attribute) if owner in holders:
                yield WIRING, f"Adapters.{attribute}"
            case ast.Attribute(value=ast.Name(id="self"), attr=attribute) if module == WIRING:
                yield WIRING, f"Adapters.{attribute}"
            case ast.Attribute(value=ast.Name(id=owner), attr=attribute) if owner in imports:
                yield imports[owner][0], attribute
            case ast.Name(id=name):
                yield imports.get(name, (module, name))


def _is_adapters(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", None) == "adapters"


def _names_of_variables(node: ast.AST) -> set[str]:
    return {
        constant.value
        for constant in ast.walk(node)
        if isinstance(constant, ast.Constant)
        and isinstance(constant.value, str)
        and re.fullmatch(r"[A-Z][A-Z_]+", constant.value)
    }
