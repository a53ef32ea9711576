import pytest

from dev.build.functions import compile_catalogues
from dev.stack import running_stack
from tests.support.deployed import Deployed
from translations.catalogue import FOLDER


@pytest.fixture(scope="session", autouse=True)
def catalogues():
    """Pages and mails in this process find each language compiled, as those of a build do."""
    compile_catalogues(FOLDER, FOLDER)


@pytest.fixture(scope="session")
def stack():
    """One deployed stack for every test that needs one; the variable PARLEY_STACK names another."""
    with running_stack() as facts:
        yield Deployed(facts)
