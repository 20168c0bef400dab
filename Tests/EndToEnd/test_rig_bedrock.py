"""The stand-in for Bedrock is what it claims to be: botocore's client agrees with it, and every rule refuses what breaks it."""

import base64
import datetime
import json
import re

import botocore.session
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.eventstream import ChecksumMismatch, EventStreamBuffer
from botocore.exceptions import ClientError, EventStreamError

from rig import event_stream, wire
from rig.bedrock_answers import failure
from rig.bedrock_upstream import BedrockUpstream
from rig.replies import Call, Thought, Usage, reply
from rig.strict import checked

CLAUDE = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
PROFILE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123"
NOVA = "amazon.nova-pro-v1:0"
EVERYTHING = (Thought("Hm."), "Grüezi 😀", Call("weather", {"city": "Bern"}), Call("weather", {"city": "Zürich"}))
ASK = [{"role": "user", "content": [{"text": "Hi"}]}]
TOOLS = {"tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": {"type": "object"}}}}]}
BODY = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 16, "messages": [{"role": "user", "content": "hi"}]}
USAGE = Usage(input=7, cached=100, written=20, output=50)


def botocore_client(upstream, **options):
    keys = {"aws_access_key_id": upstream.access_key, "aws_secret_access_key": upstream.secret_key, "aws_session_token": upstream.token}
    config = Config(retries={"total_max_attempts": 1}, **options)
    return botocore.session.Session().create_client(
        "bedrock-runtime", region_name=upstream.region, endpoint_url=upstream.url, config=config, **keys)


@pytest.fixture
def client(bedrock_upstream):
    return botocore_client(bedrock_upstream)


def gathered(stream):
    """The blocks of a stream of Converse, and its last events."""
    blocks, others = {}, {}
    for event in stream:
        [(kind, value)] = event.items()
        if kind == "contentBlockStart":
            blocks[value["contentBlockIndex"]] = {**value["start"]["toolUse"], "input": ""}
        elif kind == "contentBlockDelta":
            block = blocks.setdefault(value["contentBlockIndex"], {})
            for name, piece in (value["delta"].get("toolUse") or value["delta"].get("reasoningContent") or value["delta"]).items():
                block[name] = block.get(name, "") + piece
        else:
            others[kind] = value
    return [blocks[place] for place in sorted(blocks)], others


# Answers


def test_converse(bedrock_upstream, client):
    bedrock_upstream.answers(reply(*EVERYTHING, usage=USAGE))
    answer = client.converse(modelId=NOVA, messages=ASK, toolConfig=TOOLS)
    reasoning, text, first, second = answer["output"]["message"]["content"]
    assert reasoning["reasoningContent"]["reasoningText"]["signature"] and text == {"text": "Grüezi 😀"}
    assert second["toolUse"]["input"] == {"city": "Zürich"} and answer["stopReason"] == "tool_use"
    assert answer["usage"] == {"inputTokens": 7, "outputTokens": 50, "totalTokens": 177, "cacheReadInputTokens": 100, "cacheWriteInputTokens": 20}


@pytest.mark.parametrize("cut", [0, 1, 13])
@pytest.mark.parametrize("interleaved", [False, True])
def test_converse_stream(bedrock_upstream, client, cut, interleaved):
    bedrock_upstream.answers(reply(*EVERYTHING, size=2, bytes=cut, interleaved=interleaved, usage=USAGE))
    blocks, others = gathered(client.converse_stream(modelId=PROFILE, messages=ASK, toolConfig=TOOLS)["stream"])
    assert blocks[0]["text"] == "Hm." and blocks[0]["signature"] and blocks[1]["text"] == "Grüezi 😀"
    assert [json.loads(block["input"])["city"] for block in blocks[2:]] == ["Bern", "Zürich"]
    assert others["messageStop"]["stopReason"] == "tool_use" and others["metadata"]["usage"]["cacheWriteInputTokens"] == 20
    assert bedrock_upstream.wait_until_over(bedrock_upstream.calls[0]) == "answered"
    assert bedrock_upstream.calls[0].usage == USAGE.anthropic


