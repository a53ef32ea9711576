"""What a function loads before it answers: a cold start pays for every module."""

import ast
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.cold_imports import ASKING, ENVIRONMENT

FUNCTIONS = Path(__file__).parents[2] / "functions"
PROVIDERS = {"googleapiclient", "google.auth", "msal", "requests"}
READERS = {"h11", "icalendar", "recurring_ical_events"}
RENDERING = {"babel", "icalendar", "jinja2", "pydantic"}


def loaded_by(module: str) -> set[str]:
    """Return the names of the modules that a fresh Python has loaded after importing `module`."""
    return loaded_after(f"import {module}", {})


def loaded_after(program: str, environment: Mapping[str, str]) -> set[str]:
    output = subprocess.run(
        [
            sys.executable,
            "-c",
            f"{program}\nimport json, sys; print(json.dumps(list(sys.modules)))",
        ],
        check=True,
        capture_output=True,
        env={"PYTHONPATH": str(FUNCTIONS), **environment},
    ).stdout
    return set(json.loads(output))


@pytest.mark.parametrize(
    "module",
    [
        "handlers.api.slots",
        "handlers.api.booking",
        "handlers.pages.public",
        "handlers.pages.console",
    ],
)
def test_functions_that_people_wait_for_load_nothing_that_reads_calendars(module):
    assert not loaded_by(module) & (PROVIDERS | READERS)


def test_the_slots_function_loads_nothing_that_renders_or_validates():
    assert not loaded_by("handlers.api.slots") & (PROVIDERS | RENDERING)


def test_the_booking_function_renders_nothing():
    assert not loaded_by("handlers.api.booking") & (RENDERING - {"pydantic"})


@pytest.mark.parametrize("module", ["handlers.pages.public", "handlers.pages.console"])
def test_pages_read_their_forms_without_pydantic(module):
    assert "pydantic" not in loaded_by(module)


@pytest.mark.parametrize(
    "feature", ["availability_grid", "bookings", "booking_pages", "external_members", "members"]
)
def test_lists_of_the_json_api_render_nothing(feature):
    assert not loaded_by(f"handlers.api.{feature}") & (RENDERING - {"pydantic"})


def test_the_receiver_of_notifications_loads_the_standard_library_alone():
    packages = {name.partition(".")[0] for name in loaded_by("handlers.api.notifications")}

    assert {name for name in packages if name not in sys.stdlib_module_names} <= {
        "__main__",
        "handlers",
        "scheduling",
    }


def test_whoever_asks_for_looks_at_calendars_loads_nothing_that_reads_them():
    assert not loaded_by("handlers.schedules.dispatch_syncs") & (PROVIDERS | RENDERING)


@pytest.mark.parametrize(
    "module", ["handlers.streams.sync_calendars", "handlers.internal.probe_free_busy"]
)
def test_whoever_asks_google_loads_nothing_of_zoom(module):
    loaded = loaded_after(ASKING.format(module=module), ENVIRONMENT)

    assert "scheduling.adapters.google.calendars" in loaded
    assert not loaded & {"scheduling.adapters.zoom.asking", "pydantic"}


def test_every_dataclass_says_what_it_is():
    """Where it does not, `dataclass()` makes a docstring of the signature, for as much again."""
    silent = [
        f"{path.relative_to(FUNCTIONS)}: {node.name}"
        for path in FUNCTIONS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
        and any("dataclass" in ast.unparse(each) for each in node.decorator_list)
        and ast.get_docstring(node) is None
    ]

    assert not silent


def test_the_slots_function_knows_nothing_of_what_it_does_not_do():
    needless = {"calendar_events", "connecting", "grants", "provider_events", "sign_ups"}

    loaded = loaded_by("handlers.api.slots")

    assert "scheduling.ports" not in loaded
    assert not loaded & {f"scheduling.domain.{module}" for module in needless}
