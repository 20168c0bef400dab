"""Reloads: what they leave as it was is said, and what a configuration that is no more has held is given back."""

import json

import pytest

from expectations import serves
from rig.waiting import eventually


def test_accounts_of_before_are_let_go(make_gateway):
    """An account over TLS knows the authorities of the system: a megabyte and more, which would be there once for each reload."""
    gateway = make_gateway("https://localhost:1")
    gateway.config["telemetry"] = {"metrics": {"labels": ["team"]}}
    gateway.start("--loops", "2")
    sizes = []
    for turn in range(60):
        gateway.config["providers"][0]["timeouts"] = {"connect": f"{turn + 1}s"}
        gateway.reload()
        sizes.append(gateway.resident())
    assert sizes[-1] - sizes[19] < 12 << 20, [size >> 20 for size in sizes]


@pytest.mark.parametrize("change, named", [
    ({"listen": "127.0.0.1:1"}, "listen"),
    ({"data": "elsewhere"}, "data"),
    ({"otlp": [{"endpoint": "http://127.0.0.1:1"}], "metrics": {"interval": "5s", "series_limit": 7}},
     "telemetry.otlp, telemetry.metrics.series_limit"),
    ({"spool": {"enabled": False}, "service_name": "other", "sampling_ratio": 0.5, "cache_forensics": False},
     "telemetry.spool, telemetry.service_name, telemetry.sampling_ratio, telemetry.cache_forensics"),
    ({"metrics": {"temporality": "delta"}}, "telemetry.metrics.temporality"),
    ({"metrics": {"labels": ["team"]}, "logs": {"access": "all"}, "session_traces": False}, None)])
def test_what_waits_for_a_restart_is_named(make_gateway, change, named):
    """`interval` is not: a variable of the environment says it here, so the file's would not count after a restart either."""
    gateway = make_gateway().start()
    place = gateway.config if {"listen", "data"} & set(change) else gateway.config["telemetry"]
    place.update(change)
    before = len(gateway.log)
    gateway.reload()
    gateway.logged("configuration reloaded")
    told = [line["settings"] for line in gateway.log[before:] if "only with a restart" in line["message"]]
    assert told == ([named] if named else [])


def test_a_refused_file_is_read_again_when_the_file_comes_that_it_lacked(make_gateway):
    gateway = make_gateway().start()
    lacking = gateway.folder / "second.key"
    gateway.config["providers"].append({"name": "second", "kind": "anthropic", "api_key": "${file:second.key}"})
    gateway.write()
    eventually(lambda: "second.key cannot be read" in gateway.request("GET", "/readyz").body.decode(), "the file is refused")
    lacking.write_text("sk-second")
    eventually(lambda: gateway.request("GET", "/readyz").body == b"ok\n", "it is in force")


def test_a_reload_of_a_broken_file_changes_nothing(gateway, key):
    gateway.config["no_such_key"] = True
    gateway.reload()
    assert any("no_such_key" in json.dumps(line) for line in gateway.log)
    serves(gateway, key)


def audited(gateway, action):
    """The audit's lines of an action, each with its details read; at least one."""
    lines = eventually(
        lambda: gateway.ledger.rows("SELECT * FROM audit WHERE action = ? ORDER BY id", action), f"{action} is in the audit")
    return [{**line, "details": json.loads(line["details"])} for line in lines]


def test_a_reload_is_audited_and_told_with_what_it_changed(gateway, sink):
    gateway.config["models"] = [{"name": "acme-new", "target": "main/claude-opus-5-5"}]
    gateway.config["budgets"] = [{"id": "all", "limit_to": 5, "unit": "cost_per_day"}]
    gateway.reload()
    (line,) = audited(gateway, "reload")
    assert line["actor"] == "tollgate" and line["subject"] == str(gateway.file) and line["place"] > 0
    said = line["details"]
    assert said["reason"] == "signal" and said["removed"] == ["model claude-*: main/claude-*"]
    assert said["added"][0] == "model acme-new: main/claude-opus-5-5" and said["added"][1].startswith("budget all: $5")
    (event,) = eventually(lambda: sink.events("tollgate.audit", tollgate__audit__action="config.reload"), "an event tells of it")
    assert json.loads(event.attributes["tollgate.audit.details"]) == said and event.text == "INFO"
    eventually(lambda: [p.value for p in sink.latest("tollgate.config.reloads", tollgate__result="ok")] == [1], "it is counted")
    assert [point.value for point in sink.latest("tollgate.config.last_reload.success")] == [1]


