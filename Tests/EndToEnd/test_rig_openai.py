"""The stand-in for OpenAI is what it claims to be: the official SDK agrees with it, and every rule refuses what breaks it."""

import json
import re

import openai
import pytest

from rig import wire
from rig.openai_upstream import OpenAIUpstream, failure, filtered_by_azure
from rig.replies import Call, Refusal, Thought, Usage, reply
from rig.strict import checked

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOL = {"type": "function", "name": "weather", "parameters": SCHEMA, "strict": False}
CHAT_TOOL = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}
ASK = {"model": "gpt-6.2-sol", "input": "Hi", "store": False, "include": ["reasoning.encrypted_content"]}
SAY = {"model": "gpt-5.5", "messages": [{"role": "user", "content": "Hi"}]}
EVERYTHING = (Thought("One.\n\nTwo."), "Grüezi 😀", Call("weather", {"city": "Bern"}), Call("weather", {"city": "Zürich"}))
CITIES = ['{"city": "Bern"}', '{"city": "Zürich"}']


@pytest.fixture
def client(openai_upstream):
    openai_upstream.direct = True
    return openai.OpenAI(base_url=openai_upstream.url + "/v1", api_key=openai_upstream.key, max_retries=0)


def respond(client, streamed, **more):
    if not streamed:
        return client.responses.create(**{**ASK, **more})
    with client.responses.stream(**{**ASK, **more}) as stream:
        return stream.get_final_response()


def complete(client, streamed, **more):
    if not streamed:
        return client.chat.completions.create(**{**SAY, **more})
    with client.chat.completions.stream(**{**SAY, "stream_options": {"include_usage": True}, **more}) as stream:
        return stream.get_final_completion()


# Answers


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize("cut", [0, 1, 7])
def test_responses(openai_upstream, client, streamed, interleaved, cut):
    usage = Usage(input=7, cached=100, written=20, output=50, reasoning=30)
    openai_upstream.answers(reply(*EVERYTHING, interleaved=interleaved, bytes=cut, size=3, usage=usage))
    answer = respond(client, streamed, tools=[TOOL])
    assert [item.type for item in answer.output] == ["reasoning", "message", "function_call", "function_call"]
    assert [part.text for part in answer.output[0].summary] == ["One.", "Two."] and len(answer.output[0].encrypted_content) > 100
    assert answer.output_text == "Grüezi 😀" and [call.arguments for call in answer.output[2:]] == CITIES
    assert answer.usage.input_tokens == 127 and answer.usage.input_tokens_details.cache_write_tokens == 20
    assert openai_upstream.wait_until_over(openai_upstream.calls[0]) == "answered"
    assert openai_upstream.calls[0].usage == usage.anthropic


def test_responses_are_replayed(openai_upstream, client):
    openai_upstream.answers(reply(*EVERYTHING), reply("Sunny."))
    said = [item.to_dict(mode="json") for item in respond(client, False, tools=[TOOL]).output]
    results = [{"type": "function_call_output", "call_id": call["call_id"], "output": "sun"} for call in said[2:]]
    assert respond(client, False, tools=[TOOL], input=[{"role": "user", "content": "Hi"}, *said, *results]).output_text == "Sunny."


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("stop, status, reason", [
    ("length", "incomplete", "max_output_tokens"), ("filter", "incomplete", "content_filter"),
    ("failed:invalid_prompt", "failed", None)])
def test_responses_that_end_early(openai_upstream, client, streamed, stop, status, reason):
    openai_upstream.answers(reply("Hel", stop=stop))
    answer = list(client.responses.create(**ASK, stream=True))[-1].response if streamed else respond(client, False)
    assert answer.status == status
    assert (answer.incomplete_details.reason if reason else answer.error.code) == (reason or "invalid_prompt")


def test_responses_refuse(openai_upstream, client):
    openai_upstream.answers(reply(Refusal("I cannot.")))
    assert respond(client, True).output[0].content[0].refusal == "I cannot."


def test_quirks_of_responses(openai_upstream, client):
    openai_upstream.answers(reply("Hm.", Call("weather", {"city": "Bern"}), quirks=("no_deltas", "phases")))
    events = list(client.responses.create(**ASK, stream=True))
    assert [event.arguments for event in events if event.type.startswith("response.function_call_arguments")] == CITIES[:1]
    assert events[-1].response.output[0].phase == "commentary"