def test_a_tool_loop(bedrock_upstream, client):
    bedrock_upstream.answers(reply(Thought(redacted=True), *EVERYTHING), reply("Sunny."))
    said = client.converse(modelId=NOVA, messages=ASK, toolConfig=TOOLS)["output"]["message"]
    results = [{"toolResult": {"toolUseId": block["toolUse"]["toolUseId"], "content": [{"text": "sun"}]}} for block in said["content"] if "toolUse" in block]
    answer = client.converse(modelId=NOVA, messages=[*ASK, said, {"role": "user", "content": results}], toolConfig=TOOLS)
    assert answer["output"]["message"]["content"] == [{"text": "Sunny."}]


@pytest.mark.parametrize("stop, reason", [("length", "max_tokens"), ("filter", "content_filtered"),
("malformed_tool_use", "malformed_tool_use")])
def test_converse_that_ends_early(bedrock_upstream, client, stop, reason):
    bedrock_upstream.answers(reply("Hel", stop=stop, quirks=("no_metadata",)))
    _, others = gathered(client.converse_stream(modelId=NOVA, messages=ASK)["stream"])
    assert others["messageStop"]["stopReason"] == reason and "metadata" not in others


@pytest.mark.parametrize("fail, raised, said", [
    ("throttlingException", EventStreamError, "throttlingException"),
    ("error:InternalFailure", EventStreamError, "InternalFailure"),
    ("crc", ChecksumMismatch, "Checksum mismatch"), ("cut", Exception, None)])
def test_converse_that_breaks(bedrock_upstream, client, fail, raised, said):
    bedrock_upstream.answers(reply("word " * 20, fail=fail))
    with pytest.raises(raised, match=said):
        gathered(client.converse_stream(modelId=NOVA, messages=ASK)["stream"])
    assert bedrock_upstream.calls[0].usage is None


@pytest.mark.parametrize("cut", [0, 1])
@pytest.mark.parametrize("model", [CLAUDE, PROFILE])
def test_invoke(bedrock_upstream, client, cut, model):
    bedrock_upstream.answers(reply(*EVERYTHING, bytes=cut, usage=USAGE))
    sent = {"modelId": model, "body": json.dumps(BODY), "contentType": "application/json"}
    whole = json.loads(client.invoke_model(**sent)["body"].read())
    assert [block["type"] for block in whole["content"]] == ["thinking", "text", "tool_use", "tool_use"] and whole["usage"]["input_tokens"] == 7
    events = [json.loads(event["chunk"]["bytes"]) for event in client.invoke_model_with_response_stream(**sent)["body"]]
    assert "".join(event["delta"].get("text", "") for event in events if "delta" in event) == "Grüezi 😀"
    assert events[0]["type"] == "message_start" and events[-1]["amazon-bedrock-invocationMetrics"]["inputTokenCount"] == 7


def test_errors_and_counts(bedrock_upstream, client):
    bedrock_upstream.answers(failure("ServiceUnavailableException", "Too busy."))
    with pytest.raises(ClientError, match="ServiceUnavailableException.*Too busy"):
        client.converse(modelId=NOVA, messages=ASK)
    assert client.count_tokens(modelId=CLAUDE, input={"converse": {"messages": ASK}})["inputTokens"] > 0
    assert client.count_tokens(modelId=CLAUDE, input={"invokeModel": {"body": json.dumps(BODY)}})["inputTokens"] > 0


