"""What is in spans, in which generation of names, on which of them, and which are kept."""

import json

import pytest

from expectations import is_our_error
from governed import budget
from rig import golden
from rig.answers import Message, error
from rig.gateway import prompt
from rig.otlp import SERVER
from rig.waiting import eventually
from virtual import ask, chats, served, two_targets

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
SESSION = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def start(make_gateway):
    """A gateway with settings of `telemetry`, and a key."""
    def make(**telemetry):
        gateway = make_gateway()
        gateway.config["telemetry"].update(telemetry)
        gateway.start()
        return gateway, gateway.issue()

    return make


def spans_of(sink, answer, attempts=1):
    """The SERVER span of an answered request, and its trace."""
    server = sink.request_span(answer.header("request-id"))
    eventually(lambda: len([s for s in sink.named("chat ") if s.trace_id == server.trace_id]) == attempts, f"{attempts} attempts")
    return server, [s for s in sink.spans if s.trace_id == server.trace_id and not (s.kind == 1 and s.name in STAGES)]


# There or not by how long they took.
STAGES = {"accept", "identify", "route", "admit", "settle", "account"}


def test_golden_streamed(start, sink):
    gateway, key = start(traces={"baggage": ["team.cost_center"]})
    body = prompt(stream=True, temperature=0.5, top_k=40, max_tokens=512, output_config={"effort": "medium"})
    answer = gateway.messages(key, body, {
        "x-claude-code-session-id": SESSION, "traceparent": PARENT, "user-agent": "claude-cli/2.1.329 (external, cli)",
        "baggage": "other=1, team.cost_center=cc%2042;p=1"})
    assert answer.status == 200
    golden.matches("spans_streamed.txt", golden.tree(spans_of(sink, answer)[1]))


def test_all_lines_of_baggage_count(start, sink):
    gateway, key = start(traces={"baggage": ["one", "two"]})
    answer = gateway.messages(key, prompt(), {"baggage": "one=1\r\nbaggage: two=2,one=3"})
    span = sink.request_span(answer.header("request-id"))
    assert (span.attributes["one"], span.attributes["two"]) == ("1", "2")


def test_golden_refused(make_gateway, sink):
    gateway = make_gateway()
    gateway.config["budgets"] = [budget("tiny", "0.000001")]
    gateway.start()
    answer = gateway.messages(gateway.issue(), prompt())
    is_our_error(answer, 429, "billing_error")
    golden.matches("spans_refused.txt", golden.tree(spans_of(sink, answer, attempts=0)[1]))


def test_golden_fallback(make_gateway, upstream, second, sink):
    gateway, key = two_targets(make_gateway(), upstream, second, first={"fallback_status_codes": [529]})
    upstream.answers(error(529, "overloaded_error"))
    answer = served(ask(gateway, key), "last/claude-opus-5-5")
    server, spans = spans_of(sink, answer, attempts=2)
    golden.matches("spans_fallback.txt", golden.tree(spans))
    first, last = chats(sink, 2)
    assert first.status == 2 and not [name for name in first.attributes if name.startswith("gen_ai.usage")]
    assert last.links == [(server.trace_id, first.span_id, {"link.type": "retry_of"})]
    assert last.attributes["http.request.resend_count"] == 1


def test_the_same_trace_in_the_ledger(start, sink):
    gateway, key = start()
    gateway.messages(key, prompt())
    (row,) = gateway.ledger.closed(1)
    span = sink.request_span(row["id"])
    assert (span.trace_id, span.span_id) == (row["trace_id"], row["span_id"]) and span.flags == 0x101


@pytest.mark.parametrize("names, has", [("1.41", {"cache_creation"}), ("latest", {"cache_write"}), ("both", {"cache_creation", "cache_write"})])
def test_the_generation_of_names_is_chosen(start, sink, names, has):
    gateway, key = start(traces={"genai_names": names})
    server, spans = spans_of(sink, gateway.messages(key, prompt()))
    (chat,) = [s for s in spans if s.name.startswith("chat ")]
    found = {name.split(".")[2]: value for name, value in chat.attributes.items() if name.endswith(".input_tokens") and name.count(".") == 3}
    assert set(found) == has | {"cache_read"} and {found[name] for name in has} == {200}


@pytest.mark.parametrize("usage, alone, below", [("always", True, True), ("without_parent", True, False), ("never", False, False)])
def test_usage_stands_where_the_setting_says(start, sink, usage, alone, below):
    gateway, key = start(traces={"usage": usage})
    for headers, wanted in (({}, alone), ({"traceparent": PARENT}, below)):
        server, spans = spans_of(sink, gateway.messages(key, prompt(), headers))
        carrying = [s for s in spans if any(name.startswith("gen_ai.usage") for name in s.attributes)]
        assert len(carrying) == (1 if wanted else 0)
        (chat,) = [s for s in spans if s.name.startswith("chat ")]
        assert chat.attributes["tollgate.cost.nano_usd"] > 0, "money is ours to tell"


def test_errors_are_kept_where_sampling_left_their_trace_out(start, upstream, sink):
    gateway, key = start(traces={"keep_errors": True})
    upstream.answers(error(400, "invalid_request_error"), Message())
    failed = gateway.messages(key, prompt(), {"traceparent": UNSAMPLED})
    fine = gateway.messages(key, prompt(), {"traceparent": UNSAMPLED})
    sampled = gateway.messages(key, prompt(), {"traceparent": PARENT})
    assert (failed.status, fine.status) == (400, 200)
    sink.request_span(sampled.header("request-id"))
    sink.request_span(failed.header("request-id"))
    assert not [s for s in sink.spans if s.attributes.get("tollgate.request.id") == fine.header("request-id")]