def test_responses_break(openai_upstream, client):
    openai_upstream.answers(reply("word " * 9, fail="error:rate_limit_exceeded"), reply("word " * 9, fail="failed"), reply("w" * 90, fail="cut"))
    assert list(client.responses.create(**ASK, stream=True))[-1].code == "rate_limit_exceeded"
    assert list(client.responses.create(**ASK, stream=True))[-1].type == "response.failed"
    with pytest.raises(openai.APIConnectionError):
        list(client.responses.create(**ASK, stream=True))
    assert [request.usage for request in openai_upstream.calls] == [None] * 3


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize("cut", [0, 1])
def test_chat(openai_upstream, client, streamed, interleaved, cut):
    openai_upstream.answers(reply(*EVERYTHING, interleaved=interleaved, bytes=cut, size=2))
    answer = complete(client, streamed, tools=[CHAT_TOOL])
    message = answer.choices[0].message
    assert message.content == "Grüezi 😀" and [call.function.arguments for call in message.tool_calls] == CITIES
    assert answer.choices[0].finish_reason == "tool_calls" and answer.usage.prompt_tokens_details.cached_tokens == 3000


def test_chat_breaks_and_quirks(openai_upstream, client):
    quirks = ("prefilter", "no_usage", "no_done")
    openai_upstream.answers(reply("w" * 90, fail="error"), reply("Hi", quirks=quirks), reply(Refusal("No."), stop="filter"))
    with pytest.raises(openai.APIError):
        complete(client, True)
    chunks = list(client.chat.completions.create(**SAY, stream=True, stream_options={"include_usage": True}))
    assert chunks[0].choices == [] and not any(chunk.usage for chunk in chunks)
    refused = complete(client, False).choices[0]
    assert refused.message.refusal == "No." and refused.finish_reason == "content_filter"


def test_compatible_servers():
    for upstream in checked(OpenAIUpstream(profile="compatible", models=["qwen"])):
        quirks = ("reasoning_content", "no_index", "object_arguments", "stop_with_calls")
        upstream.answers(reply(Thought("Hm."), Call("weather", {"city": "Bern"}, id=None), quirks=quirks), reply(Thought("Hm."), "Hi", quirks=("think_tags",)))
        body = {"model": "qwen", "messages": SAY["messages"], "max_tokens": 5, "stream": True}
        deltas = [event["choices"][0]["delta"] for event in send(upstream, "/v1/chat/completions", body)]
        assert {"reasoning_content": "Hm."} in deltas
        assert {"tool_calls": [{"type": "function", "function": {"name": "weather", "arguments": {"city": "Bern"}}}]} in deltas
        upstream.answers(reply(Thought("Hm."), "Hi", quirks=("missing_think_tag", "whole_calls")), upstream._scripted())
        assert send(upstream, "/v1/chat/completions", body)[1]["choices"][0]["delta"] == {"content": "Hm.\n</think>"}
        events = send(upstream, "/v1/chat/completions", body)
        assert "".join(event["choices"][0]["delta"].get("content", "") for event in events) == "<think>\nHm.\n</think>\n\nHi"


def send(upstream, path, body):
    with wire.Connection(("127.0.0.1", upstream.port)) as connection:
        headers = {"authorization": f"Bearer {upstream.key}", "content-type": "application/json"}
        connection.request("POST", path, headers, json.dumps(body).encode())
        answer = connection.answer()
    return wire.parse_events(answer.body.replace(b"data: [DONE]\n\n", b"")) if answer.status == 200 else answer.json["error"]


def test_azure():
    for upstream in checked(OpenAIUpstream(profile="azure", models=["my-deployment"])):
        upstream.direct = True
        client = openai.AzureOpenAI(azure_endpoint=upstream.url, api_key=upstream.key, api_version="2026-05-01", max_retries=0)
        upstream.answers(reply("Hi", quirks=("prefilter",)), filtered_by_azure())
        assert [c for c in client.chat.completions.create(**{**SAY, "model": "my-deployment"}, stream=True)][1].choices
        with pytest.raises(openai.BadRequestError, match="was filtered"):
            client.chat.completions.create(**{**SAY, "model": "my-deployment"})


