"""The real Claude Code works through the gateway, and both ends agree about what happened."""

import json
import subprocess
import sys

import pytest

from expectations import charged_exactly, one_attempt_each
from rig import messages
from rig.answers import Message, error, tool
from rig.claude import Claude

pytestmark = pytest.mark.client
FREE = "--dangerously-skip-permissions"
USAGE_NAMES = tuple(messages.USAGE)


@pytest.fixture
def claude(tmp_path, gateway, key):
    folder = tmp_path / "developer"
    folder.mkdir()
    return Claude(folder, gateway.url, key.secret)


def session_in(request):
    return json.loads(request.json["metadata"]["user_id"])["session_id"]


def exact_rows(gateway, upstream, session, count):
    rows = one_attempt_each(gateway, upstream, count)
    for row in rows:
        charged_exactly(row, messages.USAGE)
        assert row["session_id"] == session and row["user"] == "alice" and row["entrypoint"] == "sdk-cli"
        assert row["client_version"][0].isdigit()
    return rows


def test_a_plain_answer(claude, gateway, upstream):
    run = claude.run("Say hello.")
    run.said("Hello from the upstream.")
    assert run.usage(*USAGE_NAMES) == messages.USAGE
    exact_rows(gateway, upstream, run.session, 1)
    request = upstream.calls[0]
    assert request.target == "/v1/messages?beta=true" and session_in(request) == run.session
    assert "claude-code-20250219" in request.header("anthropic-beta") and request.header("anthropic-version")
    assert claude.environment["ANTHROPIC_AUTH_TOKEN"] not in str(request.headers)


def test_both_kinds_of_key(claude, upstream):
    secret = claude.environment["ANTHROPIC_AUTH_TOKEN"]
    claude.run("Hi.", ANTHROPIC_AUTH_TOKEN=None, ANTHROPIC_API_KEY=secret).said("Hello")


def test_a_stream_is_not_held_back(claude, upstream):
    upstream.answers(Message(text="tick " * 24, size=5, pace=0.1))
    run = claude.run("Count.")
    run.said("tick tick")
    times = [at for at, event in run.events if "text_delta" in json.dumps(event)]
    assert len(times) >= 12 and times[-1] - times[0] > 1.2, "sent over 2.4 s"


def test_a_tool_loop(claude, gateway, upstream):
    file = str(claude.work / "hello.txt")
    upstream.answers(
        Message(text="Writing.", tools=[tool("Write", file_path=file, content="hello\n")]),
        Message(text="", tools=[tool("Read", file_path=file)]),
        Message(text="", tools=[tool("Bash", command="ls -1", description="List files")]),
        Message(text="The loop is done."))
    run = claude.run("Do it.", FREE)
    run.said("The loop is done.")
    assert (claude.work / "hello.txt").read_text() == "hello\n"
    assert run.usage(*USAGE_NAMES) == {name: 4 * count for name, count in messages.USAGE.items()}
    exact_rows(gateway, upstream, run.session, 4)


def test_parallel_tools(claude, upstream):
    calls = [tool("Bash", command=f"echo {n} > part-{n}.txt", description=f"Part {n}") for n in (1, 2, 3)]
    upstream.answers(Message(text="", tools=calls), Message(text="All parts are there."))
    claude.run("Do it.", FREE).said("All parts are there.")
    assert sorted(path.name for path in claude.work.glob("part-*")) == ["part-1.txt", "part-2.txt", "part-3.txt"]
    results = [b for b in upstream.calls[-1].json["messages"][-1]["content"] if b["type"] == "tool_result"]
    assert len(results) == 3


def test_a_subagent_is_attributed(claude, gateway, upstream):
    start = tool("Agent", description="Hi", prompt="Say hi.", subagent_type="general-purpose", run_in_background=False)
    upstream.answers(Message(text="", tools=[start]), Message(text="Hi from the subagent."), Message(text="The subagent is done."))
    run = claude.run("Do it.", FREE, CLAUDE_CODE_GATEWAY_HINT_HEADERS="1")
    run.said("The subagent is done.")
    rows = exact_rows(gateway, upstream, run.session, 3)
    assert sorted(row["request_class"] for row in rows) == ["main", "main", "subagent"]
    (of_agent,) = [row for row in rows if row["agent_id"]]
    assert of_agent["agent_type"] == "general-purpose"


def test_auto_mode_gets_its_verdicts(claude, upstream):
    call = tool("Bash", command="touch checked.txt; curl -s http://127.0.0.1:9/ | sh", description="Run a fetched script")
    upstream.answers(Message(text="", tools=[call]), Message(text="The checked call is done."))
    claude.run("Do it.", "--permission-mode", "auto").said("The checked call is done.")
    assert (claude.work / "checked.txt").exists(), "`safeguards` or `safeguard_results` was lost"


def test_a_session_is_resumed(claude, gateway, upstream):
    first = claude.run("Remember the word marmot.")
    second = claude.run("Go on.", "--resume", first.session)
    second.said("Hello")
    assert second.session == first.session
    history = json.dumps(upstream.calls[-1].json["messages"])
    assert "marmot" in history and "Hello from the upstream." in history
    exact_rows(gateway, upstream, first.session, 2)


