"""An outage at a provider in the middle of the real Claude Code's tool loop: the developer sees nothing of it, the trace shows all."""

import json

import pytest

from elsewhere import PROVIDERS
from rig.answers import Json, Message, error, tool
from rig.bedrock_answers import failure as bedrock_failure
from rig.bedrock_upstream import BedrockUpstream
from rig.claude import Claude
from rig.gateway import UPSTREAM_KEY
from rig.replies import Call, Thought, reply
from rig.strict import checked
from rig.upstream import Hang, Stall
from rig.waiting import eventually

pytestmark = pytest.mark.client
FREE = "--dangerously-skip-permissions"
NAME = "acme/sonnet"
OUTAGES = {
    "429": error(429, "rate_limit_error", retry_after="30"),
    "500": error(500, "api_error"),
    "503": Json({"message": "down"}, 503),
    "refused": None,
    "stalled before the head": Stall(before_head=True),
    "stalled behind a head of 200": Stall(before_head=False),
    "reset": Hang("reset"),
    "overloaded as the first event": Message(fail="overloaded_error", fail_after=0),
}


@pytest.fixture
def drill(make_gateway, tmp_path):
    """A gateway with a virtual model, and a developer who asks for nothing else."""

    def make(providers, *targets, **routing):
        gateway = make_gateway()
        gateway.config["providers"] = providers
        gateway.config["models"] = [
            {"name": NAME, "routing_config": {"type": "priority-based-routing", **routing, "load_balance_targets": [
                {"priority": place, "first_byte_timeout": "1s", **target} for place, target in enumerate(targets)]}}]
        gateway.start("--loops", "2")
        folder = tmp_path / "developer"
        folder.mkdir()
        claude = Claude(folder, gateway.url, gateway.issue().secret)
        claude.environment |= {"ANTHROPIC_MODEL": NAME, "ANTHROPIC_DEFAULT_HAIKU_MODEL": NAME, "ANTHROPIC_SMALL_FAST_MODEL": NAME}
        return gateway, claude

    return make


def saw_nothing(run):
    """No retry of the client's own, and no error anywhere in what it tells."""
    subtypes = {str(event.get("subtype")) for _, event in run.events}
    assert "success" in subtypes and not [name for name in subtypes if "retry" in name or "error" in name], subtypes
    assert not run.result.get("is_error"), run.result


def every_attempt_has_a_span(gateway, sink, requests, attempts):
    rows = gateway.ledger.closed(requests)
    assert len(rows) == requests and {row["status"] for row in rows} == {200}
    found = eventually(lambda: len(gateway.ledger.attempts) == attempts and gateway.ledger.attempts, f"{attempts} attempts")
    spans = eventually(lambda: len(s := sink.named("chat ")) == attempts and s, f"{attempts} spans of attempts")
    assert sorted(span.span_id for span in spans) == sorted(row["span_id"] for row in found)
    assert all(span.attributes["tollgate.route.reason"] for span in spans)
    return spans


@pytest.mark.parametrize("outage", OUTAGES)
def test_the_session_finishes_on_the_fallback(drill, upstream, second, sink, outage):
    gateway, claude = drill(
        [{"name": "one", "kind": "anthropic", "base_url": upstream.url, "api_key": UPSTREAM_KEY},
         {"name": "two", "kind": "anthropic", "base_url": second.url, "api_key": UPSTREAM_KEY}],
        {"target": "one/claude-sonnet-5-5"}, {"target": "two/claude-sonnet-5-5"})
    file = str(claude.work / "hello.txt")
    begins = Message(text="Writing.", tools=[tool("Write", file_path=file, content="hello\n")])
    if OUTAGES[outage] is None:
        async def then_refuse(exchange):
            await begins(exchange)
            upstream.refuse()
        upstream.answers(then_refuse)
    else:
        upstream.answers(begins, OUTAGES[outage])
    second.answers(
        Message(text="", tools=[tool("Read", file_path=file)]),
        Message(text="", tools=[tool("Bash", command="ls -1", description="List files")]),
        Message(text="The loop is done."))
    run = claude.run("Do it.", FREE)
    run.said("The loop is done.")
    saw_nothing(run)
    assert (claude.work / "hello.txt").read_text() == "hello\n"
    assert len(second.calls) == 3, "the session stays where its cache now is"
    requests = 4
    died = sum(row["outcome"] == "cut" or row["outcome"] == "unreachable" for row in gateway.ledger.closed(requests) and gateway.ledger.attempts)
    spans = every_attempt_has_a_span(gateway, sink, requests, len(gateway.ledger.attempts))
    assert len(spans) == 5 or died == 2 and len(spans) == 6, "a pooled connection that had ended is tried once more"
    reasons = [s.attributes["tollgate.route.reason"] for s in sorted(spans, key=lambda s: s.begin)]
    assert reasons[0] == "first choice by priority" and reasons[-1] == "sticky"
    assert sum(reason.startswith("fallback after") for reason in reasons) == 1


def test_from_anthropic_to_bedrock_to_openai(drill, upstream, sink, openai_upstream, tmp_path):
    for bedrock in checked(BedrockUpstream()):
        gateway, claude = drill(
            [{"name": "anthropic", "kind": "anthropic", "base_url": upstream.url, "api_key": UPSTREAM_KEY},
             {"name": "bedrock", **PROVIDERS["bedrock-claude"].setting(bedrock, tmp_path)},
             {"name": "openai", "kind": "openai", "base_url": openai_upstream.url + "/v1", "api_key": openai_upstream.key}],
            {"target": "anthropic/claude-opus-5-5"}, {"target": f"bedrock/{PROVIDERS['bedrock-claude'].model}"},
            {"target": "openai/gpt-5.5"})
        file = str(claude.work / "hello.txt")
        upstream.answers(
            Message(text="Writing.", tools=[tool("Write", file_path=file, content="hello\n")]),
            error(529, "overloaded_error"))
        bedrock.answers(
            reply(Thought("Claude's thought."), Call("Read", {"file_path": file})), bedrock_failure("ServiceUnavailableException"))
        openai_upstream.answers(
            reply(Thought("Another's thought."), Call("Bash", {"command": "ls -1", "description": "List files"})),
            reply("The loop is done."))
        run = claude.run("Do it.", FREE)
        run.said("The loop is done.")
        saw_nothing(run)
        assert b"Claude's thought" not in openai_upstream.calls[-1].body
        spans = every_attempt_has_a_span(gateway, sink, 4, 7)
        targets = [s.attributes["tollgate.provider"] for s in sorted(spans, key=lambda s: (s.begin, s.attributes["tollgate.attempt.ordinal"]))]
        assert targets == ["anthropic", "anthropic", "bedrock", "bedrock", "anthropic", "openai", "openai"]


def test_when_all_fail_the_last_ones_error_is_on_the_screen(drill, upstream, second):
    gateway, claude = drill(
        [{"name": "one", "kind": "anthropic", "base_url": upstream.url, "api_key": UPSTREAM_KEY},
         {"name": "two", "kind": "anthropic", "base_url": second.url, "api_key": UPSTREAM_KEY}],
        {"target": "one/claude-sonnet-5-5"}, {"target": "two/claude-sonnet-5-5", "fallback_status_codes": [500]})
    upstream.answers(error(500, "api_error"))
    second.answers(error(400, "invalid_request_error", "The second one does not want it."))
    claude.run("Hi.").said("The second one does not want it.", code=1)
