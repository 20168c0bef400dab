"""The stand-ins are what they claim to be: the official SDK and the plain client agree with them, without a gateway between."""

import json
import subprocess
import sys
import sysconfig

import anthropic
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from rig import messages, wire
from rig.answers import Message, error, tool
from rig.collector import Collector
from rig.otlp import SERVER
from rig.waiting import eventually


@pytest.fixture
def client(upstream):
    with anthropic.Anthropic(base_url=upstream.url, api_key="k", max_retries=0) as client:
        yield client


def ask(client, **more):
    return client.messages.create(
        model="claude-sonnet-5-5", max_tokens=10, messages=[{"role": "user", "content": "Hi"}], **more)


def test_the_upstream_answers_the_sdk_whole(upstream, client):
    answer = ask(client)
    assert answer.content[0].text == "Hello from the upstream."
    assert answer.usage.output_tokens == 40
    eventually(lambda: upstream.calls[0].outcome == "answered", "the upstream knows that it answered")
    assert upstream.calls[0].usage == messages.USAGE


@pytest.mark.parametrize("compressed", [False, True])
def test_the_upstream_streams_to_the_sdk(upstream, client, compressed):
    upstream.answers(Message(text="word " * 50, compressed=compressed))
    with client.messages.stream(
            model="claude-sonnet-5-5", max_tokens=10, messages=[{"role": "user", "content": "Hi"}]) as stream:
        final = stream.get_final_message()
    assert final.content[0].text == "word " * 50
    assert final.usage.cache_read_input_tokens == 3000


def test_the_upstream_calls_tools(upstream, client):
    upstream.answers(Message(tools=[tool("weather", city="Bern")]))
    answer = ask(client, tools=[{"name": "weather", "input_schema": {"type": "object"}}])
    assert answer.stop_reason == "tool_use" and answer.content[1].input == {"city": "Bern"}


def test_the_upstream_refuses(upstream, client):
    upstream.answers(error(529, "overloaded_error"))
    with pytest.raises(anthropic.APIStatusError) as raised:
        ask(client)
    assert raised.value.status_code == 529


@pytest.mark.parametrize("fail", ["cut", "reset"])
def test_the_upstream_breaks_streams(upstream, fail):
    upstream.answers(Message(fail=fail))
    with wire.Connection(("127.0.0.1", upstream.port)) as connection:
        connection.request("POST", "/v1/messages", {}, json.dumps({"model": "m", "stream": True}).encode())
        answer = connection.answer()
    assert answer.status == 200 and not answer.complete
    assert upstream.calls[0].outcome == "broken" and upstream.calls[0].usage is None


def test_the_upstream_notices_a_client_that_leaves(upstream):
    upstream.answers(Message(pace=0.01, text="word " * 5000))
    with wire.Connection(("127.0.0.1", upstream.port)) as connection:
        connection.request("POST", "/v1/messages", {}, json.dumps({"model": "m", "stream": True}).encode())
        connection.head()
    assert upstream.wait_until_over(upstream.calls[0]) == "abandoned"


def span_request():
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.name, span.kind, span.trace_id, span.span_id = "POST /v1/messages", SERVER, b"\1" * 16, b"\2" * 8
    pair = span.attributes.add()
    pair.key, pair.value.string_value = "tollgate.request.id", "req_1"
    return request.SerializeToString()


def post(url, data):
    host, port = url.removeprefix("http://").split(":")
    with wire.Connection((host, int(port))) as connection:
        connection.request("POST", "/v1/traces", {"content-type": "application/x-protobuf"}, data)
        return connection.answer()


def test_the_sink_decodes_spans_and_refuses_when_told(sink):
    sink.faults = [(503, {"retry-after": "1"})]
    assert post(sink.url, span_request()).status == 503
    assert post(sink.url, span_request()).status == 200
    assert sink.request_span("req_1").name == "POST /v1/messages"


def test_the_collector_forwards_to_the_sink(sink, tmp_path):
    with Collector(tmp_path, sink.url) as collector:
        assert post(collector.url, span_request()).status == 200
        assert sink.request_span("req_1", 20).span_id == "02" * 8


def test_the_client_of_claude_code_is_installed():
    found = f"{sysconfig.get_paths()['purelib']}/claude_agent_sdk/_bundled/claude"
    done = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=60)
    assert "Claude Code" in done.stdout and sys.version_info >= (3, 11)


def test_waiting_fails_when_the_time_is_over():
    with pytest.raises(AssertionError, match="within 0.01 s: never"):
        eventually(lambda: False, "never", 0.01)
