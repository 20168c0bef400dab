"""Telemetry: the span tree, the metrics, and that both tell the same numbers as the ledger."""

import json
import time

import pytest

from expectations import one_attempt_each
from governed import asked
from rig.answers import Message, error
from rig.collector import Collector
from rig.gateway import prompt
from rig.ledger import tokens
from rig.otlp import CLIENT, ERROR, SERVER, Sink
from rig.upstream import Stall
from rig.waiting import eventually

SESSION = "11111111-2222-4333-8444-555555555555"
HINTS = {
    "x-claude-code-session-id": SESSION,
    "x-claude-code-request-class": "subagent",
    "x-claude-code-agent-type": "Explore",
    "x-claude-code-agent-id": "a97bd800fbddb4afd",
    "x-claude-code-prompt-id": "p-1",
    "x-claude-code-prev-tool-durations": "Bash=510;Read=9",
    "user-agent": "claude-cli/2.1.329 (external, cli)",
}


def tree(sink, count):
    """So many finished requests: each SERVER span with its CLIENT spans."""
    eventually(lambda: len(servers(sink)) >= count and len(sink.named("chat ")) >= count, f"{count} spans of each kind")
    return [(server, [s for s in sink.named("chat ") if s.parent_id == server.span_id]) for server in servers(sink)]


def servers(sink):
    return [span for span in sink.spans if span.kind == SERVER and span.attributes.get("http.route") == "/v1/messages"]


def prompt_tokens(row):
    return row["input_tokens"] + row["cache_write_5m_tokens"] + row["cache_write_1h_tokens"] + row["cache_read_tokens"]


def check_session(gateway, upstream, sink, count):
    rows = {row["id"]: row for row in one_attempt_each(gateway, upstream, count)}
    for server, attempts in tree(sink, count):
        row = rows[server.attributes["tollgate.request.id"]]
        assert (server.trace_id, server.span_id) == (row["trace_id"], row["span_id"])
        assert server.name == "POST /v1/messages" and not [k for k in server.attributes if k.startswith("gen_ai.usage")]
        assert len(attempts) == 1, "row count = attempt span count"
        attempt = attempts[0]
        assert attempt.kind == CLIENT and attempt.name == f"chat {row['model_served']}"
        assert ancestor(sink, attempt, server)
        assert server.begin <= attempt.begin <= attempt.end <= server.end
        usage = attempt.attributes
        assert usage["gen_ai.usage.input_tokens"] == prompt_tokens(row), "input includes what was cached"
        assert usage["gen_ai.usage.output_tokens"] == row["output_tokens"]
        assert usage["gen_ai.usage.cache_read.input_tokens"] == row["cache_read_tokens"]
        assert usage["gen_ai.operation.name"] == "chat" and usage["gen_ai.provider.name"] == "anthropic"
        assert usage["gen_ai.request.model"] == row["model_served"] and usage["gen_ai.response.id"].startswith("msg_upstream")
        assert usage["gen_ai.response.finish_reasons"] == ["end_turn"]
        assert usage["server.address"] == "127.0.0.1" and usage["server.port"] == upstream.port
    assert sink.duplicates == 0
    return rows


def ancestor(sink, span, wanted):
    by_id = {s.span_id: s for s in sink.spans}
    while span is not None and span.span_id != wanted.span_id:
        span = by_id.get(span.parent_id)
    return span is not None


def metric_sum(sink, name, **attributes):
    return sum(point.value for point in sink.latest(name, **attributes))


def check_metrics(sink, rows):
    whole = {"input": sum(prompt_tokens(row) for row in rows), "output": sum(row["output_tokens"] for row in rows)}

    def agree():
        old = {kind: sum(p.total for p in sink.latest("gen_ai.client.token.usage", gen_ai__token__type=kind)) for kind in whole}
        return old == whole

    eventually(agree, f"gen_ai.client.token.usage sums to {whole}")
    assert metric_sum(sink, "gen_ai.client.inference.usage.input_tokens") == whole["input"]
    assert metric_sum(sink, "gen_ai.client.inference.usage.output_tokens") == whole["output"]
    for name in ("gen_ai.client.operation.duration", "gen_ai.client.inference.duration", "http.server.request.duration"):
        points = sink.latest(name)
        assert points and all(point.unit == "s" for point in points), name
    assert sum(p.count for p in sink.latest("gen_ai.client.operation.duration")) == len(rows)


