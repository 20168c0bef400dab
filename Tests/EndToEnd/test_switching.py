"""A conversation that changes providers: what one minted never reaches the other, and nothing else is touched."""

import json

import anthropic
import pytest

from rig.gateway import UPSTREAM_KEY
from rig.replies import Call, Thought, reply
from rig.waiting import eventually

TOOL = {"name": "look", "description": "Looks", "input_schema": {"type": "object", "properties": {}}}


@pytest.fixture
def gateway(make_gateway, upstream, openai_upstream):
    gateway = make_gateway()
    gateway.config["providers"] = [
        {"name": "claude", "kind": "anthropic", "base_url": upstream.url, "api_key": UPSTREAM_KEY},
        {"name": "gpt", "kind": "openai", "base_url": openai_upstream.url + "/v1", "api_key": openai_upstream.key}]
    gateway.config["models"] = [{"name": "claude-*", "target": "claude/claude-*"}, {"name": "gpt-*", "target": "gpt/gpt-*"}]
    return gateway.start("--loops", "2")


@pytest.fixture
def client(gateway, key):
    with anthropic.Anthropic(base_url=gateway.url, auth_token=key.secret, max_retries=0) as client:
        yield client


def test_from_gpt_to_claude(client, upstream, openai_upstream):
    openai_upstream.answers(reply(Thought("Hm."), Call("look", {})))
    ask = dict(max_tokens=1000, tools=[TOOL])
    messages = [{"role": "user", "content": "Look."}]
    first = client.messages.create(model="gpt-5.5", messages=messages, **ask)
    content = first.to_dict()["content"]
    assert content[0]["signature"].startswith("tollgate/1/gpt/gpt-5.5/")
    result = {"type": "tool_result", "tool_use_id": content[1]["id"], "content": "Seen"}
    messages += [{"role": "assistant", "content": content}, {"role": "user", "content": [result]}]
    client.messages.create(model="claude-opus-5-5", messages=messages, **ask)
    sent = upstream.calls[-1].json
    assert sent["messages"][1]["content"] == content[1:], "the thought is gone, the call is as it was"
    assert sent["messages"][2] == messages[2] and sent["model"] == "claude-opus-5-5"
    assert b"tollgate/1/" not in upstream.calls[-1].body


def test_a_message_that_was_nothing_but_a_thought_says_nothing(client, upstream, openai_upstream):
    openai_upstream.answers(reply(Thought("Hm.")))
    messages = [{"role": "user", "content": "Look."}]
    first = client.messages.create(model="gpt-5.5", messages=messages, max_tokens=1000).to_dict()["content"]
    assert [block["type"] for block in first] == ["thinking"]
    messages += [{"role": "assistant", "content": first}, {"role": "user", "content": "Well?"}]
    client.messages.create(model="claude-opus-5-5", messages=messages, max_tokens=1000)
    silence = {"role": "assistant", "content": [{"type": "text", "text": "(no content)"}]}
    assert upstream.calls[-1].json["messages"] == [messages[0], silence, messages[2]], "Claude takes no message without content"


