from __future__ import annotations

import pytest

from dev import styleguide
from scheduling.domain.languages import LANGUAGES
from tests.unit.mails.samples import MAILS


@pytest.mark.parametrize("path", ["", "/", "/mails", "/mails/"])
def test_parts_and_mails_are_shown(path: str):
    status, content_type, body = styleguide.render(path)

    assert (status, content_type) == (200, "text/html; charset=utf-8")
    assert body.startswith(b"<!doctype html>")


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_mail_is_shown_in_both_forms_in_each_language(code: str):
    for name in MAILS:
        assert f'<html lang="{code}"'.encode() in styleguide.render(f"/mails/{code}/{name}.html")[2]
        assert b"<html" not in styleguide.render(f"/mails/{code}/{name}.txt")[2]


def test_anything_else_is_not_there():
    assert styleguide.render("/secrets")[0] == 404
