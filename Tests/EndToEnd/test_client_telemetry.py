"""Claude Code's own telemetry through the gateway: received, stamped, joined with our spans, counted in the ledger."""

import base64
import gzip
import json
import subprocess
import sys
import time

import pytest

from expectations import one_attempt_each
from rig.answers import Message, error, tool
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


def test_records_of_requests_that_are_kept_for_their_error_are_joined(gateway, key, upstream, sink):
    upstream.answers(error(400, "invalid_request_error"))
    trace = "0af7651916cd43dd8448eb211c80319c"
    failed = gateway.messages(key, headers={"traceparent": f"00-{trace}-b7ad6b7169203331-00"})
    assert failed.status == 400
    span = sink.request_span(failed.header("request-id"))
    export(gateway, key, "/v1/logs", records(("event.name", "api_error"), ("request_id", failed.header("request-id"))))
    (record,) = eventually(lambda: theirs(sink, "api_error"), "the record arrives", 20)
    assert (record.trace_id, record.span_id) == (trace, span.span_id)


@pytest.mark.client
def test_activity_equals_what_the_client_sent(claude, gateway, key, upstream, sink):
    file = str(claude.work / "hello.txt")
    upstream.answers(
        Message(text="Writing.", tools=[tool("Write", file_path=file, content="one\ntwo\n")]), Message(text="Done."))
    run = claude.run("Do it.", FREE, **environment(gateway, key))
    run.said("Done.")
    gateway.ledger.closed(2)
    eventually(lambda: of_client(sink, "claude_code.cost.usage"), "the client's metrics arrive")

    def sent(name, **attributes):
        return sum(point.value for point in of_client(sink, name, **attributes))

    def agreed():
        """The client exports what it counts in several pieces, which the ledger and the collector get one after the other."""
        total, tokens = activity(gateway)["total"], [sent("claude_code.token.usage", type=kind) for kind in ("input", "output")]
        return [total["client_input_tokens"], total["client_output_tokens"]] == tokens and total["sessions"] and total["tool_calls"] and total

    total = eventually(agreed, "the ledger has what the collector got")
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


# Other senders


def export(gateway, key, path, body, kind="application/json", **headers):
    credential = {"authorization": f"Bearer {key.secret}"} if key else {}
    fields = {**credential, "content-type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return gateway.request("POST", path, fields, body)


def dropped(sink, reason, signal="logs"):
    return sum(point.value for point in sink.latest("tollgate.client_telemetry.dropped", reason=reason, signal=signal))


def records(*attributes, count=1, **fields):
    record = {"timeUnixNano": str(time.time_ns()), "attributes": [
        {"key": name, "value": {"stringValue": value}} for name, value in attributes], **fields}
    return json.dumps({"resourceLogs": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "claude-code"}}]},
        "scopeLogs": [{"logRecords": [record] * count}]}]}).encode()


def commits(count, temporality=1, start=0):
    point = {"asInt": str(count), "timeUnixNano": str(time.time_ns()), "startTimeUnixNano": str(start)}
    return json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [{
        "name": "claude_code.commit.count",
        "sum": {"aggregationTemporality": temporality, "isMonotonic": True, "dataPoints": [point]}}]}]}]}).encode()


@pytest.mark.parametrize("compression", ["none", "gzip", "deflate"])
def test_the_official_exporters(gateway, key, sink, compression):
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    options = {"headers": {"x-tollgate-api-key": key.secret}, "compression": Compression(compression)}
    resource = Resource({"service.name": "another-agent", "user.id": "mallory"})
    tracing = TracerProvider(resource=resource)
    tracing.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{gateway.url}/v1/traces", **options)))
    with tracing.get_tracer("t").start_as_current_span("outer") as span:
        span.add_event("event", {"n": 1})
        span.set_attribute("numbers", [1.5, 2.5])
    metering = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter(f"{gateway.url}/v1/metrics", **options))], resource)
    metering.get_meter("m").create_counter("claude_code.commit.count").add(3)
    metering.get_meter("m").create_histogram("h").record(2)
    metering.force_flush()
    (outer,) = eventually(lambda: sink.named("outer"), "the span arrives")
    assert outer.attributes["numbers"] == [1.5, 2.5] and outer.events == [("event", {"n": 1})]
    assert outer.resource["user.id"] == "alice" and outer.resource["service.name"] == "another-agent"
    eventually(lambda: of_client(sink, "h") and of_client(sink, "claude_code.commit.count"), "the metrics arrive")
    assert of_client(sink, "h")[0].total == 2 and of_client(sink, "claude_code.commit.count")[0].cumulative
    eventually(lambda: activity(gateway)["total"]["commits"] == 3, "the sum is counted")
    metering.shutdown()
    tracing.shutdown()