def test_what_the_system_says_stays_in_front_of_an_answer(client, upstream):
    """Anthropic takes a message of the system at the end, or in front of an answer."""
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "tollgate/1/gpt/gpt-5.5/rs_1/QUJD"}
    user, system = {"role": "user", "content": "Hi."}, {"role": "system", "content": "It is Monday."}
    messages = [user, system, {"role": "assistant", "content": [thought]}, user, system, {"role": "assistant", "content": [thought]}]
    client.messages.create(model="claude-opus-5-5", max_tokens=1000, messages=messages)
    assert [message["role"] for message in upstream.calls[-1].json["messages"]] == ["user", "system", "assistant", "user", "system"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_thought_that_came_without_a_state_does_not_reach_claude(client, upstream, openai_upstream, stream):
    openai_upstream.answers(reply(Thought("Hm.", state=None), "Hello."))
    ask = dict(model="gpt-5.5", messages=[{"role": "user", "content": "Hi."}], max_tokens=1000)
    if stream:
        with client.messages.stream(**ask) as events:
            first = events.get_final_message().to_dict()["content"]
    else:
        first = client.messages.create(**ask).to_dict()["content"]
    assert [block["type"] for block in first] == ["thinking", "text"]
    messages = [*ask["messages"], {"role": "assistant", "content": first}, {"role": "user", "content": "Go on."}]
    client.messages.create(**{**ask, "model": "claude-opus-5-5", "messages": messages})
    assert upstream.calls[-1].json["messages"][1]["content"] == first[1:]
    client.messages.create(**{**ask, "messages": messages})
    assert b"Hm." not in openai_upstream.calls[-1].body, "nothing can be made of it where it came from, either"


def test_thoughts_of_a_provider_that_is_gone_do_not_reach_claude(gateway, client, upstream):
    gateway.config["providers"], gateway.config["models"] = gateway.config["providers"][:1], gateway.config["models"][:1]
    gateway.reload()
    text = {"type": "text", "text": "Hello."}
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "tollgate/1/gpt/gpt-5.5/rs_1/QUJD"}
    messages = [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": [thought, text]}, {"role": "user", "content": "Go on."}]
    client.messages.create(model="claude-opus-5-5", max_tokens=1000, messages=messages)
    assert upstream.calls[-1].json["messages"] == [messages[0], {"role": "assistant", "content": [text]}, messages[2]]


def test_what_a_text_of_gpt_was_comes_back_to_it_alone(client, upstream, openai_upstream):
    openai_upstream.answers(reply(Thought("Hm."), "I look.", Call("look", {}), quirks=("phases",)))
    ask = dict(max_tokens=1000, tools=[TOOL])
    messages = [{"role": "user", "content": "Look."}]
    content = client.messages.create(model="gpt-5.5", messages=messages, **ask).to_dict()["content"]
    assert [block["type"] for block in content] == ["thinking", "redacted_thinking", "text", "tool_use"]
    result = {"type": "tool_result", "tool_use_id": content[3]["id"], "content": "Seen"}
    messages += [{"role": "assistant", "content": content}, {"role": "user", "content": [result]}]
    client.messages.create(model="gpt-5.5", messages=messages, **ask)
    sent = openai_upstream.calls[-1].json["input"]
    assert [(item.get("type"), item.get("phase")) for item in sent[1:4]] == [
        ("reasoning", None), ("message", "commentary"), ("function_call", None)]
    client.messages.create(model="claude-opus-5-5", messages=messages, **ask)
    assert upstream.calls[-1].json["messages"][1]["content"] == content[2:]


def test_from_claude_to_gpt(client, openai_upstream):
    thought = {"type": "thinking", "thinking": "Claude's own.", "signature": "EqQBCkYIBBgCKkBclaude"}
    messages = [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": [thought, {"type": "text", "text": "Hello."}]},
                {"role": "user", "content": "Go on."}]
    client.messages.create(model="gpt-5.5", max_tokens=1000, messages=messages)
    assert "Claude's own" not in json.dumps(openai_upstream.calls[-1].json)


def test_a_conversation_with_claude_alone_goes_out_byte_for_byte(gateway, key, upstream):
    body = b'{ "model":"claude-opus-5-5","max_tokens":  10,"messages":[{"role":"user","content":"\\u00e9 1e2"}] }'
    assert gateway.messages(key, body).status == 200
    assert upstream.calls[-1].body == body


def test_max_tokens_of_zero_is_answered_here(client, openai_upstream):
    answer = client.messages.create(model="gpt-5.5", max_tokens=0, messages=[{"role": "user", "content": "Warm up."}])
    assert answer.stop_reason == "max_tokens" and answer.content == [] and answer.usage.output_tokens == 0
    assert openai_upstream.calls == []


def test_the_receipt_is_an_event_of_the_attempts_span(client, sink):
    client.messages.create(
        model="gpt-5.5", max_tokens=1000, messages=[{"role": "user", "content": "Hi."}],
        system=[{"type": "text", "text": "You help.", "cache_control": {"type": "ephemeral"}}])
    span = eventually(lambda: next((s for s in sink.spans if s.name == "chat gpt-5.5"), None), "the attempt has a span")
    assert [name for name, _ in span.events] == ["tollgate.fidelity"]
    assert span.events[0][1]["tollgate.fidelity.dropped"] == "cache_control"
    assert "system_prompt" in span.events[0][1]["tollgate.fidelity.translated"]


def test_what_the_provider_said_of_an_error_is_in_span_and_log(client, sink, gateway, openai_upstream):
    from rig.openai_upstream import failure
    openai_upstream.answers(failure(400, "Unsupported for org-abc123.", code="unsupported_value"))
    with pytest.raises(anthropic.BadRequestError) as caught:
        client.messages.create(model="gpt-5.5", max_tokens=1000, messages=[{"role": "user", "content": "Hi."}])
    assert "org-abc123" not in str(caught.value.body)
    span = eventually(lambda: next((s for s in sink.spans if s.name == "chat gpt-5.5"), None), "the attempt has a span")
    assert span.attributes["tollgate.upstream.error"] == "unsupported_value: Unsupported for org-abc123."
    gateway.logged("unsupported_value: Unsupported")
