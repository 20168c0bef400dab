"""The stand-ins for Gemini and Vertex AI are what they claim to be: the official SDKs agree, and every rule refuses what breaks it."""

import json
import re
import time

import anthropic
import pytest
from google import genai
from google.auth import crypt, jwt
from google.genai import errors, types
from google.oauth2 import service_account

from rig import google_tokens, wire
from rig.gemini_answers import failure, retry_after
from rig.replies import Call, Thought, Usage, reply

MODEL = "gemini-3.8-flash"
EVERYTHING = (Thought("Hm."), "Grüezi 😀", Call("weather", {"city": "Bern"}), Call("weather", {"city": "Zürich"}))
WEATHER = types.Tool(function_declarations=[types.FunctionDeclaration(
    name="weather", parameters=types.Schema(type="OBJECT", properties={"city": types.Schema(type="STRING")}))])
MANUAL = types.GenerateContentConfig(tools=[WEATHER], automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True))


@pytest.fixture
def client(gemini_upstream):
    gemini_upstream.direct = True
    return genai.Client(api_key=gemini_upstream.key, http_options=types.HttpOptions(base_url=gemini_upstream.url))


@pytest.fixture
def credentials(vertex_upstream):
    vertex_upstream.direct = True
    return service_account.Credentials.from_service_account_info(vertex_upstream.account, scopes=[google_tokens.SCOPE])


@pytest.fixture
def vertex(vertex_upstream, credentials):
    options = types.HttpOptions(base_url=vertex_upstream.url, api_version="v1")
    return genai.Client(vertexai=True, project="acme-tests", location="europe-west1", credentials=credentials, http_options=options)


def ask(client, streamed, contents="Hi", config=MANUAL, model=MODEL):
    """All parts of the answer, and its last piece."""
    if not streamed:
        answer = client.models.generate_content(model=model, contents=contents, config=config)
        return answer.parts or [], answer
    chunks = list(client.models.generate_content_stream(model=model, contents=contents, config=config))
    return [part for chunk in chunks for part in (chunk.parts or [])], chunks[-1]


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("cut", [0, 1])
def test_answers(gemini_upstream, client, streamed, joined, cut):
    usage = Usage(input=7, cached=100, output=50, reasoning=30)
    gemini_upstream.answers(reply(*EVERYTHING, size=3, bytes=cut, interleaved=joined, usage=usage))
    parts, last = ask(client, streamed)
    assert "".join(part.text for part in parts if part.text and part.thought) == "Hm."
    assert "".join(part.text for part in parts if part.text and not part.thought) == "Grüezi 😀"
    calls = [part for part in parts if part.function_call]
    assert [call.function_call.args["city"] for call in calls] == ["Bern", "Zürich"] and all(call.function_call.id for call in calls)
    assert [bool(call.thought_signature) for call in calls] == [True, False]
    counted = last.usage_metadata
    assert (counted.prompt_token_count, counted.candidates_token_count, counted.thoughts_token_count) == (107, 20, 30)
    assert last.candidates[0].finish_reason == "STOP"
    assert gemini_upstream.wait_until_over(gemini_upstream.calls[0]) == "answered"
    assert gemini_upstream.calls[0].usage == usage.anthropic


def test_a_tool_loop(gemini_upstream, client):
    gemini_upstream.dummies = False
    gemini_upstream.answers(reply(*EVERYTHING), reply(Call("weather", {"city": "Ulm"})), reply("Sunny."))
    contents = [types.UserContent("Hi")]
    for _ in range(2):
        answer = client.models.generate_content(model=MODEL, contents=contents, config=MANUAL)
        results = [types.Part(function_response=types.FunctionResponse(id=call.id, name=call.name, response={"output": "sun"}))
                   for call in answer.function_calls]
        contents += [answer.candidates[0].content, types.UserContent(results)]
    assert client.models.generate_content(model=MODEL, contents=contents, config=MANUAL).text == "Sunny."


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("stop", ["length", "filter", "MALFORMED_FUNCTION_CALL", "blocked:SAFETY"])
def test_answers_that_end_early(gemini_upstream, client, streamed, stop):
    gemini_upstream.answers(reply(*([] if ":" in stop else ["Hel"]), stop=stop))
    _, last = ask(client, streamed)
    if ":" in stop:
        assert not last.candidates and last.prompt_feedback.block_reason == "SAFETY"
    else:
        assert last.candidates[0].finish_reason == {"length": "MAX_TOKENS", "filter": "SAFETY"}.get(stop, stop)