def test_both_encodings_say_the_same_as_the_official_classes(make_gateway, sink):
    from google.protobuf.json_format import MessageToDict
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    gateway = make_gateway()
    gateway.config["telemetry"]["claude_code"] = {"content": "keep"}
    gateway.start()
    key = gateway.issue()
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(
        trace_id=bytes(range(1, 17)), span_id=bytes(range(1, 9)), parent_span_id=bytes(range(2, 10)), name="naïve \"name\"", kind=3,
        start_time_unix_nano=2**62, end_time_unix_nano=2**62 + 1, trace_state="a=b", flags=0x301, dropped_links_count=4)
    span.status.code, span.status.message = 2, "went wrong"
    span.links.add(trace_id=bytes(range(3, 19)), span_id=bytes(range(3, 11)), flags=1).attributes.add(key="l").value.int_value = -(2**63)
    span.events.add(name="e", time_unix_nano=7).attributes.add(key="e").value.double_value = -0.0
    values = span.attributes.add(key="deep").value.kvlist_value.values
    values.add(key="bytes").value.bytes_value = b"\0\xff"
    values.add(key="list").value.array_value.values.add().array_value.values.add().string_value = "in\nside"

    assert export(gateway, key, "/v1/traces", request.SerializeToString(), "application/x-protobuf").status == 200
    plain = MessageToDict(request)
    ours = plain["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    for holder in (ours, ours["links"][0]):  # OTLP writes ids in hexadecimal, and enums as numbers
        for name in ("traceId", "spanId", "parentSpanId"):
            if name in holder:
                holder[name] = base64.b64decode(holder[name]).hex()
    ours["kind"], ours["status"]["code"], ours["unknownMember"] = 3, 2, {"a": [None]}
    assert export(gateway, key, "/v1/traces", json.dumps(plain).encode()).body == b"{}"

    def arrived():
        found = []
        for raw in sink.raw:
            got = ExportTraceServiceRequest()
            try:
                got.ParseFromString(raw)
            except Exception:
                continue
            found += [s for group in got.resource_spans for scope in group.scope_spans for s in scope.spans if s.trace_id == span.trace_id]
        return found

    eventually(lambda: len(arrived()) == 2, "both arrive")
    for got in arrived():
        assert got == span


def test_what_is_refused_gets_a_200_and_is_counted(gateway, key, upstream, sink):
    body = records(("event.name", "x"))
    bomb = gzip.compress(b"\0" * 80_000_000)
    answers = {
        "unauthenticated": export(gateway, None, "/v1/logs", body),
        "content_type": export(gateway, key, "/v1/logs", body, "text/plain"),
        "content_encoding": export(gateway, key, "/v1/logs", body, content_encoding="br"),
        "malformed": export(gateway, key, "/v1/logs", b"\x0a\xff", "application/x-protobuf"),
        "too_large": export(gateway, key, "/v1/logs", bomb, content_encoding="gzip"),
        "too_deep": export(gateway, key, "/v1/logs", b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":' + b'{"arrayValue":{"values":[' * 9000),
    }
    assert {answer.status for answer in answers.values()} == {200}
    for reason in ("unauthenticated", "content_type", "content_encoding"):
        assert answers[reason].json["partialSuccess"]["errorMessage"] if reason != "content_type" else answers[reason].body
    wrong = export(gateway, type(key)(key.id, "tgk_wrong"), "/v1/logs", body, "application/x-protobuf")
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
    said = ExportLogsServiceResponse()
    said.ParseFromString(wrong.body)
    assert wrong.status == 200 and "Authorization" in said.partial_success.error_message
    assert export(gateway, key, "/v1/logs", b"x" * 9_000_000).status == 200
    assert export(gateway, key, "/v1/logs", body).body == b"{}"
    assert export(gateway, key, "/v1/logs", body).body == b"{}"  # the same once more
    for reason, count in {"unauthenticated": 2, "content_type": 1, "content_encoding": 1, "malformed": 1, "too_large": 2,
                          "too_deep": 1, "duplicate": 1}.items():
        eventually(lambda: dropped(sink, reason) == count, f"{reason} is counted")
    assert len(gateway.logged("unauthenticated")) == 1, "said once"
    assert gateway.messages(key).status == 200
    assert gateway.request("GET", "/v1/metrics", {}).status == 405


def test_hostile_values(gateway, key, sink):
    many = [(f"key-{n}", "v") for n in range(300)]
    export(gateway, key, "/v1/logs", records(
        ("event.name", "api_error"), ("error", "x" * 1_000_000), ("tollgate.team", "thieves"), ("user.id", "root"), ("user.email", "root@example.com"),
        ("a\x00b", "v"), ("error.message", "red \x1b[31m"), *many),
        x_tollgate_metadata=json.dumps({"bad\x07name": "x", "colour": "red\x1b[31m"}))
    (record,) = eventually(lambda: theirs(sink), "the record arrives", 15)
    assert len(record.attributes["error"]) == 4096 and record.attributes["user.id"] == "alice"
    assert "\x1b" not in record.attributes["error.message"] and len(record.attributes) < 135
    assert record.resource["tollgate.team"] == "platform" and "user.email" not in record.attributes
    tags = {name: value for name, value in record.resource.items() if name.startswith("tollgate.metadata.")}
    assert tags == {"tollgate.metadata.colour": "red\ufffd[31m"}
    export(gateway, key, "/v1/logs", records(("event.name", "later")), x_tollgate_metadata="no JSON")
    eventually(lambda: theirs(sink, "later"), "tags that cannot be read cost nothing but themselves", 15)
    edits = eventually(lambda: {p.attributes["reason"]: p.value for p in sink.latest("tollgate.client_telemetry.edited")}, "edits are counted")
    assert edits["cut"] == 1 and edits["reserved"] == 1 and edits["claim"] == 1 and edits["key"] == 1 and edits["too_many"] > 170


def test_what_points_say_together_does_not_bring_the_gateway_down(gateway, key):
    point = {"asInt": str(10**15 - 2), "timeUnixNano": str(time.time_ns()), "attributes": [{"key": "type", "value": {"stringValue": "added"}}]}
    lines = {"name": "claude_code.lines_of_code.count", "sum": {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": [point] * 9_500}}
    body = json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [lines]}]}]}).encode()
    assert export(gateway, key, "/v1/metrics", body).status == 200
    eventually(lambda: activity(gateway)["total"]["lines_added"] == 9 * 10**18, "it is counted, up to what reports show")
    assert gateway.messages(key).status == 200


