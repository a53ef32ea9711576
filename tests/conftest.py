import gc
from functools import partial

import pytest
from xdist.scheduler import LoadScopeScheduling

from dev.build.functions import compile_catalogues
from dev.stack import running_stack
from tests.support.deployed import Deployed
from translations.catalogue import FOLDER

# A tenth of the time of tests with AWS in this process would be spent on looking for cycles.
gc.set_threshold(100_000, 50, 50)


@pytest.fixture(scope="session", autouse=True)
def catalogues():
    """Pages and mails in this process find each language compiled, as those of a build do."""
    compile_catalogues(FOLDER, FOLDER)


MEASURED = "measured"


ON_THE_STACK = (
    "tests/architecture/",
    "tests/browser/test_connecting.py",
    "tests/browser/test_keys_only.py",
    "tests/browser/test_road.py",
    "tests/browser/test_without_script.py",
    "tests/stack/",
)
"""They build with SAM, in one folder, and share the stack that was built there."""


class Distribution(LoadScopeScheduling):
    """Gives a file of tests to whichever process is free; what shares the stack stays together."""

    def _split_scope(self, nodeid):
        return "stack" if nodeid.startswith(ON_THE_STACK) else nodeid.partition("::")[0]


def pytest_collection_modifyitems(items):
    strays = {
        item.nodeid.partition("::")[0]
        for item in items
        if "stack" in getattr(item, "fixturenames", ()) and not item.nodeid.startswith(ON_THE_STACK)
    }
    if strays:
        raise pytest.UsageError(f"They use the stack, so they belong to ON_THE_STACK: {strays}")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    # With pytest 9.2, xdist loses the groups of --dist=loadgroup: pytest-dev/pytest-xdist#1386.
    return Distribution(config, log)


def pytest_terminal_summary(terminalreporter):
    """Tell at the end what passing tests have measured."""
    lines = [
        text
        for report in terminalreporter.getreports("passed")
        for name, text in report.user_properties
        if name == MEASURED
    ]
    if lines:
        terminalreporter.section("what was measured")
        terminalreporter.write("\n".join([*lines, ""]))


@pytest.fixture
def measured(record_property):
    """Return a function that takes a line about what a test has measured."""
    return partial(record_property, MEASURED)


@pytest.fixture(scope="session")
def stack():
    """One deployed stack for every test that needs one; the variable PARLEY_STACK names another."""
    with running_stack() as facts:
        yield Deployed(facts)