def test_errors_models_and_counts(gemini_upstream, client):
    gemini_upstream.answers(failure(429, "RESOURCE_EXHAUSTED", details=[retry_after(7)]), reply("w" * 90, fail="error:UNAVAILABLE"),
                            reply("w" * 90, fail="cut"), reply("Hi", quirks=("empty_part",)))
    with pytest.raises(errors.ClientError, match="RESOURCE_EXHAUSTED"):
        ask(client, False)
    for kind in (errors.APIError, Exception):
        with pytest.raises(kind):
            ask(client, True)
    assert ask(client, True)[0][-1].thought_signature
    assert f"models/{MODEL}" in [model.name for model in client.models.list()]
    assert client.models.count_tokens(model=MODEL, contents="Hi").total_tokens > 0


@pytest.mark.parametrize("streamed", [False, True])
def test_vertex(vertex_upstream, vertex, streamed):
    vertex_upstream.answers(reply(*EVERYTHING))
    parts, last = ask(vertex, streamed)
    assert [part.function_call.id for part in parts if part.function_call] == [None, None]
    assert last.usage_metadata.traffic_type == "ON_DEMAND" and len(vertex_upstream.token_requests) == 1
    assert vertex.models.count_tokens(model=MODEL, contents="Hi").total_tokens > 0
    vertex_upstream.tokens.revoke()
    with pytest.raises(errors.ClientError, match="UNAUTHENTICATED"):
        ask(vertex, streamed)
    assert "invalid authentication" in vertex_upstream.forget_violations()[0]