def test_xai():
    for upstream in checked(OpenAIUpstream(profile="xai", models=["grok-4.7"])):
        upstream.answers(reply("Hi", usage=Usage(input=5, cached=0, output=50, reasoning=30, ticks=12345)))
        body = {"model": "grok-4.7", "messages": SAY["messages"], "stream": True, "stream_options": {"include_usage": True}}
        counted = send(upstream, "/v1/chat/completions", body)[-1]["usage"]
        assert (counted["completion_tokens"], counted["total_tokens"], counted["cost_in_usd_ticks"]) == (20, 55, 12345)
        answer = send(upstream, "/v1/responses", {"model": "grok-4.7", "input": "Hi", "store": False, "stream": True})[-1]
        assert answer["response"]["usage"]["cost_in_usd_ticks"] == 12345


def test_errors_models_and_counts(openai_upstream, client):
    openai_upstream.answers(failure(429, "Slow down.", "rate_limit_exceeded", retry_after=2))
    with pytest.raises(openai.RateLimitError, match="Slow down"):
        complete(client, False)
    assert "gpt-6.2-sol" in [model.id for model in client.models.list()]
    assert client.responses.input_tokens.count(model="gpt-6.2-sol", input="Hi").input_tokens > 0


# Rules

CALL = {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "sun"}
USER = {"role": "user", "content": "Hi"}
PNG = "data:image/png;base64,iVBORw0KGgo="
SAID = {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}]}
HEARD = {"role": "tool", "tool_call_id": "c1", "content": "sun"}


