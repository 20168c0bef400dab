"""Finance and SREs look at what was done and spent, and are not given the secrets of the gateway for it."""

import pytest

from rig.gateway import UPSTREAM_KEY, prompt
from rig.waiting import eventually

SESSION = "0f8fad5b-d9cb-469f-a165-70867728950e"
STANDS_IN = "a-secret-that-was-not-asked-for"


@pytest.fixture
def gateway(make_gateway):
    gateway = make_gateway()
    gateway.config["providers"][0] |= {"api_key": "${UPSTREAM_KEY}", "headers": {"x-extra": "Basic ${UPSTREAM_KEY}"}}
    gateway.config["credentials"] = {"keys": [{"key": "${file:key}", "user": "carol", "team": "ops"}]}
    gateway.config["budgets"] = [
        {"id": "all", "limit_to": 50, "unit": "cost_per_day", "alerts": {"webhook": "${WEBHOOK}"}}]
    gateway.environment |= {"UPSTREAM_KEY": UPSTREAM_KEY, "WEBHOOK": "https://hooks.example/T0/B0/canary"}
    secret = gateway.folder / "key"
    secret.write_text("tg-bootstrap-0123456789abcdef\n")
    gateway.start()
    assert gateway.messages(gateway.issue(), prompt(), {"x-claude-code-session-id": SESSION}).status == 200
    gateway.ledger.closed(1)
    for name in ("UPSTREAM_KEY", "WEBHOOK"):
        del gateway.environment[name]
    secret.unlink()
    return gateway


def test_what_was_spent_is_told_without_the_gateways_secrets(gateway):
    eventually(lambda: "all" in gateway.run("budgets").stdout, "the account is kept")
    for command, there in {
        ("report", "--by", "user"): "alice", ("report", "--format", "focus"): "BilledCost", ("report", "--format", "html"): "</html>",
        ("report", "what-if", "--map", "sonnet=haiku"): "", ("report", "--cache"): "", ("report", "--forecast"): "",
        ("budgets",): "all", ("sessions", "--all"): SESSION[:8], ("session", SESSION): "claude",
        ("explain", "--model", "claude-sonnet-4-5", "--user", "alice"): "main", ("keys", "list"): "alice",
    }.items():
        done = gateway.run(*command, code=None)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        assert there in done.stdout, (command, done.stdout)
        assert STANDS_IN not in done.stdout + done.stderr, command
    gateway.run("budgets", "raise", "all", "--by", "5", "--for", "1h", "--reason", "a release")
    eventually(lambda: "55" in gateway.run("budgets").stdout, "the raise is in force")


def test_whose_key_it_is_cannot_be_told_without_the_key(gateway):
    """Who would take it for a name would say that it may use what its groups are denied."""
    done = gateway.run("explain", "--model", "claude-sonnet-4-5", "--key", "cfg_0123456789abcdef", code=2)
    assert "cfg_0123456789abcdef" in done.stderr and not done.stdout


@pytest.mark.parametrize("command", ["check", "serve"])
def test_what_sends_needs_them(gateway, command):
    done = gateway.run(command, code=2)
    for named in ("UPSTREAM_KEY", "WEBHOOK", "the file key"):
        assert named in done.stderr, done.stderr
    assert gateway.run("doctor", code=1)
