"""boto3's serializer and deserializer, for the few types that are stored, several times as fast."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.simulation.expressions import Value


class Serializer:
    def serialize(self, value: Any) -> Value:
        """Return a value with its type; it may be shared, so it is not to be changed."""
        return _WRITTEN[type(value)](value)


class Deserializer:
    def deserialize(self, value: Value) -> Any:
        """Return a value without its type, numbers as `Decimal`."""
        ((kind, content),) = value.items()
        return _READ[kind](content)


@lru_cache(maxsize=10_000)
def _text(value: str) -> Value:
    return {"S": value}


@lru_cache(maxsize=10_000)
def _number(value: int) -> Value:
    return {"N": str(value)}


def _list(values: list[Any]) -> Value:
    return {"L": [_WRITTEN[type(value)](value) for value in values]}


def _map(values: Mapping[str, Any]) -> Value:
    return {"M": {name: _WRITTEN[type(value)](value) for name, value in values.items()}}


def _list_read(values: list[Value]) -> list[Any]:
    return [_read(value) for value in values]


def _map_read(values: Mapping[str, Value]) -> dict[str, Any]:
    return {name: _read(value) for name, value in values.items()}


def _read(value: Value) -> Any:
    ((kind, content),) = value.items()
    return _READ[kind](content)


_WRITTEN: dict[type, Callable[[Any], Value]] = {
    str: _text,
    int: _number,
    bool: lambda value: {"BOOL": value},
    type(None): lambda _: {"NULL": True},
    set: lambda values: {"SS": sorted(values)},
    list: _list,
    tuple: _list,
    dict: _map,
}

_READ: dict[str, Callable[[Any], Any]] = {
    "S": lambda content: content,
    "N": lru_cache(maxsize=10_000)(Decimal),
    "BOOL": lambda content: content,
    "NULL": lambda _: None,
    "SS": set,
    "L": _list_read,
    "M": _map_read,
}
