"""Half characters, which JSON can write and nothing can store, are refused by name."""

import json

import pytest

from handlers.json_texts import refuse_half_characters
from scheduling.domain.refusals import InvalidInput


def refused(text):
    with pytest.raises(InvalidInput) as raised:
        refuse_half_characters(json.loads(text))
    return sorted((problem.field, problem.code) for problem in raised.value.problems)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (r'{"code": "\ud800"}', "code"),
        (r'{"rows": [{"name": "Ana"}, {"name": "\udfff Ana"}]}', "rows.1.name"),
        (r'{"answers": {"\ud800": "x"}}', "answers.�"),
        (r'"\udc00\ud800"', "body"),
    ],
)
def test_half_a_character_is_refused_where_it_stands(text, field):
    assert refused(text) == [(field, "odd_characters")]


@pytest.mark.parametrize(
    "text", [r'{"name": "\ud83d\ude00 Ana", "age": 3}', "null", "[" * 900 + "]" * 900]
)
def test_everything_else_passes(text):
    refuse_half_characters(json.loads(text))
