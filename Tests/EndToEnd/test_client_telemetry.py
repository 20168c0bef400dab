"""Claude Code's own telemetry through the gateway: received, stamped, joined with our spans, counted in the ledger."""

import json

import pytest

from expectations import one_attempt_each
from rig.answers import Message, tool
from rig.claude import Claude
from rig.waiting import eventually

FREE = "--dangerously-skip-permissions"


def environment(gateway, key, **more):
    return {
        "CLAUDE_CODE_ENABLE_TELEMETRY": "1", "DISABLE_TELEMETRY": None,
        "OTEL_METRICS_EXPORTER": "otlp", "OTEL_LOGS_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_ENDPOINT": gateway.url, "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer {key.secret}",
        "OTEL_METRIC_EXPORT_INTERVAL": "300", "OTEL_LOGS_EXPORT_INTERVAL": "100", **more}


TRACING = {
    "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA": "1", "CLAUDE_CODE_PROPAGATE_TRACEPARENT": "1", "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_TRACES_EXPORT_INTERVAL": "100", "OTEL_BSP_SCHEDULE_DELAY": "100"}


@pytest.fixture
def claude(tmp_path, gateway, key):
    folder = tmp_path / "developer"
    folder.mkdir()
    return Claude(folder, gateway.url, key.secret)


def theirs(sink, name=None):
    """Clients' log records that went on to the collector."""
    return [record for record in sink.records
            if record.resource.get("service.name", "").startswith("claude-code")
            and (name is None or record.attributes.get("event.name") == name)]


def of_client(sink, name, **attributes):
    """The points of a metric of Claude Code."""
    return [point for point in sink.points if point.name == name and attributes.items() <= point.attributes.items()]


def activity(gateway, *by):
    return gateway.report("--activity", *by)


@pytest.mark.client
def test_one_trace_from_the_session_to_the_attempt(claude, gateway, key, upstream, sink):
    file = str(claude.work / "hello.txt")
    upstream.answers(Message(text="Writing.", tools=[tool("Write", file_path=file, content="hello\n")]), Message(text="Done."))
    run = claude.run("Write a secret-canary file.", FREE, **environment(gateway, key, **TRACING))
    run.said("Done.")
    rows = one_attempt_each(gateway, upstream, 2)
    eventually(lambda: len(sink.named("claude_code.llm_request")) >= 2 and sink.named("claude_code.interaction"),
               "the client's spans arrive")
    asked = {span.span_id: span for span in sink.named("claude_code.llm_request")}
    for row in rows:
        server = sink.request_span(row["id"])
        parent = asked[server.parent_id]
        assert parent.trace_id == server.trace_id == row["trace_id"]
        assert parent.attributes["request_id"] == row["id"], "the client knows the request by our id"
        assert parent.resource["user.id"] == "alice" and parent.resource["tollgate.team"] == "platform"
        assert parent.resource["tollgate.key.id"] == key.id and parent.resource["service.name"] == "claude-code"
    assert len({span.trace_id for span in sink.spans if span.name.startswith(("claude_code", "POST", "chat"))}) == 1
    assert sink.named("claude_code.tool")
    eventually(lambda: len(theirs(sink, "api_request")) >= 2, "the client's events arrive")
    assert {record.trace_id for record in theirs(sink, "api_request")} == {rows[0]["trace_id"]}
    assert not [raw for raw in sink.raw if b"secret-canary" in raw], "prompts stay here"


@pytest.mark.client
def test_records_without_a_trace_are_joined(claude, gateway, key, upstream, sink):
    upstream.answers(
        Message(text="", tools=[tool("Bash", command="echo a", description="Say a")]), Message(text="Done."))
    claude.run("Do it.", FREE, **environment(gateway, key)).said("Done.")
    rows = {row["id"]: row for row in one_attempt_each(gateway, upstream, 2)}
    records = eventually(lambda: len(theirs(sink, "api_request")) >= 2 and theirs(sink, "api_request"), "events arrive", 20)
    for record in records:
        row = rows[record.attributes["request_id"]]
        assert (record.trace_id, record.span_id) == (row["trace_id"], row["span_id"])
        assert record.attributes["user.id"] == "alice" and record.attributes["claude_code.installation.id"]
    (result,) = eventually(lambda: theirs(sink, "tool_result"), "the tool's result arrives", 20)
    assert result.trace_id in {row["trace_id"] for row in rows.values()}, "by its prompt"
    assert "tool_parameters" not in result.attributes


@pytest.mark.client
def test_activity_equals_what_the_client_sent(claude, gateway, key, upstream, sink):
    file = str(claude.work / "hello.txt")
    upstream.answers(
        Message(text="Writing.", tools=[tool("Write", file_path=file, content="one\ntwo\n")]), Message(text="Done."))
    run = claude.run("Do it.", FREE, **environment(gateway, key))
    run.said("Done.")
    gateway.ledger.closed(2)
    eventually(lambda: of_client(sink, "claude_code.cost.usage"), "the client's metrics arrive")
    total = eventually(lambda: (t := activity(gateway)["total"])["sessions"] and t["tool_calls"] and t, "activity in the ledger")

    def sent(name, **attributes):
        return sum(point.value for point in of_client(sink, name, **attributes))

    assert total["sessions"] == sent("claude_code.session.count") == 1
    assert total["lines_added"] == sent("claude_code.lines_of_code.count", type="added") > 0
    assert total["client_input_tokens"] == sent("claude_code.token.usage", type="input")
    assert total["client_output_tokens"] == sent("claude_code.token.usage", type="output")
    assert total["client_cost_nano_usd"] == pytest.approx(sent("claude_code.cost.usage") * 1e9, abs=2)
    assert total["active_cli_ms"] == pytest.approx(sent("claude_code.active_time.total", type="cli") * 1e3, abs=2)
    assert total["tool_calls"] == 1 and total["prompts"] == 1
    eventually(lambda: len(theirs(sink, "tool_result")) == 1, "its event arrives", 15)
    assert total["cost_nano_usd"] == gateway.report()["total"]["cost_nano_usd"] == total["cost_per_session_nano_usd"]
    assert not any(point.cumulative for point in of_client(sink, "claude_code.token.usage")), "differences stay differences"
    point = of_client(sink, "claude_code.session.count")[0]
    assert point.attributes["user.id"] == "alice" and point.attributes["tollgate.team"] == "platform"
    (row,) = activity(gateway, "--by", "user,team")["rows"]
    assert (row["user"], row["team"]) == ("alice", "platform")
    eventually(lambda: sink.latest("tollgate.claude_code.sessions", user__id="alice"), "dashboards see it")