def test_slow_requests_are_kept_too(start, upstream, sink):
    gateway, key = start(sampling_ratio=0, traces={"keep_errors": False, "keep_slower_than": "150ms"})
    gate = upstream.gate()
    upstream.answers(error(400, "invalid_request_error"), Message(text="word " * 20, gate=gate, gate_after=3))
    failed = gateway.messages(key, prompt())
    assert failed.status == 400
    import threading
    threading.Timer(0.3, gate.open).start()
    slow = gateway.messages(key, prompt(stream=True))
    sink.request_span(slow.header("request-id"))
    assert not [s for s in sink.spans if s.attributes.get("tollgate.request.id") == failed.header("request-id")]


def test_a_provider_may_be_kept_out_of_the_trace(make_gateway, upstream, sink):
    gateway = make_gateway()
    gateway.start()
    key = gateway.issue()
    client = {"traceparent": PARENT, "tracestate": "vendor=1", "baggage": "secret=1"}
    gateway.messages(key, prompt(), client)
    told = upstream.calls[-1]
    assert told.header("traceparent").startswith(PARENT[:36]) and told.header("traceparent") != PARENT
    assert told.header("tracestate") == "vendor=1" and told.header("baggage") is None
    gateway.config["providers"][0]["trace_context"] = False
    gateway.reload()
    gateway.messages(key, prompt(), client)
    assert upstream.calls[-1].header("traceparent") is None and upstream.calls[-1].header("tracestate") is None


def test_what_the_upstream_recorded_is_linked(start, upstream, sink):
    gateway, key = start()
    upstream.answers(Message(headers={"traceresponse": "00-2af7651916cd43dd8448eb211c80319c-c7ad6b7169203331-01"}))
    server, spans = spans_of(sink, gateway.messages(key, prompt()))
    (chat,) = [s for s in spans if s.name.startswith("chat ")]
    assert chat.links == [("2af7651916cd43dd8448eb211c80319c", "c7ad6b7169203331", {"link.type": "upstream"})]


def test_the_access_log_goes_to_the_collector(start, upstream, sink):
    gateway, key = start(logs={"access": "all"})
    upstream.answers(Message(), error(400, "invalid_request_error"))
    for status in (200, 400):
        answer = gateway.messages(key, prompt(), {"x-claude-code-session-id": SESSION})
        assert answer.status == status
        (event,) = eventually(lambda: sink.events("tollgate.access", tollgate__request__id=answer.header("request-id")), "it is told")
        span = sink.request_span(answer.header("request-id"))
        assert (event.trace_id, event.span_id) == (span.trace_id, span.span_id)
        assert event.body == f"POST /v1/messages {status}" and event.attributes["http.response.status_code"] == status
        assert event.attributes["user.id"] == "alice" and event.attributes["session.id"] == SESSION
        assert event.attributes["tollgate.cost.nano_usd"] == span.attributes["tollgate.cost.nano_usd"]


def test_of_requests_that_went_well_spans_say_enough(start, upstream, sink):
    gateway, key = start()
    upstream.answers(Message(), error(400, "invalid_request_error"))
    fine, failed = gateway.messages(key, prompt()), gateway.messages(key, prompt())
    eventually(lambda: sink.events("tollgate.access", tollgate__request__id=failed.header("request-id")), "what failed is told")
    assert not sink.events("tollgate.access", tollgate__request__id=fine.header("request-id"))


def test_what_the_process_complains_of_goes_to_the_collector(start, sink):
    gateway, key = start()
    gateway.config["limits"] = {"nonsense": 1}
    gateway.write()
    (event,) = eventually(lambda: [e for e in sink.events("tollgate.log") if "not reloaded" in e.body], "it is told")
    assert event.severity == 17 and "nonsense" in json.loads(event.attributes["tollgate.log.fields"])["problem"]


def test_settings_that_cannot_be_are_refused(make_gateway):
    gateway = make_gateway()
    gateway.config["telemetry"]["traces"] = {"usage": "sometimes", "genai_names": "2.0", "baggage": ["tollgate.team", "a b"], "other": 1}
    gateway.write()
    said = gateway.run("check", code=2)
    text = said.stdout + said.stderr
    for part in ("telemetry.traces.usage", "always, without_parent, never", "telemetry.traces.genai_names", "tollgate.team", "`a b`",
                 "telemetry.traces.other"):
        assert part in text, text


@pytest.mark.parametrize("fail, error_type, end", [("cut", "cut", "cut"), ("overloaded_error", "overloaded_error", "upstream_error")])
def test_an_answer_that_breaks_off_is_a_failed_request(start, sink, upstream, fail, error_type, end):
    gateway, key = start()
    upstream.answers(Message(text="word " * 50, fail=fail, fail_after=20))
    answer = gateway.messages(key, prompt(stream=True))
    assert answer.status == 200
    server, _ = spans_of(sink, answer)
    assert server.status == 2 and server.attributes["error.type"] == error_type
    eventually(lambda: sink.latest("http.server.request.duration", error__type=end), "the figures of HTTP know of it too")
    (line,) = [line for line in gateway.logged(answer.header("request-id")) if line["message"] == "request"]
    assert line["level"] == "warning" and line["status"] == 200


def test_methods_that_a_path_does_not_take(gateway, sink):
    def server(method, path):
        answer = gateway.request(method, path)
        return answer.status, sink.request_span(answer.header("request-id"))

    status, span = server("PUT", "/v1/messages")
    assert (status, span.name, span.attributes["http.route"]) == (405, "PUT", "/v1/messages")
    status, span = server("BREW", "/v1/messages")
    assert (status, span.name) == (405, "HTTP")
    assert span.attributes["http.request.method"] == "_OTHER" and span.attributes["http.request.method_original"] == "BREW"
