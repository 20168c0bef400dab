"""Models of OpenAI's interfaces behind the Messages API: the official Anthropic SDK on this side, a strict stand-in on the other."""

import json

import anthropic
import pytest

from expectations import charged_exactly, one_attempt_each
from rig.openai_upstream import OpenAIUpstream, failure
from rig.replies import Call, Refusal, Thought, Usage, reply
from rig.strict import checked
from rig.waiting import eventually

WEATHER = {"name": "weather", "description": "The weather", "input_schema": {
    "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "additionalProperties": False,
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "exclusiveMinimum": 0}}, "required": ["city"]}}
SYSTEM = [{"type": "text", "text": "x-anthropic-billing-header: cc_version=1; cch=0;"},
          {"type": "text", "text": "You help.", "cache_control": {"type": "ephemeral"}}]


@pytest.fixture(params=["responses", "chat-completions"])
def dialect(request):
    return request.param


@pytest.fixture
def model(dialect):
    return "gpt-5.5" if dialect == "responses" else "gpt-4.1"


@pytest.fixture
def gateway(make_gateway, openai_upstream, dialect):
    gateway = make_gateway()
    gateway.config["providers"] = [{"name": "oa", "kind": "openai", "dialect": dialect, "base_url": openai_upstream.url + "/v1",
                                    "api_key": openai_upstream.key}]
    gateway.config["models"] = [{"name": "*", "target": "oa/*"}]
    return gateway.start("--loops", "2")


@pytest.fixture
def client(gateway, key):
    with anthropic.Anthropic(base_url=gateway.url, auth_token=key.secret, max_retries=0) as client:
        yield client


@pytest.fixture
def ask(client, model):
    def ask(messages="Hi", **more):
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        return client.messages.create(model=model, max_tokens=1000, messages=messages, system=SYSTEM, **more)

    return ask


@pytest.fixture
def stream(client, model):
    def stream(messages="Hi", **more):
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        with client.messages.stream(model=model, max_tokens=1000, messages=messages, system=SYSTEM, **more) as events:
            return events.get_final_message()

    return stream


@pytest.fixture(params=["whole", "streamed"])
def either(request, ask, stream):
    return ask if request.param == "whole" else stream


def test_text(either, gateway, openai_upstream, model):
    openai_upstream.answers(reply("Grüezi 👋, hello.", usage=Usage(input=100, cached=900, output=40, reasoning=8)))
    answer = either()
    assert [block.text for block in answer.content] == ["Grüezi 👋, hello."]
    assert answer.stop_reason == "end_turn" and answer.model == model
    assert (answer.usage.input_tokens, answer.usage.cache_read_input_tokens, answer.usage.output_tokens) == (100, 900, 40)
    (row,) = one_attempt_each(gateway, openai_upstream, 1)
    charged_exactly(row, {"input_tokens": 100, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 900, "output_tokens": 40})


def test_the_cost_is_exact(ask, gateway, openai_upstream, dialect):
    openai_upstream.answers(reply("Hi.", usage=Usage(input=1001, cached=2003, output=407)))
    ask()
    # gpt-5.5: 5 in, 0.5 cached, 30 out; gpt-4.1: 2, 0.5, 8 dollars per million.
    prices = (5000, 500, 30000) if dialect == "responses" else (2000, 500, 8000)
    (row,) = gateway.ledger.closed(1)
    assert row["cost_nano_usd"] == 1001 * prices[0] + 2003 * prices[1] + 407 * prices[2]


def test_a_tool_loop(either, openai_upstream):
    openai_upstream.answers(
        reply("Looking.", Call("weather", {"city": "Bern"}), Call("weather", {"city": "Zürich", "days": 2})), reply("Sunny."))
    messages = [{"role": "user", "content": "The weather?"}]
    first = either(messages, tools=[WEATHER])
    assert first.stop_reason == "tool_use"
    calls = [block for block in first.content if block.type == "tool_use"]
    assert [call.input for call in calls] == [{"city": "Bern"}, {"city": "Zürich", "days": 2}]
    assert len({call.id for call in calls}) == 2
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": "Sun"} for call in calls]
    results[1]["is_error"] = True
    messages += [{"role": "assistant", "content": first.to_dict()["content"]}, {"role": "user", "content": results}]
    second = either(messages, tools=[WEATHER])
    assert second.content[0].text == "Sunny."
    assert "Error: Sun" in json.dumps(openai_upstream.calls[-1].json)