def test_a_reload_that_sends_prompts_elsewhere_is_in_the_audit(gateway):
    before = gateway.config["providers"][0]["base_url"]
    gateway.config["providers"][0]["base_url"] = "http://127.0.0.1:9/elsewhere"
    gateway.reload()
    (line,) = audited(gateway, "reload")
    assert line["details"]["removed"] == [f"provider main: anthropic {before}"]
    assert line["details"]["added"] == ["provider main: anthropic http://127.0.0.1:9"]


def test_a_reload_with_other_prices_and_keys_is_in_the_audit(gateway):
    prices = gateway.folder / "own.txt"
    prices.write_text("# ours\ntable acme\n\nclaude-opus-5-5  -  -  4 20 5 8 0.2\n")
    gateway.config["prices"] = ["own.txt"]
    gateway.config["credentials"] = {"keys": [{"key": "a-key-that-nobody-guesses-1", "user": "alice", "team": "web", "metadata": {"a": "b"}}]}
    gateway.reload()
    (first,) = [line["details"] for line in audited(gateway, "reload")]
    prices.write_text("table acme\nclaude-opus-5-5 - - 4 20 5 8 0.3 # dearer\n")
    gateway.config["credentials"]["keys"][0]["key"] = "a-key-that-nobody-guesses-2"
    gateway.reload()

    def told():
        """The two files may have been seen to change one after the other."""
        lines = [line["details"] for line in audited(gateway, "reload")][1:]
        added, removed = ([text for line in lines for text in line[name]] for name in ("added", "removed"))
        return len(added) == len(removed) == 2 and (sorted(added), sorted(removed))

    added, removed = eventually(told, "it is in the audit")
    table, price, key = first["added"]
    assert first["removed"] == [] and (table, price) == ("price own.txt: table acme", "price own.txt: claude-opus-5-5 - - 4 20 5 8 0.2")
    assert key.startswith("key cfg_") and key.endswith(": user=alice team=web metadata.a=b")
    assert removed == [key, price] and added[1] == "price own.txt: claude-opus-5-5 - - 4 20 5 8 0.3"
    assert added[0] != key and added[0].endswith(": user=alice team=web metadata.a=b")
    assert "nobody-guesses" not in json.dumps([first, added, removed])


def test_a_reload_that_fails_is_told_everywhere_until_the_file_is_good_again(gateway, sink, key):
    gateway.config["no_such_key"] = True
    gateway.config["providers"][0]["knd"] = "anthropic"
    gateway.reload()
    serves(gateway, key)
    ready = eventually(
        lambda: b"configuration:" in (answer := gateway.request("GET", "/readyz")).body and answer, "/readyz says so")
    lines = ready.body.decode().splitlines()
    assert ready.status == 200 and lines[0] == "ok" and len(lines) == 2
    assert "the file was changed and refused at 20" in lines[1] and "tollgate.yaml:" in lines[1] and "(2 in all)" in lines[1]
    assert gateway.request("GET", "/healthz").body == b"ok\n"
    (line,) = audited(gateway, "reload_failed")
    assert len(line["details"]["problems"]) == 2 and "no_such_key" in json.dumps(line["details"])
    (event,) = eventually(
        lambda: sink.events("tollgate.audit", tollgate__audit__action="config.reload_failed"), "an event tells of it")
    assert event.text == "WARN"
    eventually(lambda: [p.value for p in sink.latest("tollgate.config.reloads", tollgate__result="failed")] == [1], "it is counted")
    eventually(lambda: [p.value for p in sink.latest("tollgate.config.last_reload.success")] == [0], "and stands in the gauge")
    del gateway.config["no_such_key"], gateway.config["providers"][0]["knd"]
    gateway.reload()
    eventually(lambda: gateway.request("GET", "/readyz").body == b"ok\n", "/readyz has forgotten it")
    eventually(lambda: [p.value for p in sink.latest("tollgate.config.last_reload.success")] == [1], "the gauge follows")
