import importlib
import pkgutil

from pydantic import BaseModel

import handlers.api
from dev import openapi


def test_the_published_document_is_what_the_handlers_say():
    assert openapi.DOCUMENT.read_text() == openapi.written(openapi.document()), "run `make openapi`"


def test_no_two_models_of_the_api_share_a_name():
    modules = [
        importlib.import_module(f"handlers.api.{found.name}")
        for found in pkgutil.iter_modules(handlers.api.__path__)
    ]
    models = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseModel) and value is not BaseModel
    }

    names = [model.__name__ for model in models]
    assert sorted(names) == sorted(set(names))