def test_a_retry_and_a_running_sum_count_once(gateway, key):
    body = commits(2)
    for _ in range(3):
        assert export(gateway, key, "/v1/metrics", body).status == 200
    start = time.time_ns()
    for count in (1, 1, 4):
        export(gateway, key, "/v1/metrics", commits(count, temporality=2, start=start))
    eventually(lambda: activity(gateway)["total"]["commits"] == 6, "2 + 4")
    gateway.stop()
    assert activity(gateway, "--by", "key")["rows"][0]["commits"] == 6


def test_switched_off_there_is_nothing(make_gateway):
    gateway = make_gateway()
    gateway.config["telemetry"]["claude_code"] = {"receive": False}
    gateway.start()
    assert export(gateway, gateway.issue(), "/v1/logs", records()).status == 404


def test_counted_only(make_gateway, sink):
    gateway = make_gateway()
    gateway.config["telemetry"]["claude_code"] = {"forward": False}
    gateway.start()
    key = gateway.issue()
    export(gateway, key, "/v1/metrics", commits(5))
    eventually(lambda: activity(gateway)["total"]["commits"] == 5, "it is counted")
    eventually(lambda: sink.latest("tollgate.claude_code.commits"), "and shown")
    assert not of_client(sink, "claude_code.commit.count")


def test_what_grows_when_it_is_stamped_does_not_bring_the_gateway_down(gateway, key, sink):
    def nested(path, inner):
        for number in reversed(path):
            length, size = len(inner), b""
            while length >= 0x80:
                size, length = size + bytes([length & 0x7F | 0x80]), length >> 7
            inner = bytes([number << 3 | 2]) + size + bytes([length]) + inner
        return inner

    # Empty points, each of which gets a user and a team; empty resources, each of which gets all there is.
    for body in (nested([1, 2, 2, 7], b"\x0a\0" * 5_000_000), b"\x0a\0" * 3_000_000):
        answer = export(gateway, key, "/v1/metrics", gzip.compress(body), "application/x-protobuf", content_encoding="gzip")
        assert (answer.status, answer.body, answer.header("content-type")) == (200, b"", "application/x-protobuf")
    eventually(lambda: dropped(sink, "too_large", "metrics") == 2, "both are counted", 30)
    assert gateway.messages(key).status == 200


FLOOD = """
import http.client, json, sys, time
host, port, secret = sys.argv[1:]
connection = http.client.HTTPConnection(host, int(port))
attributes = [{"key": f"k{n}", "value": {"stringValue": "some-value"}} for n in range(20)]
print("begun", flush=True)
sent, begin = 0, time.monotonic()
while time.monotonic() - begin < 4:
    record = {"timeUnixNano": str(time.time_ns()), "attributes": attributes}
    body = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record] * 5}]}]})
    connection.request("POST", "/v1/logs", body, {"authorization": "Bearer " + secret, "content-type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200
    sent += 1
    time.sleep(max(0, begin + sent / 1000 - time.monotonic()))
print(sent)
"""


def test_a_flood_of_exports_does_not_slow_model_requests(gateway, key, upstream):
    def median(seconds):
        times, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            begin = time.monotonic()
            assert gateway.messages(key).status == 200
            times.append(time.monotonic() - begin)
        return sorted(times)[len(times) // 2]

    median(0.5)
    before = median(1.5)
    sender = subprocess.Popen(
        [sys.executable, "-c", FLOOD, gateway.address[0], str(gateway.address[1]), key.secret], stdout=subprocess.PIPE, text=True)
    assert sender.stdout.readline() == "begun\n"
    during = median(3)
    assert int(sender.communicate()[0]) > 1000
    # Sender, upstream and collector want the processors, too.
    assert during < 4 * before + 0.01, (before, during)
    print(f"median {before * 1e3:.2f} ms alone, {during * 1e3:.2f} ms in the flood")