def session(gateway, key, count=6):
    for number in range(count):
        assert gateway.messages(key, prompt(stream=number % 2 == 0), HINTS).status == 200


def test_spans_metrics_and_ledger_tell_the_same(gateway, upstream, sink, key):
    session(gateway, key)
    rows = check_session(gateway, upstream, sink, 6)
    check_metrics(sink, rows.values())
    assert all(tokens(row)["cache_read_tokens"] == 3000 for row in rows.values())


def test_through_a_real_collector(make_gateway, upstream, sink, tmp_path):
    with Collector(tmp_path, sink.url) as collector:
        gateway = make_gateway()
        gateway.config["telemetry"] = {"otlp": [{"endpoint": collector.url}]}
        gateway.start()
        session(gateway, gateway.issue())
        rows = check_session(gateway, upstream, sink, 6)
        check_metrics(sink, rows.values())
        gateway.stop()


def starts(sink):
    return sink.events("tollgate.audit", tollgate__audit__action="start")


def test_a_start_is_told_as_an_event(gateway, sink):
    (start,) = eventually(lambda: starts(sink), "the event of the start arrives")
    assert (start.severity, start.text) == (9, "INFO") and start.body.startswith("start ")
    assert start.resource["service.name"] == "tollgate" and start.attributes["tollgate.audit.actor"] == "tollgate"
    assert json.loads(start.attributes["tollgate.audit.details"])["loops"] >= 1
    assert 0 <= start.observed - start.at < 10**9 and abs(start.at - time.time_ns()) < 60 * 10**9
    assert not start.trace_id and not start.span_id


def test_events_pass_a_real_collector(make_gateway, sink, tmp_path):
    with Collector(tmp_path, sink.url) as collector:
        gateway = make_gateway()
        gateway.config["telemetry"] = {"otlp": [{"endpoint": collector.url}]}
        gateway.start()
        (start,) = eventually(lambda: starts(sink), "the event of the start comes through the collector")
        assert start.body.startswith("start ") and start.attributes["tollgate.audit.subject"]
        assert start.severity == 9 and start.resource["service.name"] == "tollgate"
        gateway.stop()


def test_changes_by_commands_are_told_as_events(make_gateway, sink):
    gateway = make_gateway()
    gateway.config["budgets"] = [{"id": "all", "limit_to": 5, "unit": "cost_per_day"}]
    before = gateway.issue()
    gateway.start()
    key = gateway.issue()
    gateway.run("keys", "rotate", key.id)
    gateway.run("keys", "expire", before.id, "--expires", "1h")
    gateway.run("keys", "revoke", before.id)
    gateway.run("budgets", "raise", "all", "--by", "2", "--for", "1h", "--reason", "release day")
    gateway.run("budgets", "revoke", "1")
    wanted = [
        ("key.issue", key.id), ("key.rotate", key.id), ("key.expire", before.id), ("key.revoke", before.id),
        ("budget.raise", "all"), ("budget.revoke_raise", "all")]

    def told():
        events = [event for event in sink.events("tollgate.audit") if "." in event.attributes["tollgate.audit.action"]]
        return len(events) >= len(wanted) and sorted(events, key=lambda event: event.at)

    events = eventually(told, "all changes are told")
    assert [(e.attributes["tollgate.audit.action"], e.attributes["tollgate.audit.subject"]) for e in events] == wanted
    lines = gateway.ledger.rows("SELECT actor, at FROM audit WHERE action IN ('raise', 'revoke_raise') ORDER BY id")
    assert [(e.attributes["tollgate.audit.actor"], e.at) for e in events[-2:]] == [(row["actor"], row["at"]) for row in lines]
    assert json.loads(events[4].attributes["tollgate.audit.details"])["reason"] == "release day"


def test_events_have_an_endpoint_of_their_own(make_gateway, sink):
    elsewhere = Sink().start()
    gateway = make_gateway()
    gateway.environment |= {"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": elsewhere.url + "/v1/logs"}
    gateway.start()
    gateway.messages(gateway.issue())
    tree(sink, 1)
    gateway.stop()
    assert len(starts(elsewhere)) == 1 and not elsewhere.spans and not sink.records
    elsewhere.stop()


