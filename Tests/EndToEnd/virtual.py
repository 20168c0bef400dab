"""A gateway with a virtual model of two targets, and what its requests and their traces look like."""

import uuid

from rig.gateway import UPSTREAM_KEY, prompt
from rig.waiting import eventually

NAME = "acme/sonnet"
PRIMARY, SECOND = "claude-sonnet-5-5", "claude-opus-5-5"


def two_targets(gateway, upstream, second, strategy="priority", first=None, last=None, routing=None, providers=None, loops="2", **limits):
    """Start it, and give it with a key. A test may change the targets, the routing and the providers."""
    given = providers or {}
    gateway.config["providers"] = [
        {"name": "first", "kind": "anthropic", "base_url": upstream.url, "api_key": UPSTREAM_KEY, **given.get("first", {})},
        {"name": "last", "kind": "anthropic", "base_url": second.url, "api_key": UPSTREAM_KEY, **given.get("last", {})}]
    for provider in gateway.config["providers"]:
        if provider["api_key"] is None:
            del provider["api_key"]
    targets = [{"target": f"first/{PRIMARY}", **(first or {})}, {"target": f"last/{SECOND}", **(last or {})}]
    if strategy == "priority":
        for place, target in enumerate(targets):
            target.setdefault("priority", place)
    gateway.config["models"] = [
        {"name": "claude-*", "target": "first/claude-*"},
        {"name": NAME, "routing_config": {"type": f"{strategy}-based-routing", "load_balance_targets": targets, **(routing or {})}}]
    gateway.config["limits"].update(limits)
    gateway.start("--loops", loops)
    return gateway, gateway.issue()


def ask(gateway, key, session=None, stream=True, headers=None, **more):
    fields = {"x-claude-code-session-id": session or str(uuid.uuid4()), **(headers or {})}
    return gateway.messages(key, prompt(stream=stream, **{"model": NAME, **more}), fields)


def attempts(gateway, count):
    return eventually(lambda: (rows := gateway.ledger.attempts) and len(rows) == count and rows, f"{count} attempts in the ledger")


def chats(sink, count):
    found = eventually(lambda: (s := sink.named("chat ")) and len(s) >= count and s, f"{count} attempts have spans")
    assert len(found) == count
    return sorted(found, key=lambda span: span.attributes["tollgate.attempt.ordinal"])


def served(answer, by):
    assert answer.status == 200, (answer.status, answer.body)
    assert b"message_stop" in answer.body or b'"type": "message"' in answer.body
    assert answer.header("x-tollgate-target") == by, answer.headers
    return answer
