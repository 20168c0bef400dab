"""The numbered traps of translation that only the whole gateway can step into: bytes on the wire, headers, hang-ups, answers that are
none. The others are tested in ProvidersTests, by the same numbers."""

import json

import pytest

from expectations import is_our_error, one_attempt_each, serves
from rig.answers import Whole
from rig.gateway import prompt
from rig.openai_upstream import failure
from rig.replies import Call, Usage, reply

MODELS = {"responses": "gpt-5.5", "chat-completions": "gpt-4.1"}


@pytest.fixture(params=list(MODELS))
def dialect(request):
    return request.param


@pytest.fixture
def gateway(make_gateway, openai_upstream, dialect):
    gateway = make_gateway()
    gateway.config["providers"] = [{"name": "oa", "kind": "openai", "dialect": dialect, "base_url": openai_upstream.url + "/v1",
                                    "api_key": openai_upstream.key}]
    gateway.config["models"] = [{"name": f"claude-{family}-*", "target": f"oa/{MODELS[dialect]}"}
                                for family in ("haiku", "sonnet", "opus", "fable")]
    return gateway.start("--loops", "2")


@pytest.mark.parametrize("size", [1, 2, 7])
def test_t34_bytes_may_be_cut_anywhere(gateway, openai_upstream, key, size):
    openai_upstream.answers(*[reply("Grüße 👋 aus Zürich.", bytes=size)] * 2)
    answer = gateway.messages(key, prompt(stream=True))
    text = "".join(json.loads(line[6:]).get("delta", {}).get("text", "") for line in answer.body.decode().splitlines()
                   if line.startswith("data: "))
    assert text == "Grüße 👋 aus Zürich."
    assert gateway.messages(key).json["content"] == [{"type": "text", "text": text}]
    assert all((call.header("accept-encoding") or "identity") == "identity" for call in openai_upstream.calls)


def test_t36_the_upstream_streams_whatever_the_client_asks(gateway, openai_upstream, key):
    openai_upstream.answers(reply("Hm.", Call("weather", {"city": "Bern"}), usage=Usage(input=5, cached=7, output=9), pace=0.05))
    tools = [{"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}]
    answer = gateway.messages(key, prompt(tools=tools))
    assert openai_upstream.calls[0].json["stream"] is True
    assert answer.header("content-type") == "application/json" and answer.header("content-length") == str(len(answer.body))
    assert [block["type"] for block in answer.json["content"]] == ["text", "tool_use"] and answer.json["stop_reason"] == "tool_use"
    assert answer.json["usage"] == {
        "input_tokens": 5, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 7, "output_tokens": 9}


@pytest.mark.parametrize("family", ["haiku-5-5", "haiku-4-5-20251001", "sonnet-5-5", "opus-5-5[1m]", "fable-5"])
def test_t42_background_calls_have_a_model_too(gateway, openai_upstream, key, family, dialect):
    answer = gateway.messages(key, {**prompt(), "model": f"claude-{family}", "output_config": {"format": {
        "type": "json_schema", "schema": {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"],
                                          "additionalProperties": False}}}})
    assert answer.status == 200 and answer.json["model"] == f"claude-{family}"
    assert openai_upstream.calls[0].json["model"] == MODELS[dialect]


FOREIGN = {"set-cookie": "session=1", "alt-svc": 'h3=":443"', "openai-organization": "org-canary", "openai-processing-ms": "12",
           "x-ratelimit-remaining-requests": "1", "server": "upstream", "strict-transport-security": "max-age=1"}


@pytest.mark.parametrize("stream", [False, True])
def test_t43_of_the_upstreams_headers_none_comes_through(gateway, openai_upstream, key, stream):
    openai_upstream.answers(reply("Hi.", headers=dict(FOREIGN)))
    answer = gateway.messages(key, prompt(stream=stream))
    assert answer.status == 200 and answer.header("request-id")
    assert not {name.lower() for name, _ in answer.headers} & set(FOREIGN) and "org-canary" not in str(answer.headers)


def test_t43_errors_say_when_and_whether_to_retry(gateway, openai_upstream, key):
    openai_upstream.answers(failure(429, "Slow down, please.", code="rate_limit_exceeded", retry_after_ms="2500", retry_after="9", **{
        "set_cookie": "a=b"}), failure(400, "This is not possible.", code="unsupported_value"))
    limited = gateway.messages(key)
    is_our_error(limited, 429, "rate_limit_error")
    assert limited.header("retry-after") == "3" and limited.header("set-cookie") is None
    assert limited.header("x-should-retry") != "false"
    wrong = gateway.messages(key)
    is_our_error(wrong, 400, "invalid_request_error")
    assert wrong.header("x-should-retry") == "false" and wrong.header("retry-after") is None


@pytest.mark.parametrize("stream", [True, False])
def test_t44_who_hangs_up_cancels_the_upstream_and_pays_what_it_saw(gateway, openai_upstream, key, stream):
    gate = openai_upstream.gate()
    openai_upstream.answers(reply("word " * 200, size=5, gate=gate, gate_after=100, pace=0.003), reply("Next."))
    body = json.dumps(prompt(stream=stream)).encode()
    head = (f"POST /v1/messages HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key.secret}\r\n"
            f"content-length: {len(body)}\r\n\r\n").encode()
    with gateway.connect() as connection:
        connection.send(head + body)
        if stream:
            next(connection.pieces(connection.head()))
        gate.wait()
    gate.open()
    assert openai_upstream.wait_until_over(openai_upstream.calls[0], 2) == "abandoned"
    row = one_attempt_each(gateway, openai_upstream, 1)[0]
    assert row["estimated"] and row["cost_nano_usd"] > 0 and 50 <= row["output_tokens"] <= 400
    serves(gateway, key)


NOTHING = {
    "an error": b'{"error": {"message": "Overloaded.", "type": "server_error"}}', "nothing": b"",
    "a page": b"<html><body>502 Bad Gateway</body></html>", "no events": b": ping\n\n", "only the end": b"data: [DONE]\n\n",
    "an error in an event": b'data: {"error": {"message": "Overloaded.", "code": "server_is_overloaded"}}\n\n',
}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("what", list(NOTHING))
def test_t45_success_without_an_answer_is_an_error(gateway, openai_upstream, key, what, stream):
    kind = "text/html" if what == "a page" else "application/json" if what == "an error" else "text/event-stream"
    openai_upstream.answers(Whole(NOTHING[what], content_type=kind))
    answer = gateway.messages(key, prompt(stream=stream))
    assert answer.status in (500, 529) and answer.header("x-should-retry") != "false", "the client may try again"
    is_our_error(answer, answer.status, "api_error", "overloaded_error")
