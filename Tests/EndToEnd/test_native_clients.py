"""The clouds' official clients through the gateway, in the clouds' own forms: what they check of an answer, they find."""

import json

import anthropic
import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from elsewhere import PROVIDERS
from expectations import charged_exactly, one_attempt_each
from rig.replies import Call, Usage, reply

MODEL = "us.anthropic.claude-opus-5-5"
BODY = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 100, "messages": [{"role": "user", "content": "Hi."}]}
COUNTED = {"input_tokens": 900, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 100, "output_tokens": 33}


@pytest.fixture
def start(make_gateway):
    def start(kind, upstream):
        gateway = make_gateway()
        gateway.config["providers"] = [{"name": "up", **PROVIDERS[kind].setting(upstream, gateway.folder)}]
        gateway.config["models"] = [{"name": "claude-*", "target": "up/claude-*"}]
        return gateway.start("--loops", "2")

    return start


@pytest.fixture
def bedrock(start, bedrock_upstream):
    """A gateway, and botocore's client for it: unsigned, with the gateway's key as a bearer."""
    gateway = start("bedrock-claude", bedrock_upstream)
    key = gateway.issue()
    client = botocore.session.get_session().create_client(
        "bedrock-runtime", region_name="us-east-1", endpoint_url=f"{gateway.url}/bedrock",
        config=Config(signature_version=UNSIGNED, retries={"max_attempts": 0}))
    client.meta.events.register("before-send.bedrock-runtime.*", lambda request, **_: request.headers.__setitem__(
        "authorization", f"Bearer {key.secret}"))
    return gateway, client


def test_botocore_reads_the_event_stream(bedrock, bedrock_upstream):
    gateway, client = bedrock
    bedrock_upstream.answers(reply("Grüezi.", usage=Usage(input=900, cached=100, output=33), bytes=5))
    answer = client.invoke_model_with_response_stream(modelId=MODEL, body=json.dumps(BODY))
    events = [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]
    assert events[0]["type"] == "message_start" and events[-1]["type"] == "message_stop"
    assert "amazon-bedrock-invocationMetrics" in events[-1], "the stream is the provider's own, byte for byte"
    text = "".join(event["delta"]["text"] for event in events if event["type"] == "content_block_delta")
    assert text == "Grüezi."
    (row,) = one_attempt_each(gateway, bedrock_upstream, 1)
    charged_exactly(row, COUNTED)
    assert row["cost_nano_usd"] == 900 * 4400 + 100 * 220 + 33 * 22000


def test_botocore_reads_a_whole_answer(bedrock, bedrock_upstream):
    gateway, client = bedrock
    bedrock_upstream.answers(reply("Hello.", usage=Usage(input=900, cached=100, output=33)))
    answer = json.loads(client.invoke_model(modelId=MODEL, body=json.dumps(BODY))["body"].read())
    assert answer["content"][0]["text"] == "Hello."
    charged_exactly(one_attempt_each(gateway, bedrock_upstream, 1)[0], COUNTED)


def test_botocore_understands_the_providers_errors(bedrock, bedrock_upstream):
    from rig.bedrock_answers import failure
    _, client = bedrock
    bedrock_upstream.answers(failure("ThrottlingException", "Too many tokens."))
    with pytest.raises(client.exceptions.ThrottlingException):
        client.invoke_model(modelId=MODEL, body=json.dumps(BODY))


def test_anthropics_client_for_vertex(start, vertex_upstream):
    gateway = start("vertex-claude", vertex_upstream)
    client = anthropic.AnthropicVertex(
        region="us-east5", project_id="whatever", base_url=f"{gateway.url}/vertex_ai/v1", access_token=gateway.issue().secret,
        max_retries=0)
    tool = {"name": "look", "description": "Looks", "input_schema": {"type": "object", "properties": {}}}
    vertex_upstream.answers(reply(Call("look", {}), usage=Usage(input=900, cached=100, output=33)), reply("Seen."))
    ask = dict(model="claude-opus-5-5", max_tokens=100, tools=[tool], messages=[{"role": "user", "content": "Look."}])
    with client.messages.stream(**ask) as stream:
        assert stream.get_final_message().content[0].name == "look"
    assert client.messages.create(**ask).content[0].text == "Seen."
    rows = one_attempt_each(gateway, vertex_upstream, 2)
    charged_exactly(rows[0], COUNTED)
    assert client.messages.count_tokens(**{k: v for k, v in ask.items() if k != "max_tokens"}).input_tokens > 0


def test_a_wrong_key_and_a_wrong_path(bedrock):
    gateway, _ = bedrock
    path = f"/bedrock/model/{MODEL}/invoke"
    assert gateway.request("POST", path, {"content-type": "application/json"}, json.dumps(BODY).encode()).status == 401
    key = gateway.issue()
    assert gateway.messages(key, BODY, target=f"/bedrock/model/{MODEL}/converse").status == 404
    assert gateway.request("GET", path, {"authorization": f"Bearer {key.secret}"}).status == 405
    assert gateway.messages(key, b"{", target=path).status == 400