def test_calls_that_come_interleaved(stream, openai_upstream):
    calls = [Call("weather", {"city": name}) for name in ("Aarau", "Bern", "Chur")]
    openai_upstream.answers(reply(*calls, interleaved=True, size=3))
    answer = stream(tools=[WEATHER])
    assert [block.input for block in answer.content] == [{"city": "Aarau"}, {"city": "Bern"}, {"city": "Chur"}]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_a_stream_may_be_cut_anywhere(stream, openai_upstream, size):
    openai_upstream.answers(reply("Grüße 👋 aus Zürich.", Call("weather", {"city": "Zürich 👋"}), bytes=size))
    answer = stream(tools=[WEATHER])
    assert answer.content[0].text == "Grüße 👋 aus Zürich." and answer.content[1].input == {"city": "Zürich 👋"}


def test_images(ask, openai_upstream):
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAQ=="}}
    call = {"type": "tool_use", "id": "toolu_01ABCDEFGHIJ", "name": "Read", "input": {"path": "a.png"}}
    ask([
        {"role": "user", "content": [image, {"type": "text", "text": "What is it?"}]},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call["id"], "content": [image]}]}])
    assert json.dumps(openai_upstream.calls[0].json).count("data:image/png;base64,") == 2


def test_a_refusal(either, openai_upstream):
    openai_upstream.answers(reply(Refusal("I will not.")))
    answer = either()
    assert answer.stop_reason == "refusal" and answer.content[0].text == "I will not."


@pytest.mark.parametrize("stop, reason", [("length", "max_tokens"), ("filter", "refusal")])
def test_stop_reasons(either, openai_upstream, stop, reason):
    openai_upstream.answers(reply("Well", stop=stop))
    assert either().stop_reason == reason


def test_a_stop_sequence_that_the_model_does_not_know(either, openai_upstream, dialect):
    if dialect == "chat-completions":
        pytest.skip("the API has stop sequences")
    openai_upstream.answers(reply("one two three STOP four five", size=4))
    answer = either(stop_sequences=["STOP"])
    assert answer.content[0].text == "one two three " and answer.stop_reason == "stop_sequence"
    assert answer.stop_sequence == "STOP"


@pytest.mark.parametrize("fail", ["cut", "error", "reset"])
def test_a_stream_that_fails_is_told(stream, gateway, openai_upstream, fail):
    openai_upstream.answers(reply("A long answer that will not come to its end.", size=4, fail=fail, fail_after=6))
    with pytest.raises(anthropic.APIStatusError):
        stream()
    (row,) = gateway.ledger.closed(1)
    assert row["estimated"] and row["output_tokens"] > 0


def test_errors_become_what_the_client_understands(ask, openai_upstream, gateway, model):
    def raised(answer):
        openai_upstream.answers(answer)
        with pytest.raises(anthropic.APIStatusError) as caught:
            ask()
        return caught.value.status_code, caught.value.body["error"]["type"], caught.value.body["error"]["message"]

    text = "This model's maximum context length is 128000 tokens. However, your messages resulted in 130123 tokens."
    assert raised(failure(400, text, code="context_length_exceeded")) == (
        400, "invalid_request_error", "prompt is too long: 130123 tokens > 128000 maximum")
    assert raised(failure(429, "Slow down, org-abc123.", code="rate_limit_exceeded"))[:2] == (429, "rate_limit_error")
    status, kind, text = raised(failure(401, "Incorrect API key provided: sk-proj-***", code="invalid_api_key"))
    assert (status, kind) == (500, "api_error") and "sk-" not in text
    assert raised(failure(429, "No credit.", code="insufficient_quota"))[:2] == (429, "billing_error")
    assert raised(failure(503, "Overloaded."))[:2] == (529, "overloaded_error")
    assert raised(failure(404, "The model does not exist.", code="model_not_found"))[:2] == (404, "not_found_error")
    rows = gateway.ledger.closed(6)
    assert all(row["cost_nano_usd"] == 0 and not row["estimated"] for row in rows)