def test_events_can_be_switched_off_alone(make_gateway, sink):
    gateway = make_gateway()
    gateway.environment |= {"OTEL_LOGS_EXPORTER": "none"}
    gateway.start()
    gateway.messages(gateway.issue())
    tree(sink, 1)
    gateway.stop()
    assert not sink.records


def test_a_collector_without_logs_costs_spans_nothing_and_is_counted(make_gateway, sink):
    gateway = make_gateway()
    gateway.environment |= {"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": sink.url + "/nowhere"}
    gateway.start()
    gateway.messages(gateway.issue())
    tree(sink, 1)
    eventually(lambda: metric_sum(sink, "tollgate.telemetry.dropped", signal="logs") == 2, "the lost events, of the start and of the key, are counted")
    (point,) = sink.latest("tollgate.telemetry.dropped", signal="logs")
    assert point.attributes["reason"] == "status_404"


def test_the_span_tree_names_the_stages(gateway, sink, key):
    gateway.messages(key)
    (server, _), = tree(sink, 1)
    stages = {span.name for span in sink.spans if span.trace_id == server.trace_id} - {server.name}
    assert any(name.startswith("chat ") for name in stages)
    assert {name for name in stages if not name.startswith("chat ")} <= {
        "accept", "identify", "route", "admit", "relay", "settle", "account"}


def test_the_hints_of_claude_code_are_on_the_span_and_in_the_row(gateway, upstream, sink, key):
    session(gateway, key, 1)
    (server, (attempt,)), = tree(sink, 1)
    for span in (server, attempt):
        assert span.attributes["gen_ai.conversation.id"] == SESSION
    values = [str(value) for value in server.attributes.values()]
    for hint in ("subagent", "Explore", "p-1", "a97bd800fbddb4afd"):
        assert hint in values, hint
    assert any("Bash" in f"{name}={value}" and "510" in f"{name}={value}" for name, value in server.attributes.items())
    row = one_attempt_each(gateway, upstream, 1)[0]
    assert (row["request_class"], row["agent_type"], row["prompt_id"]) == ("subagent", "Explore", "p-1")


def test_the_context_of_the_client_is_taken_and_passed_on(gateway, upstream, sink, key):
    trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    answer = gateway.messages(key, headers={"traceparent": f"00-{trace}-{parent}-03"})
    (server, (attempt,)), = tree(sink, 1)
    assert (server.trace_id, server.parent_id) == (trace, parent)
    assert (upstream.calls[0].trace_id, upstream.calls[0].span_id) == (trace, attempt.span_id)
    if answer.header("traceresponse"):
        assert answer.header("traceresponse").split("-")[1:3] == [trace, server.span_id]


def test_all_lines_of_a_tracestate_go_with_the_trace_of_the_client_and_with_no_other(gateway, upstream, key):
    lines = b"tracestate: one=1\r\ntracestate: two=2,three=3\r\n"

    def told(*fields):
        body = json.dumps(prompt()).encode()
        head = [f"authorization: Bearer {key.secret}", f"content-length: {len(body)}", "host: x", *fields]
        with gateway.connect() as connection:
            connection.send(b"POST /v1/messages HTTP/1.1\r\n" + "".join(f"{field}\r\n" for field in head).encode() + lines + b"\r\n" + body)
            assert connection.answer().status == 200
        return [value for name, value in upstream.calls[-1].headers if name == "tracestate"]

    assert told("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01") == ["one=1", "two=2,three=3"]
    assert told() == []
    assert told("x-claude-code-session-id: 11111111-2222-4333-8444-555555555555") == [], "it is in the trace of its prompt, which is ours"


@pytest.mark.parametrize("context", [
    "00-" + "0" * 32 + "-b7ad6b7169203331-01", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "rubbish",
    "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"])
def test_a_bad_context_starts_a_new_trace(gateway, upstream, sink, key, context):
    assert gateway.messages(key, headers={"traceparent": context}).status == 200
    (server, _), = tree(sink, 1)
    assert server.parent_id == "" and server.trace_id not in context


def test_every_attempt_that_fails_is_an_error_span_without_usage(gateway, upstream, sink, key):
    upstream.answers(error(529, "overloaded_error"))
    gateway.messages(key)
    (server, (attempt,)), = tree(sink, 1)
    assert attempt.status == ERROR and attempt.attributes["error.type"] == "overloaded_error"
    assert server.attributes["http.response.status_code"] == 529
    assert not [name for name in attempt.attributes if name.startswith("gen_ai.usage")]


