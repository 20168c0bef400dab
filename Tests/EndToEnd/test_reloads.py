"""Reloads: what they leave as it was is said, and what a configuration that is no more has held is given back."""

import pytest

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