def test_the_frame_that_the_documentation_of_the_wire_shows():
    expected = ("000000860000004bba8a02430b3a6576656e742d747970650700056368756e6b0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a73"
                "6f6e0d3a6d6573736167652d747970650700056576656e747b226279746573223a2265794a306558426c496a6f6963476c755a794a39222c2270223a2261"
                "626364227ddc9d8443")
    headers = {":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}
    frame = event_stream.encode(headers, b'{"bytes":"eyJ0eXBlIjoicGluZyJ9","p":"abcd"}')
    assert frame.hex() == expected
    buffer = EventStreamBuffer()
    for byte in frame + event_stream.exception("throttlingException", "Slow down."):
        buffer.add_data(bytes([byte]))
    first, second = buffer
    assert first.headers == headers and second.headers[":exception-type"] == "throttlingException"


def test_temporary_keys_and_api_keys():
    for upstream in checked(BedrockUpstream(token="session-token")):
        assert botocore_client(upstream).converse(modelId=NOVA, messages=ASK)["stopReason"] == "end_turn"
        upstream.token = None
        with pytest.raises(ClientError, match="security token"):
            botocore_client(upstream).converse(modelId=NOVA, messages=ASK)
        assert "security token" in upstream.forget_violations()[0]
    for upstream in checked(BedrockUpstream(api_key="bedrock-api-key-1")):
        for bearer, status in (("bedrock-api-key-1", 200), ("wrong", 403)):
            with wire.Connection(("127.0.0.1", upstream.port)) as connection:
                headers = {"authorization": f"Bearer {bearer}", "content-type": "application/json"}
                connection.request("POST", f"/model/{CLAUDE}/invoke", headers, json.dumps(BODY).encode())
                assert connection.answer().status == status
        assert "API key is not valid" in upstream.forget_violations()[0]


# Rules


def send(upstream, model, operation, body, age=0, headers=(), **changes):
    """A request signed by botocore, with a clock that is wrong by `age` seconds, and what was changed after signing."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    target = f"/model/{model.replace(':', '%3A').replace('/', '%2F')}/{operation}"
    request = AWSRequest(method="POST", url=upstream.url + target, data=data, headers={"content-type": "application/json", **dict(headers)})
    signer = SigV4Auth(Credentials(upstream.access_key, changes.pop("secret", upstream.secret_key), upstream.token), "bedrock",
                       changes.pop("region", upstream.region))
    stamp = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=age)
    request.context["timestamp"] = stamp.strftime("%Y%m%dT%H%M%SZ")
    signer._modify_request_before_signing(request)
    signer._inject_signature_to_request(request, signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request))
    fields = {**dict(request.headers.items()), "host": upstream.url.removeprefix("http://"), **changes.pop("headers_after", {})}
    with wire.Connection(("127.0.0.1", upstream.port)) as connection:
        connection.request("POST", changes.pop("target_after", target), fields, changes.pop("body_after", data))
        return connection.answer()


@pytest.mark.parametrize("change, complaint", [
    ({"secret": "wrong"}, "does not match"), ({"body_after": json.dumps({**BODY, "max_tokens": 17}).encode()}, "does not match"),
    ({"target_after": f"/model/{CLAUDE}/invoke"}, "does not match"),
    ({"headers_after": {"content-type": "text/plain"}}, "does not match"),
    ({"age": 400}, "Signature expired"), ({"age": -400}, "Signature expired"),
    ({"region": "eu-west-1"}, "scoped to a valid region"),
    ({"headers_after": {"x-amz-bedrock-trace": "on"}}, "must be a 'SignedHeader'"),
    ({"headers_after": {"X-Amz-Security-Token": "t"}}, "SignedHeader"),
    ({"headers_after": {"Authorization": "Bearer x"}}, "requires 'Credential'"),
    ({"headers_after": {"anthropic-beta": "b"}}, "does not belong here")])
def test_rules_of_signatures(bedrock_upstream, change, complaint):
    answer = send(bedrock_upstream, CLAUDE, "invoke", BODY, **change)
    assert answer.status in (400, 403) and answer.header("x-amzn-errortype")
    assert complaint in bedrock_upstream.forget_violations()[0]


def test_signatures_that_are_good(bedrock_upstream):
    assert send(bedrock_upstream, PROFILE, "invoke", BODY, age=200).status == 200
    assert send(bedrock_upstream, CLAUDE, "invoke", BODY, headers={"accept": "application/json"}).status == 200


@pytest.mark.parametrize("change, complaint", [
    ({"model": "x"}, "model: Extra"), ({"stream": True}, "stream: Extra"), ({"tags": {}}, "tags: Extra"),
    ({"anthropic_beta": "b"}, "valid list"),
    ({"anthropic_version": "2023-06-01"}, "anthropic_version"), ({"max_tokens": None}, "max_tokens"),
    ({"messages": []}, "messages")])
def test_rules_of_invoke(bedrock_upstream, change, complaint):
    assert send(bedrock_upstream, CLAUDE, "invoke", {**BODY, **change}).status == 400
    assert complaint in bedrock_upstream.forget_violations()[0]


def turn(role, *content):
    return {"role": role, "content": list(content)}


TEXT, USER = {"text": "Hi"}, {"role": "user", "content": [{"text": "Hi"}]}
CALL = {"toolUse": {"toolUseId": "t1", "name": "weather", "input": {}}}
RESULT = {"toolResult": {"toolUseId": "t1", "content": [{"text": "sun"}]}}
CALLED = [USER, turn("assistant", CALL)]


def tool(**change):
    return {"toolConfig": {"tools": [{"toolSpec": {**TOOLS["tools"][0]["toolSpec"], **change}}]}}


@pytest.mark.parametrize("change, complaint", [
    ({"speed": "fast"}, 'Unknown parameter in input: "speed"'), ({"messages": [{**USER, "cache_control": {}}]}, "cache_control"),
    ({"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]}, 'Unknown parameter in .messages\\[0\\].content\\[0\\]: "type"'),
    ({"messages": [{"role": "user", "content": [{"text": "Hi", "image": {}}]}]}, "Can only set one|Missing required"),
    ({"messages": []}, "messages is empty"),
    ({"messages": [{"role": "tool", "content": [TEXT]}]}, "satisfy enum"), ({"messages": [turn("user", {"text": " "})]}, "blank"),
    ({"messages": [turn("assistant", TEXT), USER]}, "start with a user"), ({"messages": [USER, USER]}, "must alternate"),
    ({"messages": [*CALLED, turn("user", RESULT)]}, "toolConfig field must be defined"),
    ({"messages": CALLED, "toolConfig": TOOLS}, "Expected toolResult"),
    ({"messages": [*CALLED, USER], "toolConfig": TOOLS}, "Expected toolResult"),
    ({"messages": [turn("user", RESULT)], "toolConfig": TOOLS}, "Expected toolResult"),
    ({"messages": [*CALLED, turn("user", RESULT, RESULT)], "toolConfig": TOOLS}, "Expected toolResult"),
    ({"messages": [*CALLED, turn("user", TEXT, RESULT)], "toolConfig": TOOLS}, "come first"),
    ({"messages": [USER, turn("assistant", CALL, TEXT), turn("user", RESULT)], "toolConfig": TOOLS}, "before toolUse"),
    ({"messages": [*CALLED, turn("user", {"toolResult": {"toolUseId": "t1", "content": [], "status": "error"}})], "toolConfig": TOOLS}, "must not be empty"),
    ({"messages": [USER, turn("assistant", {"toolUse": {**CALL["toolUse"], "toolUseId": "a/b"}}), turn("user", RESULT)]}, "pattern"),
    ({"messages": [USER, turn("assistant", {"reasoningContent": {"reasoningText": {"text": "x", "signature": "y"}}}), USER]}, "made by None"),
    ({"messages": [turn("user", TEXT, {"image": {"format": "png", "source": {"bytes": "AAAA"}}})]}, "not png"),
    ({"messages": [turn("user", TEXT, {"image": {"format": "png", "source": {"bytes": "%"}}})]}, "not base64"),
    ({"messages": [turn("user", TEXT, {"document": {"name": "a.b", "format": "pdf", "source": {"bytes": "AAAA"}}})]}, "not allowed"),
    ({"system": [{"text": "x-anthropic-billing-header: a"}]}, "x-anthropic-billing-header"),
    ({"system": [{"text": ""}]}, "blank|valid min length"),
    (tool(name="a.b"), "pattern"), (tool(name="a" * 65), "too long"), (tool(description=""), "min length"),
    (tool(inputSchema={"json": {}}), "type object"),
    ({"toolConfig": {**TOOLS, "toolChoice": {"none": {}}}}, 'Unknown parameter in .toolConfig.toolChoice: "none"'),
    ({"toolConfig": {**TOOLS, "toolChoice": {"tool": {"name": "x"}}}}, "not in tools"),
    ({"toolConfig": {"tools": []}}, "min length"),
    ({"inferenceConfig": {"temperature": 1.5}}, "too large"), ({"inferenceConfig": {"maxTokens": 0}}, "min value")])
def test_rules_of_converse(bedrock_upstream, change, complaint):
    answer = send(bedrock_upstream, NOVA, "converse", {"messages": ASK, **change})
    [violation] = bedrock_upstream.forget_violations()
    assert answer.status == 400 and "message" in answer.json and re.search(complaint, violation), violation


def test_rules_of_models_and_counts(bedrock_upstream):
    assert send(bedrock_upstream, "x.unknown", "converse", {"messages": ASK}).status == 400
    assert send(bedrock_upstream, NOVA, "invoke", BODY).status == 400
    data = base64.b64encode(json.dumps({**BODY, "model": "x"}).encode()).decode()
    assert send(bedrock_upstream, CLAUDE, "count-tokens", {"input": {"invokeModel": {"body": data}}}).status == 400
    assert len(bedrock_upstream.forget_violations()) == 3
