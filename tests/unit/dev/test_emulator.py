import os
from pathlib import Path

from dev.emulator import Emulator, keep_to_this_machine


def test_nothing_of_the_persons_own_aws_accounts_gets_in(monkeypatch):
    shell = {"AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "t", "PYTHONPATH": "/else", "PATH": "/bin"}
    monkeypatch.setattr(os, "environ", shell)

    keep_to_this_machine()
    environment = Emulator(8081, "us-east-1", Path("grants.log")).environment()

    assert environment.keys() & {"AWS_PROFILE", "AWS_SESSION_TOKEN", "PYTHONPATH"} == set()
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:8081"
    assert environment["PATH"] == "/bin"


def test_a_proxy_is_not_asked_for_what_is_on_this_machine(monkeypatch):
    shell = {"HTTP_PROXY": "http://proxy.example:3128", "NO_PROXY": "intranet.example"}
    monkeypatch.setattr(os, "environ", shell)

    keep_to_this_machine()

    assert shell["HTTP_PROXY"] == "http://proxy.example:3128"
    assert shell["no_proxy"] == "localhost,127.0.0.1,intranet.example"
