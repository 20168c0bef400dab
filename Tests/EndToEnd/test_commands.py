"""What the commands have in common: help, and that asking makes nothing."""

import pathlib

import pytest

COMMANDS = ("serve", "check", "explain", "keys", "budgets", "report", "sessions", "session", "settings", "doctor", "healthcheck")


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_tells_how_it_is_used(make_gateway, command, flag):
    gateway = make_gateway()
    whole = gateway.run("help", config=False).stdout.splitlines()
    told = gateway.run(command, flag, config=False).stdout.splitlines()
    assert told and told[0].startswith(f"tollgate {command} ") and set(told) < set(whole)
    assert {line.split()[1] for line in told if line.startswith("tollgate ")} == {command}


def test_nothing_is_said_of_a_command_that_does_not_exist(make_gateway):
    done = make_gateway().run("frobnicate", "--help", config=False, code=2)
    assert "unknown command `frobnicate`" in done.stderr


@pytest.mark.parametrize("command", [
    ["report"], ["report", "--format", "focus"], ["report", "--cache"], ["report", "--activity"], ["report", "--forecast"],
    ["report", "what-if", "--map", "opus=sonnet"], ["sessions", "--all"], ["session", "0f8fad5b"], ["budgets"], ["budgets", "verify"],
    ["keys", "list"], ["keys", "revoke", "key_1"], ["keys", "rotate", "key_1"], ["keys", "expire", "key_1"],
], ids=" ".join)
def test_a_ledger_that_is_not_there_is_no_empty_one(make_gateway, command):
    """Who mistypes a path must not get an invoice of nothing."""
    gateway = make_gateway()
    done = gateway.run(*command, code=1)
    assert f"there is no ledger in {gateway.config['data']}" in done.stderr and not done.stdout
    assert not pathlib.Path(gateway.config["data"]).exists()


def test_a_configuration_can_be_explained_before_it_has_run(make_gateway):
    gateway = make_gateway()
    assert "would serve it" in gateway.run("explain", "--model", "claude-sonnet-4-5", "--user", "alice").stdout
    assert not pathlib.Path(gateway.config["data"]).exists()


def test_an_empty_ledger_has_no_breaks_since_now(gateway):
    heading = gateway.run("report", "--cache").stdout.splitlines()[0]
    _, _, since, _, until = heading.rsplit(" ", 4)
    assert since <= until
    heading = gateway.run("report", "--cache", "--until", "2026-01-01").stdout.splitlines()[0]
    _, _, since, _, until = heading.rsplit(" ", 4)
    assert since <= until
