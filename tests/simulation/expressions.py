"""DynamoDB's expressions, as far as the adapters write them; anything else is an error.

An expression is compiled once and then called with items as they travel:
`{"name": {"S": "Mia"}}`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

type Value = dict[str, Any]
"""A value with its type: `{"N": "5"}`, `{"SS": ["a", "b"]}`."""

type Item = dict[str, Value]
"""Never changed in place: a change makes another one."""

type Values = Mapping[str, Value]
"""What stands for `:placeholders`."""

type Condition = Callable[[Item, Values], bool]

type Change = Callable[[Item, Values], None]
"""Changes a copy of an item in place."""

_TOKEN = re.compile(r"\s*([#:]?[A-Za-z_]\w*|<=|>=|[=<>(),.])", re.ASCII)
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_VERBS = ("SET", "REMOVE", "ADD", "DELETE")


class ExpressionInvalid(Exception):
    """DynamoDB would refuse it, or no adapter wrote such a thing so far."""


@dataclass(frozen=True, slots=True)
class Compiled[Meaning]:
    meaning: Meaning
    placeholders: frozenset[str]
    """The `#names` and `:values` in it."""


@lru_cache(maxsize=10_000)
def condition(text: str, names: frozenset[tuple[str, str]]) -> Compiled[Condition]:
    """Return what tells whether a condition holds; `names` are the pairs of `#name` and name."""
    parser = _Parser(text, dict(names))
    meaning = parser.any_of()
    parser.end()
    return Compiled(meaning, frozenset(parser.placeholders))


@lru_cache(maxsize=10_000)
def update(text: str, names: frozenset[tuple[str, str]]) -> Compiled[Change]:
    """Return what makes an update."""
    parser = _Parser(text, dict(names))
    meaning = parser.changes()
    parser.end()
    return Compiled(meaning, frozenset(parser.placeholders))


@lru_cache(maxsize=10_000)
def key_condition(text: str, partition_key: str) -> tuple[str, Compiled[Condition]]:
    """Return the placeholder of the partition that is asked for, and the condition as a whole."""
    match = re.match(rf"{partition_key} = (:\w+)(?: AND |$)", text, re.ASCII)
    if match is None:
        raise ExpressionInvalid(f"it names no partition first: {text}")
    return match.group(1), condition(text, frozenset())


def plain(value: Value) -> Any:
    """Return a value without its type, such that it can be compared with another one."""
    (kind, content), *more = value.items()
    if more:
        raise ExpressionInvalid(f"not one value: {value}")
    match kind:
        case "S" | "BOOL" | "NULL":
            return content
        case "N":
            return int(content)
        case "SS":
            return frozenset(content)
        case _:
            raise ExpressionInvalid(f"cannot be compared: {value}")


class _Parser:
    """Turns text into functions, by recursive descent."""

    def __init__(self, text: str, names: Mapping[str, str]) -> None:
        self._text = text
        self._names = names
        self._tokens = self._split()
        self._position = 0
        self.placeholders: set[str] = set()

    def _split(self) -> list[str]:
        tokens, position = [], 0
        while position < len(self._text.rstrip()):
            match = _TOKEN.match(self._text, position)
            if match is None:
                self._refuse()
            tokens.append(match.group(1))
            position = match.end()
        return tokens

    def _refuse(self) -> NoReturn:
        raise ExpressionInvalid(self._text)

    def _peek(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            self._refuse()
        self._position += 1
        return token

    def _take(self, token: str) -> bool:
        if self._peek() != token:
            return False
        self._position += 1
        return True

    def _expect(self, token: str) -> None:
        if not self._take(token):
            self._refuse()

    def end(self) -> None:
        if self._peek():
            self._refuse()

    def any_of(self) -> Condition:
        parts = [self._all_of()]
        while self._take("OR"):
            parts.append(self._all_of())
        if len(parts) == 1:
            return parts[0]
        return lambda item, values: any(part(item, values) for part in parts)

    def _all_of(self) -> Condition:
        parts = [self._one()]
        while self._take("AND"):
            parts.append(self._one())
        if len(parts) == 1:
            return parts[0]
        return lambda item, values: all(part(item, values) for part in parts)

    def _one(self) -> Condition:
        if self._take("("):
            inner = self.any_of()
            self._expect(")")
            return inner
        match self._peek():
            case "attribute_exists" | "attribute_not_exists" | "contains":
                return self._function(self._next())
            case _:
                return self._comparison()

    def _function(self, name: str) -> Condition:
        self._expect("(")
        path = self._path()
        if name == "contains":
            self._expect(",")
            placeholder = self._value()
            self._expect(")")
            return lambda item, values: _contains(path(item), values[placeholder])
        self._expect(")")
        if name == "attribute_exists":
            return lambda item, _: path(item) is not None
        return lambda item, _: path(item) is None

    def _comparison(self) -> Condition:
        path, sign = self._path(), self._next()
        if sign == "IN":
            choices = self._choices()
            return lambda item, values: any(
                _equal(path(item), values[choice]) for choice in choices
            )
        first = self._value()
        if sign == "BETWEEN":
            self._expect("AND")
            last = self._value()
            return lambda item, values: (
                _ordered(values[first], path(item), operator.le)
                and _ordered(path(item), values[last], operator.le)
            )
        if sign == "=":
            return lambda item, values: _equal(path(item), values[first])
        if sign not in _COMPARISONS:
            self._refuse()
        compare = _COMPARISONS[sign]
        return lambda item, values: _ordered(path(item), values[first], compare)

    def _choices(self) -> list[str]:
        self._expect("(")
        choices = [self._value()]
        while self._take(","):
            choices.append(self._value())
        self._expect(")")
        return choices

    def _name(self) -> str:
        token = self._next()
        if token.startswith("#"):
            self.placeholders.add(token)
            if token not in self._names:
                self._refuse()
            return self._names[token]
        if not token[0].isalpha():
            self._refuse()
        return token

    def _value(self) -> str:
        token = self._next()
        if not token.startswith(":"):
            self._refuse()
        self.placeholders.add(token)
        return token

    def _path(self) -> Callable[[Item], Value | None]:
        first = self._name()
        if not self._take("."):
            return lambda item: item.get(first)
        second = self._name()

        def inner(item: Item) -> Value | None:
            outer = item.get(first)
            return None if outer is None else outer["M"].get(second)

        return inner

    def changes(self) -> Change:
        changes: list[Change] = []
        changed: list[str] = []
        seen: list[str] = []
        while self._peek():
            verb = self._next()
            if verb not in _VERBS or verb in seen:
                self._refuse()
            seen.append(verb)
            while True:
                name = self._name()
                changed.append(name)
                changes.append(self._change(verb, name))
                if not self._take(","):
                    break
        if not changed or len(set(changed)) < len(changed):
            self._refuse()

        def change_all(item: Item, values: Values) -> None:
            for change in changes:
                change(item, values)

        return change_all

    def _change(self, verb: str, name: str) -> Change:
        if verb == "REMOVE":
            return lambda item, _: _remove(item, name)
        if verb == "SET":
            self._expect("=")
        placeholder = self._value()
        match verb:
            case "SET":
                return lambda item, values: item.__setitem__(name, values[placeholder])
            case "ADD":
                return lambda item, values: _add(item, name, values[placeholder])
            case _:
                return lambda item, values: _delete(item, name, values[placeholder])


def _equal(one: Value | None, other: Value) -> bool:
    if one is None or one.keys() != other.keys():
        return False
    return bool(plain(one) == plain(other))


def _ordered(one: Value | None, other: Value | None, compare: Callable[[Any, Any], bool]) -> bool:
    if one is None or other is None or one.keys() != other.keys():
        return False
    return compare(plain(one), plain(other))


def _contains(whole: Value | None, part: Value) -> bool:
    if whole is None:
        return False
    (kind, content) = next(iter(whole.items()))
    match kind:
        case "S" | "SS":
            return "S" in part and part["S"] in content
        case "L":
            return part in content
        case _:
            return False


def _remove(item: Item, name: str) -> None:
    item.pop(name, None)


def _add(item: Item, name: str, value: Value) -> None:
    before = item.get(name)
    if "N" in value:
        number = 0 if before is None else int(before["N"])
        item[name] = {"N": str(number + int(value["N"]))}
    elif "SS" in value:
        members = frozenset() if before is None else frozenset(before["SS"])
        item[name] = {"SS": sorted(members.union(value["SS"]))}
    else:
        raise ExpressionInvalid(f"cannot be added: {value}")


def _delete(item: Item, name: str, value: Value) -> None:
    before = item.get(name)
    if before is None:
        return
    left = frozenset(before["SS"]).difference(value["SS"])
    if left:
        item[name] = {"SS": sorted(left)}
    else:
        del item[name]
