import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dev.failures import RunsAlready
from dev.home import PROJECT, Facts, Home

HOLD_UNTIL_TERMINATED = """
import sys, time
from pathlib import Path
from dev.home import Home
with Home(Path(sys.argv[1])).locked():
    print("locked", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "parley")


@pytest.fixture
def holder(home):
    """Another process that runs Parley in this home."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_UNTIL_TERMINATED, str(home.folder)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
    ) as process:
        process.stdout.readline()
        yield process
        process.kill()


def facts_of(pid):
    return Facts(
        api_url="http://localhost:8080/api",
        console_url="http://localhost:8080/console",
        mailbox_url="http://localhost:8080/_dev/mailbox",
        styleguide_url="http://localhost:8080/_dev/styleguide",
        mailbox_api_url="http://localhost:8080/_dev/mailbox/messages",
        google_url="http://localhost:8083",
        zoom_url="http://localhost:8084",
        admin_email="aiko@hanami.example",
        admin_sign_in_url="http://localhost:8080/_dev/sign-in",
        organization_id="o1",
        booking_page_urls=[],
        availability_url=None,
        table_names={"scheduling": "s", "access": "a"},
        function_names={},
        grants_log="/x/.parley/tmp/grants.log",
        aws_endpoint_url="http://127.0.0.1:8081",
        aws_region="us-east-1",
        aws_access_key_id="parley",
        aws_secret_access_key="parley-local",
        pid=pid,
    )


def test_a_second_start_says_where_the_first_one_is(home, holder):
    home.write_facts(facts_of(holder.pid))

    with pytest.raises(RunsAlready, match="already running: http://localhost:8080/console"):
        home.require_idle()


def test_a_second_start_waits_for_none_that_is_only_starting(home, holder):
    with pytest.raises(RunsAlready, match="starting or stopping"), home.locked():
        pass


def test_a_home_is_free_again_when_its_process_was_killed(home, holder):
    home.write_facts(facts_of(holder.pid))

    holder.kill()
    holder.wait()

    home.require_idle()
    assert home.read_facts() is None


def test_stopping_waits_until_the_home_is_free(home, holder):
    assert home.holder() == holder.pid

    assert home.stop_holder()

    assert home.holder() is None


def test_there_is_nothing_to_stop_in_a_home_that_nobody_uses(home):
    assert not home.stop_holder()


def test_what_is_written_about_a_running_parley_is_read_back(home):
    with home.locked():
        home.write_facts(facts_of(os.getpid()))

        assert home.read_facts() == facts_of(os.getpid())
        assert json.loads((home.folder / "dev.json").read_text())["organization_id"] == "o1"

        home.remove_facts()
        assert home.read_facts() is None


def test_the_port_of_the_last_start_is_remembered(home):
    home.folder.mkdir()
    assert home.remembered_port() is None

    home.remember_port(9000)

    assert Home(Path(home.folder)).remembered_port() == 9000
