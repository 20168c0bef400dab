"""The configuration with everything on, in two forms that take turns, and one that is wrong."""

import copy

from elsewhere import PROVIDERS
from rig.gateway import UPSTREAM_KEY
from rig.upstream import refusing_port
from soaking.upstreams import KINDS


def first(gateway, servers, webhook):
    """The form that the gateway starts with."""
    patient = {"first_byte": "12s", "idle": "12s"}  # the providers here share a busy machine
    account = {"kind": "anthropic", "api_key": UPSTREAM_KEY, "timeouts": patient}
    config = gateway.config
    config["providers"] = [
        {"name": "main", "base_url": servers["main"].url, **account}, {"name": "second", "base_url": servers["second"].url, **account},
        {"name": "nobody", "base_url": f"http://127.0.0.1:{refusing_port()}", **account}]
    for kind in KINDS:
        folder = gateway.folder / kind
        folder.mkdir(exist_ok=True)
        config["providers"].append({"name": kind, **PROVIDERS[kind].setting(servers[kind], folder), "timeouts": patient})
    both = [{"target": f"{name}/claude-sonnet-5-5", "priority": place} for place, name in enumerate(("main", "second"))]
    config["models"] = [
        {"name": "claude-*", "target": "main/claude-*"},
        {"name": "soak/both", "routing_config": {
            "type": "priority-based-routing", "load_balance_targets": both,
            "circuit_breaker": {"failures": 1000, "open_for": "1s"}}},
        *({"name": f"{kind}!", "target": f"{kind}/{PROVIDERS[kind].model}"} for kind in KINDS)]
    dollars = {"unit": "cost_per_day", "unpriced_reserve": "0.001"}
    everybody = {"not": {"teams": ["poor", "slow"]}}
    config["budgets"] = [
        {"id": "person", "limit_to": 1_000_000, "budget_applies_per": ["user"], "when": everybody, **dollars,
         "alerts": {"thresholds": [1], "webhook": webhook.url}},
        {"id": "team", "limit_to": 1_000_000, "budget_applies_per": ["team"], "when": everybody, **dollars},
        {"id": "model", "limit_to": 1_000_000, "budget_applies_per": ["model"], "when": everybody, **dollars},
        {"id": "run", "limit_to": 1_000_000, "budget_applies_per": ["session"], "unit": "cost_total", "unpriced_reserve": "0.001",
         "when": everybody},
        {"id": "tokens", "limit_to": "900000M", "unit": "tokens_per_month"},
        {"id": "nothing", "limit_to": "0.000001", "when": {"teams": ["poor"]}, **dollars}]
    config["rate_limits"] = [
        {"id": "minute", "limit_to": 1_000_000, "unit": "requests_per_minute", "rate_limit_applies_per": ["user"]},
        {"id": "day", "limit_to": "900000M", "unit": "tokens_per_day"},
        {"id": "at-once", "limit_to": 20, "unit": "concurrent_requests", "rate_limit_applies_per": ["user"], "on_limit": "queue",
         "queue_timeout": "30s"},
        {"id": "few", "limit_to": 3, "unit": "requests_per_hour", "when": {"teams": ["slow"]}}]
    config["access"] = [{"id": "no-haiku", "when": {"teams": ["slow"]}, "deny": {"models": ["*haiku*"]}}]
    config["runaway"] = [{"id": "loops", "same_tool_calls": 400}]
    config["content_capture"] = [{"id": "some", "when": {"teams": ["data"]}, "sample": 0.5}]
    config["logs"]["access"] = "errors"
    config["telemetry"] |= {
        "spool": {"max_size": "256MiB"}, "session_traces": True, "cache_forensics": True,
        "logs": {"access": "all", "process": "info"}, "metrics": {"labels": ["team", "user", "project"], "series_limit": 2000}}
    gateway.environment |= {"OTEL_BSP_SCHEDULE_DELAY": "500", "OTEL_BLRP_SCHEDULE_DELAY": "500", "OTEL_METRIC_EXPORT_INTERVAL": "5000"}
    return config


def other(config):
    """The other form: accounts with other settings, another budget, other limits, another model, other people who are recorded."""
    config = copy.deepcopy(config)
    config["providers"][0]["max_idle_connections"] = 16
    config["providers"][1]["timeouts"] = {"first_byte": "13s", "idle": "13s"}
    config["models"].append({"name": "soak/more", "target": "second/claude-haiku-5-5"})
    config["budgets"].insert(2, {"id": "week", "limit_to": 1_000_000, "unit": "cost_per_week", "budget_applies_per": ["user", "model"],
                                 "unpriced_reserve": "0.001", "when": {"not": {"teams": ["poor", "slow"]}}})
    config["rate_limits"][2]["limit_to"] = 24
    config["content_capture"] = [{"id": "others", "when": {"teams": ["research"]}, "sample": 0.3, "max_size": "16KiB"}]
    config["telemetry"]["metrics"]["labels"] = ["team", "project"]
    config["telemetry"]["cache_forensics"] = False
    return config


def wrong(config):
    config = copy.deepcopy(config)
    config["budgets"].append({"id": "wrong"})
    return config
