"""Every kind of provider behind the Messages API, by the same conversations: the official SDK on this side, a strict stand-in on
the other."""

import json

import anthropic
import pytest

from elsewhere import PROVIDERS
from expectations import charged_exactly, one_attempt_each
from rig.replies import Call, Thought, Usage, reply
from rig.strict import checked

WEATHER = {"name": "weather", "description": "The weather", "input_schema": {
    "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "additionalProperties": False,
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "exclusiveMinimum": 0}}, "required": ["city"]}}
SYSTEM = [{"type": "text", "text": "x-anthropic-billing-header: cc_version=1; cch=0;"},
          {"type": "text", "text": "You help.", "cache_control": {"type": "ephemeral"}}]
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAQ=="}}


@pytest.fixture(params=list(PROVIDERS))
def provider(request):
    return PROVIDERS[request.param]


@pytest.fixture
def other(provider):
    yield from checked(provider.make())


@pytest.fixture
def gateway(make_gateway, other, provider):
    gateway = make_gateway()
    gateway.config["providers"] = [{"name": "up", **provider.setting(other, gateway.folder)}]
    gateway.config["models"] = [{"name": "*", "target": "up/*"}]
    return gateway.start("--loops", "2")


@pytest.fixture
def client(gateway, key):
    with anthropic.Anthropic(base_url=gateway.url, auth_token=key.secret, max_retries=0) as client:
        yield client


@pytest.fixture(params=["whole", "streamed"])
def ask(request, client, provider):
    def ask(messages="Hi", **more):
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        fields = dict(model=provider.model, max_tokens=1000, messages=messages, system=SYSTEM, **more)
        if request.param == "whole":
            return client.messages.create(**fields)
        with client.messages.stream(**fields) as events:
            return events.get_final_message()

    ask.streams = request.param == "streamed"
    return ask


def test_text(ask, gateway, other, provider):
    other.answers(reply("Grüezi 👋, hello.", usage=Usage(input=1001, cached=2003, output=407)))
    answer = ask()
    assert "".join(block.text for block in answer.content) == "Grüezi 👋, hello."
    assert answer.stop_reason == "end_turn"
    assert (answer.usage.input_tokens, answer.usage.cache_read_input_tokens, answer.usage.output_tokens) == (1001, 2003, 407)
    (row,) = one_attempt_each(gateway, other, 1)
    charged_exactly(row, {"input_tokens": 1001, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 2003, "output_tokens": 407})
    if provider.prices:
        assert row["cost_nano_usd"] == sum(a * b for a, b in zip((1001, 2003, 407), provider.prices))


def test_a_tool_loop(ask, other):
    other.answers(
        reply("Looking.", Call("weather", {"city": "Bern"}), Call("weather", {"city": "Zürich", "days": 2})), reply("Sunny."))
    messages = [{"role": "user", "content": "The weather?"}]
    first = ask(messages, tools=[WEATHER])
    assert first.stop_reason == "tool_use"
    calls = [block for block in first.content if block.type == "tool_use"]
    assert [call.input for call in calls] == [{"city": "Bern"}, {"city": "Zürich", "days": 2}]
    assert len({call.id for call in calls}) == 2
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": "Sun"} for call in calls]
    results[1]["is_error"] = True
    messages += [{"role": "assistant", "content": first.to_dict()["content"]}, {"role": "user", "content": results}]
    assert ask(messages, tools=[WEATHER]).content[0].text == "Sunny."


@pytest.mark.parametrize("size", [1, 3, 64])
def test_a_stream_may_be_cut_anywhere(ask, other, size):
    if not ask.streams:
        pytest.skip("of streams")
    other.answers(reply("Grüße 👋 aus Zürich.", Call("weather", {"city": "Zürich 👋"}), bytes=size))
    answer = ask(tools=[WEATHER])
    assert answer.content[0].text == "Grüße 👋 aus Zürich." and answer.content[-1].input == {"city": "Zürich 👋"}


def test_images_also_in_results(ask, other):
    call = {"type": "tool_use", "id": "toolu_01ABCDEFGHIJ", "name": "Read", "input": {"path": "a.png"}}
    ask([
        {"role": "user", "content": [IMAGE, {"type": "text", "text": "What is it?"}]},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call["id"], "content": [IMAGE]}]}],
        tools=[{"name": "Read", "description": "Reads", "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}}}])
    assert json.dumps(other.calls[0].json).count(IMAGE["source"]["data"]) == 2


@pytest.mark.parametrize("stop, reason", [("length", "max_tokens")])
def test_stop_reasons(ask, other, stop, reason):
    other.answers(reply("Well", stop=stop))
    assert ask().stop_reason == reason


def test_thoughts_come_back(ask, other, provider):
    if not provider.thinks:
        pytest.skip("has no state of thinking")
    other.answers(reply(Thought("I should look."), Call("weather", {"city": "Bern"})), reply("Sunny."))
    messages = [{"role": "user", "content": "The weather?"}]
    first = ask(messages, tools=[WEATHER], thinking={"type": "adaptive"})
    assert any(block.type in ("thinking", "redacted_thinking") for block in first.content)
    call = next(block for block in first.content if block.type == "tool_use")
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "Sun"}
    messages += [{"role": "assistant", "content": first.to_dict()["content"]}, {"role": "user", "content": [result]}]
    assert ask(messages, tools=[WEATHER], thinking={"type": "adaptive"}).content[0].text == "Sunny."


@pytest.mark.parametrize("fail", ["cut", "reset"])
def test_a_stream_that_fails_is_told(ask, gateway, other, fail):
    if not ask.streams:
        pytest.skip("of streams")
    other.answers(reply("A long answer that will not come to its end.", size=4, fail=fail, fail_after=6))
    with pytest.raises(anthropic.APIStatusError):
        ask()
    (row,) = gateway.ledger.closed(1)
    assert row["estimated"]


def test_tokens_are_counted_where_the_provider_can(client, provider):
    ask = {"model": provider.model, "messages": [{"role": "user", "content": "How many?"}], "tools": [WEATHER]}
    if provider.counts:
        assert client.messages.count_tokens(**ask).input_tokens > 0
    else:
        with pytest.raises(anthropic.NotFoundError):
            client.messages.count_tokens(**ask)