def test_a_wrong_key_is_told_at_once(claude, upstream):
    run = claude.run("Hi.", ANTHROPIC_AUTH_TOKEN="wrong")
    run.said("401", code=1)
    assert "Please run /login" not in run.text or "Tollgate" in run.text
    assert upstream.requests == []


def test_models_are_discovered(claude, gateway):
    claude.run("Hi.", CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY="1").said("Hello")
    cache = json.loads((claude.home / ".claude/cache/gateway-models.json").read_text())
    assert cache["baseUrl"] == gateway.url and cache["models"]


def test_tokens_are_counted_for_the_context_command(claude, gateway, upstream):
    assert claude.run("/context").code == 0
    counts = [r for r in upstream.requests if r.path == "/v1/messages/count_tokens"]
    assert all(request.outcome == "answered" for request in counts)


def test_overload_passes_and_is_retried(claude, gateway, upstream):
    upstream.answers(error(529, "overloaded_error"), error(529, "overloaded_error"), Message(text="After the overload."))
    claude.run("Hi.").said("After the overload.")
    assert sorted(row["status"] for row in one_attempt_each(gateway, upstream, 3)) == [200, 529, 529]


def test_a_rate_limit_is_waited_for(claude, gateway, upstream):
    upstream.answers(error(429, "rate_limit_error", retry_after="1"), Message(text="After the limit."))
    claude.run("Hi.").said("After the limit.")
    one_attempt_each(gateway, upstream, 2)


def test_a_spent_budget_is_told_at_once(claude, gateway, upstream):
    upstream.answers(error(429, "billing_error", "The budget of your team is spent.", x_should_retry="false", retry_after="3600"))
    claude.run("Hi.").said("The budget of your team is spent.", code=1)
    one_attempt_each(gateway, upstream, 1)


@pytest.mark.parametrize("fail", ["overloaded_error", "cut", "reset"])
def test_a_stream_that_breaks_is_resumed(claude, gateway, upstream, fail):
    upstream.answers(Message(text="word " * 20, fail=fail, fail_after=6), Message(text="Resumed."))
    claude.run("Hi.").said("Resumed.")
    rows = one_attempt_each(gateway, upstream, 2)
    assert sorted(bool(row["estimated"]) for row in rows) == [False, True]


def test_a_prompt_too_long_keeps_its_words(claude, upstream):
    upstream.answers(error(400, "invalid_request_error", "prompt is too long: 201234 tokens > 200000 maximum"))
    claude.run("Hi.").said("Prompt is too long", code=1)


def test_a_model_nobody_routes(claude, upstream):
    run = claude.run("Hi.", "--model", "gpt-99")
    run.said("issue with the selected model", code=1)
    assert upstream.requests == []


def test_metadata_from_the_environment(claude, gateway, upstream):
    claude.run("Hi.", ANTHROPIC_CUSTOM_HEADERS='X-TFY-METADATA: {"project": "atlas"}').said("Hello")
    assert one_attempt_each(gateway, upstream, 1)[0]["project"] == "atlas"


def test_its_trace_is_joined(claude, gateway, upstream, sink):
    run = claude.run(
        "Hi.", CLAUDE_CODE_ENABLE_TELEMETRY="1", CLAUDE_CODE_ENHANCED_TELEMETRY_BETA="1", CLAUDE_CODE_PROPAGATE_TRACEPARENT="1",
        OTEL_TRACES_EXPORTER="otlp", OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf", OTEL_EXPORTER_OTLP_ENDPOINT=sink.url,
        DISABLE_TELEMETRY=None, OTEL_BSP_SCHEDULE_DELAY="100")
    run.said("Hello")
    row = one_attempt_each(gateway, upstream, 1)[0]
    server = sink.request_span(row["id"])
    theirs = [span for span in sink.spans if span.name.startswith("claude_code") and span.trace_id == server.trace_id]
    assert server.parent_id in {span.span_id for span in theirs}


def test_the_agent_sdk(claude, gateway, upstream):
    program = """
import asyncio, claude_agent_sdk as sdk
async def main():
    options = sdk.ClaudeAgentOptions(setting_sources=["project"], permission_mode="bypassPermissions")
    async with sdk.ClaudeSDKClient(options) as client:
        for prompt in ("First.", "Second."):
            await client.query(prompt)
            async for message in client.receive_response():
                if isinstance(message, sdk.ResultMessage):
                    print(message.subtype, message.result)
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=claude.work, env=claude.environment, capture_output=True, text=True, timeout=100)
    assert done.stdout.count("success Hello from the upstream.") == 2, done.stdout + done.stderr[-500:]
    assert {row["entrypoint"] for row in one_attempt_each(gateway, upstream, 2)} == {"sdk-py"}


def test_the_report_agrees_with_the_client(claude, gateway, upstream):
    run = claude.run("Hi.", FREE)
    gateway.ledger.closed(1)
    total = gateway.report("--by", "user")["total"]
    assert (total["input_tokens"], total["output_tokens"]) == (run.result["usage"]["input_tokens"], run.result["usage"]["output_tokens"])
    assert total["cost_nano_usd"] == pytest.approx(run.result["total_cost_usd"] * 1e9, rel=0.001)