def test_the_receipt(client, model, openai_upstream):
    raw = client.messages.with_raw_response.create(
        model=model, max_tokens=1000, messages=[{"role": "user", "content": "Hi"}], system=SYSTEM,
        extra_headers={"x-tollgate-fidelity": "1"})
    receipt = raw.headers["x-tollgate-fidelity"]
    assert "dropped=attribution,cache_control" in receipt and "system_prompt" in receipt


def test_thoughts_come_back(make_gateway, openai_upstream, stream, dialect):
    if dialect == "chat-completions":
        pytest.skip("the API has no reasoning items")
    openai_upstream.answers(reply(Thought("I should look."), Call("weather", {"city": "Bern"})), reply("Sunny."))
    messages = [{"role": "user", "content": "The weather?"}]
    first = stream(messages, tools=[WEATHER], thinking={"type": "adaptive"}, output_config={"effort": "high"})
    assert first.content[0].type == "thinking" and first.content[0].thinking == "I should look."
    assert first.content[0].signature.startswith("tollgate/1/oa/gpt-5.5/")
    result = {"type": "tool_result", "tool_use_id": first.content[1].id, "content": "Sun"}
    messages += [{"role": "assistant", "content": first.to_dict()["content"]}, {"role": "user", "content": [result]}]
    stream(messages, tools=[WEATHER], thinking={"type": "adaptive"})
    items = openai_upstream.calls[-1].json["input"]
    assert [item["type"] for item in items] == ["message", "reasoning", "function_call", "function_call_output"]
    assert openai_upstream.calls[0].json["reasoning"] == {"effort": "high", "summary": "auto"}


def test_tokens_are_counted_where_the_provider_can(client, model, dialect, gateway):
    ask = {"model": model, "messages": [{"role": "user", "content": "How many?"}], "tools": [WEATHER]}
    if dialect == "responses":
        assert client.messages.count_tokens(**ask).input_tokens > 0
    else:
        with pytest.raises(anthropic.NotFoundError):
            client.messages.count_tokens(**ask)


def test_counts_are_estimated_once_they_are_calibrated(make_gateway, openai_upstream, dialect):
    if dialect == "responses":
        pytest.skip("counts by itself")
    gateway = make_gateway()
    gateway.config["providers"] = [{"name": "oa", "kind": "openai", "dialect": dialect, "base_url": openai_upstream.url + "/v1",
                                    "api_key": openai_upstream.key, "count_tokens": "estimate"}]
    gateway.config["models"] = [{"name": "*", "target": "oa/*"}]
    gateway.start("--loops", "1")
    key, messages = gateway.issue(), [{"role": "user", "content": "word " * 400}]
    body = {"model": "gpt-4.1", "messages": messages}

    def count():
        return gateway.messages(key, body, target="/v1/messages/count_tokens")

    assert count().status == 404
    openai_upstream.answers(reply("Hi.", usage=Usage(input=300, cached=500, output=5)))
    for _ in range(5):
        assert gateway.messages(key, {**body, "max_tokens": 10}).status == 200
    counted = eventually(lambda: (answer := count()).status == 200 and answer.json["input_tokens"], "the fifth answer has taught enough")
    assert 790 <= counted <= 810
    assert len(gateway.ledger.closed(5)) == 5, "an estimate is no request to anybody"


def test_long_tool_names_come_back_whole(either, openai_upstream):
    name = "mcp__a_server_with_a_long_name__" + "x" * 80
    openai_upstream.answers(lambda exchange: reply(Call(exchange.request.json["tools"][0].get("name") or
                                                        exchange.request.json["tools"][0]["function"]["name"], {"city": "B"}))(exchange))
    answer = either(tools=[{**WEATHER, "name": name}])
    assert answer.content[0].name == name


def test_spans_say_where_it_went(ask, sink, gateway, model, openai_upstream):
    ask()
    span = eventually(lambda: next((s for s in sink.spans if s.name == f"chat {model}"), None), "the attempt has a span")
    assert span.attributes["gen_ai.provider.name"] == "openai"
    assert span.attributes["gen_ai.usage.input_tokens"] == 3010