@pytest.mark.parametrize("change, complaint", [
    ({"speed": "fast"}, "Unknown parameter: 'speed'"),
    ({"input": [{**USER, "cache_control": {"type": "ephemeral"}}]}, "Unknown parameter: 'input\\[0\\].cache_control'"),
    ({"store": True}, "store"), ({"store": None}, "store"), ({"previous_response_id": "resp_1"}, "stateless"),
    ({"max_output_tokens": 15}, "integer below minimum"), ({"max_output_tokens": 200000}, "too large"),
    ({"temperature": 0.5}, "Unsupported parameter: 'temperature'"), ({"top_p": 0.5}, "'top_p'"),
    ({"reasoning": {"effort": "none"}}, "Unsupported value: 'none'"), ({"reasoning": {"effort": "huge"}}, "Invalid value: 'huge'"),
    ({"instructions": "x-anthropic-billing-header: cc_version=2"}, "x-anthropic-billing-header"),
    ({"tools": [{**TOOL, "name": "a.b"}]}, "does not match"), ({"tools": [{**TOOL, "name": "a" * 65}]}, "does not match"),
    ({"tools": [TOOL, TOOL]}, "not unique"), ({"tools": [{**TOOL, "defer_loading": True}]}, "defer_loading"),
    ({"tools": [{"type": "function", "name": "weather", "parameters": SCHEMA}]}, "additionalProperties"),
    ({"tools": [{**TOOL, "strict": True, "parameters": {**SCHEMA, "additionalProperties": False}}]}, "'required' is required"),
    ({"tools": [{**TOOL, "parameters": {"properties": {}}}]}, "type: \"object\""),
    ({"tools": [TOOL], "tool_choice": {"type": "function", "name": "other"}}, "not found in 'tools'"),
    ({"tool_choice": "auto"}, "only allowed when 'tools'"),
    ({"stream_options": {"include_obfuscation": False}}, "'stream_options'"),
    ({"input": []}, "empty"), ({"input": [USER, CALL]}, "No tool output found"), ({"input": [USER, RESULT]}, "No tool call found"),
    ({"input": [USER, CALL, USER, RESULT]}, "No tool output found"),
    ({"input": [USER, CALL, RESULT, RESULT]}, "No tool call found"),
    ({"input": [USER, CALL, CALL, RESULT]}, "Duplicate"), ({"input": [USER, {**CALL, "call_id": "c" * 65}]}, "too long"),
    ({"input": [USER, CALL, {**CALL, "call_id": "c2"}, RESULT, {**CALL, "call_id": "c3"}]}, "before the results"),
    ({"input": [USER, {**CALL, "id": "toolu_1"}, RESULT]}, "begins with 'fc'"),
    ({"input": [USER, {**CALL, "arguments": ""}]}, "not an object"),
    ({"input": [USER, {"type": "reasoning", "id": "rs_1", "summary": []}, CALL, RESULT]}, "not persisted"),
    ({"input": [USER, {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}, CALL, RESULT]}, "could not be verified"),
    ({"input": [USER, {"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]}, "input_text"),
    ({"input": [{"role": "user", "content": [{"type": "input_image", "detail": "auto", "image_url": PNG.replace("png", "jpeg")}]}]}, "not image/jpeg"),
    ({"input": [{"role": "user", "content": [{"type": "input_file", "file_data": "data:application/pdf;base64,JVBERi0="}]}]}, "filename"),
    ({"text": {"format": {"type": "json_schema", "name": "a b", "schema": {}}}}, "Invalid name"),
    ({"safety_identifier": "u" * 129}, "too long"), ({"model": "gpt-9"}, "does not exist")])
def test_rules_of_responses(openai_upstream, change, complaint):
    refused(openai_upstream, "/v1/responses", {**ASK, **change}, complaint)


@pytest.mark.parametrize("change, complaint", [
    ({"max_tokens": 5}, "Use 'max_completion_tokens' instead"), ({"temperature": 1}, "'temperature'"), ({"stop": ["a"]}, "'stop'"),
    ({"model": "gpt-4.1", "stop": list("abcde")}, "array too long"),
    ({"model": "gpt-4.1", "reasoning_effort": "low"}, "reasoning_effort"),
    ({"tools": [CHAT_TOOL], "reasoning_effort": "low"}, "Function tools with reasoning_effort are not supported for gpt-5.5"),
    ({"tools": [CHAT_TOOL], "model": "gpt-6.2-sol"}, "Please use /v1/responses instead"),
    ({"tools": []}, "empty array"), ({"tool_choice": "auto"}, "only allowed when 'tools'"), ({"store": True}, "store"),
    ({"messages": [{"role": "system", "content": "x-anthropic-billing-header: a"}, USER]}, "x-anthropic-billing-header"),
    ({"messages": [USER, SAID]}, "No tool output found"), ({"messages": [USER, HEARD]}, "must be a response to a preceding"),
    ({"messages": [USER, SAID, USER, HEARD]}, "did not have response messages: c1"),
    ({"messages": [USER, SAID, HEARD, HEARD]}, "No tool call found"),
    ({"messages": [USER, SAID, {**HEARD, "content": [{"type": "image_url", "image_url": {"url": PNG}}]}]}, "Invalid value: 'image_url'"),
    ({"messages": [USER, {"role": "assistant", "content": ""}]}, "says nothing"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x/y.png"}}]}]}, "Invalid data URL"),
    ({"messages": [{"role": "user", "content": [{"type": "text", "text": "x", "cache_control": {}}]}]}, "cache_control"),
    ({"parallel_tool_calls": False}, "only allowed when 'tools'"), ({"messages": []}, "empty array")])
def test_rules_of_chat(openai_upstream, change, complaint):
    refused(openai_upstream, "/v1/chat/completions", {**SAY, **change}, complaint)


@pytest.mark.parametrize("change, complaint", [
    ({"max_completion_tokens": 5}, "unknown to many"), ({"store": False}, "unknown to many"),
    ({"messages": [USER, USER]}, "must alternate"),
    ({"messages": [USER, {"role": "system", "content": "x"}]}, "at the beginning"),
    ({"messages": [{"role": "developer", "content": "x"}]}, "developer")])
def test_rules_of_compatible_servers(change, complaint):
    for upstream in checked(OpenAIUpstream(profile="compatible", alternating=True)):
        refused(upstream, "/v1/chat/completions", {**SAY, **change}, complaint)


def refused(upstream, path, body, complaint):
    error = send(upstream, path, body)
    [violation] = upstream.forget_violations()
    assert error["type"] and error["message"] in violation
    assert re.search(complaint, violation)


@pytest.mark.parametrize("headers, body, complaint", [
    ({"authorization": "Bearer wrong"}, b"{}", "Incorrect API key"), ({"x-api-key": "k"}, b"{}", "x-api-key"),
    ({"anthropic-beta": "b"}, b"{}", "anthropic-beta"),
    ({}, b'{"a": 1, "a": 2}', "duplicate keys"), ({}, b'{"a": NaN}', "NaN"), ({}, b"{", "could not parse"),
    ({"content-type": "text/plain"}, b"{}", "not JSON")])
def test_rules_of_http(openai_upstream, headers, body, complaint):
    usual = {"authorization": f"Bearer {openai_upstream.key}", "content-type": "application/json"}
    with wire.Connection(("127.0.0.1", openai_upstream.port)) as connection:
        connection.request("POST", "/v1/responses", {**usual, **headers}, body)
        assert connection.answer().status >= 400
    assert complaint in openai_upstream.forget_violations()[0]