@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-haiku-4-5@20251001"])
def test_claude_on_vertex(vertex_upstream, credentials, model):
    client = anthropic.AnthropicVertex(project_id="acme-tests", region="europe-west1", base_url=f"{vertex_upstream.url}/v1",
                                       credentials=credentials, max_retries=0)
    asked = {"model": model, "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]}
    vertex_upstream.answers(reply(*EVERYTHING))
    whole = client.messages.create(**asked)
    with client.messages.stream(**asked) as stream:
        streamed = stream.get_final_message()
    for answer in (whole, streamed):
        assert [block.type for block in answer.content] == ["thinking", "text", "tool_use", "tool_use"]
        assert answer.content[0].signature and answer.content[1].text == "Grüezi 😀" and answer.content[3].input == {"city": "Zürich"}
    assert client.messages.count_tokens(model=model, messages=asked["messages"]).input_tokens > 0


# Rules

USER = {"role": "user", "parts": [{"text": "Hi"}]}
SIGNED = {"functionCall": {"name": "weather", "args": {}}, "thoughtSignature": "skip_thought_signature_validator"}
CALLED = {"role": "model", "parts": [SIGNED]}
HEARD = {"functionResponse": {"name": "weather", "response": {"output": "sun"}}}
RESULT = {"role": "user", "parts": [HEARD]}
UNSIGNED = {"role": "model", "parts": [{"functionCall": {"name": "weather", "args": {}}}]}


def declared(**schema):
    return {"tools": [{"functionDeclarations": [{"name": "weather", "parameters": {"type": "OBJECT", **schema}}]}]}


def described(**schema):
    return {"tools": [{"functionDeclarations": [{"name": "weather", "parametersJsonSchema": {"type": "object", **schema}}]}]}


def named(name):
    return {"tools": [{"functionDeclarations": [{"name": name}]}]}


def thinking(**config):
    return {"generationConfig": {"thinkingConfig": config}}


def send(upstream, body, model=MODEL, headers=None, method="generateContent"):
    with wire.Connection(("127.0.0.1", upstream.port)) as connection:
        headers = {"x-goog-api-key": upstream.key, "content-type": "application/json", **(headers or {})}
        connection.request("POST", f"/v1beta/models/{model}:{method}", headers, json.dumps(body).encode())
        return connection.answer()


@pytest.mark.parametrize("change", [
    {"contents": [USER, CALLED, RESULT]}, {"contents": [USER, CALLED, RESULT, CALLED, RESULT]}, {"contents": [USER, UNSIGNED, RESULT, USER]},
    declared(properties={"city": {"type": "STRING", "enum": ["a"], "nullable": True}}, required=["city"]),
    described(properties={"n": {"type": ["string", "null"]}}, additionalProperties=False), thinking(thinkingLevel="LOW", includeThoughts=True)])
def test_what_is_taken(gemini_upstream, change):
    assert send(gemini_upstream, {"contents": [USER], **change}).status == 200


@pytest.mark.parametrize("change, complaint", [
    ({"speed": "fast"}, 'Unknown name "speed"'),
    ({"system_instruction": {"parts": [{"text": "x"}]}}, 'Unknown name "system_instruction"'),
    ({"contents": [{**USER, "cache_control": {}}]}, 'Unknown name "cache_control"'), ({"contents": []}, "not specified"),
    ({"systemInstruction": {"parts": [{"text": "x-anthropic-billing-header: a"}]}}, "x-anthropic-billing-header"),
    ({"contents": [CALLED, RESULT]}, "begins with a user turn"), ({"contents": [{"parts": USER["parts"]}]}, "begins with a user"),
    ({"contents": [USER, {"role": "tool", "parts": [HEARD]}]}, "valid role"),
    ({"contents": [{"role": "user", "parts": []}]}, "must not be empty"),
    ({"contents": [{"role": "user", "parts": [{"text": ""}]}]}, "empty text"),
    ({"contents": [{"role": "user", "parts": [{"text": "a", "inlineData": {"mimeType": "image/png", "data": ""}}]}]}, "one initialized field"),
    ({"contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]}]}, "not image/png"),
    ({"contents": [USER, CALLED, USER]}, "number of function response parts"), ({"contents": [USER, RESULT]}, "immediately after"),
    ({"contents": [USER, CALLED, {"role": "user", "parts": [HEARD, HEARD]}]}, "number of function response parts"),
    ({"contents": [USER, CALLED]}, "has no function response"),
    ({"contents": [USER, UNSIGNED, RESULT]}, "missing a thought_signature"),
    ({"contents": [USER, CALLED, RESULT, UNSIGNED, RESULT]}, "missing a thought_signature"),
    ({"contents": [USER, {"role": "model", "parts": [{**SIGNED, "thoughtSignature": "Zm9v"}]}, RESULT]}, "Corrupted"),
    ({"contents": [USER, {"role": "model", "parts": [{**SIGNED, "thoughtSignature": "%"}]}, RESULT]}, "base64"),
    ({"contents": [USER, CALLED, {"role": "user", "parts": [{"functionResponse": {**HEARD["functionResponse"], "name": "x"}}]}]}, "answers no call"),
    ({"contents": [USER, CALLED, {"role": "user", "parts": [{"functionResponse": {**HEARD["functionResponse"], "id": "x"}}]}]}, "answers no call"),
    (named("9a"), "Invalid function name"), (named("a" * 129), "Invalid function name"),
    (declared(**{"$schema": "x"}), 'Unknown name "\\$schema"'),
    (declared(properties={"a": {"type": "STRING", "const": "x"}}), 'Unknown name "const"'),
    (declared(properties={"a": {"type": "string"}}), "Invalid value \\(Type\\)"), (declared(properties={}), "non-empty"),
    (declared(properties={"a": {"type": "NUMBER", "exclusiveMinimum": 0}}), "exclusiveMinimum"),
    (declared(properties={"a": {"type": "STRING"}}, required=["b"]), "not defined"),
    (declared(properties={"a": {"type": "STRING", "format": "uri"}}), "only 'enum' and 'date-time'"),
    (declared(properties={"a": {"type": ["STRING", "NULL"]}}), "Invalid value"),
    (described(allOf=[]), "unsupported keywords \\['allOf'\\]"),
    (thinking(thinkingBudget=1, thinkingLevel="LOW"), "only one of"), (thinking(thinkingLevel="HUGE"), "HUGE"),
    ({"generationConfig": {"stopSequences": list("abcdef")}}, "too many stop"),
    ({"generationConfig": {"maxOutputTokens": 0}}, "max_output_tokens"),
    ({"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}, "without function_declarations"),
    ({"labels": {"a": "b"}}, "labels"),
    ({**named("a"), "toolConfig": {"functionCallingConfig": {"mode": "AUTO", "allowedFunctionNames": ["a"]}}}, "needs the mode ANY")])
@pytest.mark.filterwarnings("ignore:HUGE")
def test_rules(gemini_upstream, change, complaint):
    answer = send(gemini_upstream, {"contents": [USER], **change})
    [violation] = gemini_upstream.forget_violations()
    assert answer.status == 400 and answer.json["error"]["status"] == "INVALID_ARGUMENT" and re.search(complaint, violation), violation


@pytest.mark.parametrize("model, change, complaint", [
    ("gemini-2.5-pro", thinking(thinkingLevel="LOW"), "not supported"),
    ("gemini-4-argon", thinking(thinkingBudget=1), "not supported"),
    ("gemini-4-argon", thinking(thinkingLevel="MINIMAL"), "not supported"), ("gemini-1.0", {}, "not found")])
def test_rules_of_models(gemini_upstream, model, change, complaint):
    assert send(gemini_upstream, {"contents": [USER], **change}, model).status >= 400
    assert complaint in gemini_upstream.forget_violations()[0]


def test_signatures_stay_where_they_were(gemini_upstream):
    gemini_upstream.answers(reply(Call("weather", {"city": "Bern"}, id=None)))
    part = send(gemini_upstream, {"contents": [USER]}).json["candidates"][0]["content"]["parts"][0]
    moved = {**part, "functionCall": {**part["functionCall"], "args": {"city": "Ulm"}}}
    assert send(gemini_upstream, {"contents": [USER, {"role": "model", "parts": [part]}, RESULT]}).status == 200
    assert send(gemini_upstream, {"contents": [USER, {"role": "model", "parts": [moved]}, RESULT]}).status == 400
    assert send(gemini_upstream, {"contents": [USER, {"role": "model", "parts": [part]}, RESULT]}, "gemini-4-argon").status == 400
    assert ["belongs to" in text or "was made by" in text for text in gemini_upstream.forget_violations()] == [True, True]


@pytest.mark.parametrize("headers, method, status", [
    ({"x-goog-api-key": "wrong"}, "generateContent", 400), ({"anthropic-version": "2023-06-01"}, "generateContent", 400),
    ({}, "streamGenerateContent", 400), ({}, "generateContent?key=k", 400),
    ({"authorization": "Bearer x"}, "generateContent", 401)])
def test_rules_of_http(gemini_upstream, headers, method, status):
    assert send(gemini_upstream, {"contents": [USER]}, headers=headers, method=method).status == status
    assert gemini_upstream.forget_violations()


@pytest.mark.parametrize("change, complaint", [
    ({"aud": "https://sts.googleapis.com/token"}, "audience"), ({"exp": 1}, "expired"), ({"iss": "x"}, "issuer"),
    ({"scope": "x"}, "scope"),
    ({"exp": int(time.time()) + 7200}, "longer than an hour"), (None, "signature")])
def test_rules_of_tokens(vertex_upstream, change, complaint):
    now = int(time.time())
    claims = {"iss": google_tokens.EMAIL, "scope": google_tokens.SCOPE, "aud": vertex_upstream.token_uri, "iat": now, "exp": now + 600}
    signer = crypt.RSASigner.from_string(vertex_upstream.account["private_key"], google_tokens.KEY_ID)
    assertion = jwt.encode(signer, {**claims, **(change or {})}).decode()
    if change is None:
        assertion = assertion[:-8] + "AAAAAAAA"
    with wire.Connection(("127.0.0.1", vertex_upstream.port)) as connection:
        body = f"grant_type={google_tokens.GRANT.replace(':', '%3A')}&assertion={assertion}".encode()
        connection.request("POST", "/token", {"content-type": "application/x-www-form-urlencoded"}, body)
        assert connection.answer().status == 400
    assert complaint in vertex_upstream.forget_violations()[0]


@pytest.mark.parametrize("change, complaint", [
    ({"model": "x"}, "model: Extra"), ({"anthropic_version": "2023-06-01"}, "anthropic_version"), ({"tags": []}, "tags"),
    ({"stream": True}, "contradict")])
def test_rules_of_claude_on_vertex(vertex_upstream, change, complaint):
    vertex_upstream.tokens.issued["t"] = time.monotonic() + 60
    body = {"anthropic_version": "vertex-2023-10-16", "max_tokens": 1, "messages": [{"role": "user", "content": "Hi"}], **change}
    with wire.Connection(("127.0.0.1", vertex_upstream.port)) as connection:
        target = "/v1/projects/acme-tests/locations/europe-west1/publishers/anthropic/models/claude-opus-5-5:rawPredict"
        connection.request("POST", target, {"authorization": "Bearer t", "content-type": "application/json"}, json.dumps(body).encode())
        assert connection.answer().status == 400
    assert complaint in vertex_upstream.forget_violations()[0]