def test_costs_of_attempts_are_those_of_the_ledger_estimates_among_them(gateway, upstream, sink, key):
    upstream.answers(Message(), Message(fail="cut", fail_after=0), Stall(before_head=True))
    gateway.messages(key, prompt(stream=True))
    gateway.messages(key, prompt(stream=True))
    with asked(gateway, key):
        upstream.wait_for(3)
    eventually(lambda: len(gateway.ledger.attempts) == 3, "three attempts are in the ledger")
    rows = {row["span_id"]: row for row in gateway.ledger.attempts}
    eventually(lambda: len(sink.named("chat ")) == 3, "three attempts have spans")
    for attempt in sink.named("chat "):
        row, said = rows[attempt.span_id], attempt.attributes
        assert row["cost_nano_usd"] > 0 and said["tollgate.cost.nano_usd"] == row["cost_nano_usd"], (row, said)
        assert said["gen_ai.usage.cost"] == row["cost_nano_usd"] / 1e9
        assert said.get("tollgate.usage.estimated", False) == bool(row["estimated"])
        assert ("gen_ai.usage.input_tokens" in said) == (row["outcome"] == "ok"), "counts are the provider's own"


def test_a_streamed_request_has_its_time_to_the_first_chunk(gateway, upstream, sink, key):
    upstream.answers(Message(wait=0.2))
    gateway.messages(key, prompt(stream=True))
    (_, (attempt,)), = tree(sink, 1)
    assert attempt.attributes["gen_ai.request.stream"] is True
    assert 0.15 < attempt.attributes["gen_ai.response.time_to_first_chunk"] < 5


def test_a_collector_that_refuses_gets_it_again(gateway, upstream, sink, key):
    sink.faults = [(503, {"retry-after": "1"}), (429, {"retry-after": "1"}), (502, {})]
    session(gateway, key, 3)
    check_session(gateway, upstream, sink, 3)


@pytest.mark.parametrize("compression", ["auto", "gzip", "none"])
def test_exports_are_protobuf_with_a_resource(make_gateway, sink, compression):
    """Of themselves they are not compressed for a collector on the same host."""
    gateway = make_gateway()
    gateway.config["telemetry"]["otlp"][0]["compression"] = compression
    gateway.start()
    gateway.messages(gateway.issue())
    tree(sink, 1)
    assert {h["content-type"] for h in sink.headers} == {"application/x-protobuf"}
    assert {h.get("content-encoding") for h in sink.headers} == {"gzip" if compression == "gzip" else None}
    assert sink.spans[0].resource["service.name"] == "tollgate" and sink.spans[0].resource["service.version"]
    assert sink.spans[0].resource["process.pid"] == gateway.process.pid, "a number, as the conventions have it"


def test_the_usual_variables_are_honoured(make_gateway, sink):
    gateway = make_gateway()
    del gateway.config["telemetry"]
    gateway.environment |= {
        "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url, "OTEL_EXPORTER_OTLP_HEADERS": "x-team=sre%20team",
        "OTEL_SERVICE_NAME": "tollgate-eu", "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test"}
    gateway.start()
    gateway.messages(gateway.issue())
    tree(sink, 1)
    resource = sink.spans[0].resource
    assert (resource["service.name"], resource["deployment.environment.name"]) == ("tollgate-eu", "test")
    assert sink.headers[0]["x-team"] == "sre team"


def test_a_stop_delivers_what_is_left(make_gateway, sink):
    gateway = make_gateway()
    gateway.environment |= {"OTEL_BSP_SCHEDULE_DELAY": "60000", "OTEL_METRIC_EXPORT_INTERVAL": "60000"}
    gateway.start()
    gateway.messages(gateway.issue())
    gateway.stop()
    assert servers(sink) and sink.latest("gen_ai.client.token.usage")


def test_without_a_collector_requests_go_on(make_gateway, upstream):
    gateway = make_gateway()
    gateway.config["telemetry"] = {"otlp": [{"endpoint": "http://127.0.0.1:1"}]}
    gateway.start()
    session(gateway, gateway.issue())
    one_attempt_each(gateway, upstream, 6)


def test_log_lines_carry_the_trace(gateway, sink, key):
    answer = gateway.messages(key)
    (server, _), = tree(sink, 1)
    line = gateway.logged(answer.header("request-id"))[-1]
    assert server.trace_id in line.values()
