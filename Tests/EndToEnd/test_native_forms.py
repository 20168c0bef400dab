"""Bedrock's and Vertex' own forms, rightly and wrongly used."""

import json

import pytest

from everywhere import PRIVATE, Everywhere
from rig.answers import Json
from rig.bedrock_answers import failure
from rig.replies import Usage, reply

BEDROCK, VERTEX = "us.anthropic.claude-opus-5-5", "claude-opus-5-5"
PROJECT = "/vertex_ai/v1/projects/anybodys/locations/anywhere/publishers/anthropic/models"
BODIES = {"bedrock-claude": {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]},
          "vertex-claude": {"anthropic_version": "vertex-2023-10-16", "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]}}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    found = Everywhere(tmp_path_factory.mktemp("native"), ["responses", "bedrock-converse", "bedrock-claude", "vertex-claude"])
    yield found
    found.stop()


@pytest.fixture(params=["bedrock-claude", "vertex-claude"])
def kind(request):
    return request.param


def target(kind, model=None, stream=False):
    if kind == "bedrock-claude":
        return f"/bedrock/model/{model or BEDROCK}/invoke" + ("-with-response-stream" if stream else "")
    return f"{PROJECT}/{model or VERTEX}:" + ("streamRawPredict" if stream else "rawPredict")


def post(world, path, body, method="POST", **headers):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"authorization": f"Bearer {world.key.secret}", "content-type": "application/json"} | headers
    return world.gateway.request(method, path, fields, data)


def other(world, kind):
    """The first Bedrock account is the one of Converse; a native request goes to it unless its model is routed."""
    return world.others["bedrock-converse" if kind == "bedrock-claude" else kind]


@pytest.mark.parametrize("stream", [False, True])
def test_a_good_request(world, kind, stream):
    server = other(world, kind)
    server.answers(reply("Natively.", usage=Usage(input=700, cached=300, output=20)))
    answer = post(world, target(kind, stream=stream), BODIES[kind] | ({"stream": True} if stream and "vertex" in kind else {}))
    assert answer.status == 200 and answer.body == bytes(server.calls[-1].sent)
    request_id = answer.header("request-id")
    world.gateway.ledger.settle()
    (row,) = world.gateway.ledger.request(request_id)
    assert (row["input_tokens"], row["cache_read_tokens"], row["output_tokens"]) == (700, 300, 20) and not row["estimated"]
    assert row["streamed"] == stream and row["cost_nano_usd"] > 0
    assert not any("projects/anybodys" in call.path for call in server.calls), "project and place are the account's"


def refused(world, answer, status):
    assert answer.status == status, (answer.status, answer.body)
    assert answer.error[1] and (status == 401 or not PRIVATE.search(answer.body.decode()))
    assert not world.gateway.ledger.request(answer.header("request-id"))
    world.sink.request_span(answer.header("request-id"))


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_wrong_methods(world, kind, method):
    answer = post(world, target(kind), b"", method)
    refused(world, answer, 405)
    assert answer.header("allow") == "POST"


@pytest.mark.parametrize("path", [
    "/bedrock/model//invoke", f"/bedrock/model/{BEDROCK}/converse", f"/bedrock/model/{BEDROCK}/", f"/bedrock/model/{BEDROCK}/invoke/x", "/bedrock/model/x",
    "/bedrock/foundation-models", f"{PROJECT}/{VERTEX}:predict", f"{PROJECT}/{VERTEX}", f"{PROJECT}/:rawPredict", f"{PROJECT}/{VERTEX}:rawPredict:x",
    "/vertex_ai/v1/projects/p/locations/l/publishers/google/models/gemini-3.8-flash:generateContent"])
def test_wrong_paths(world, path):
    refused(world, post(world, path, BODIES["vertex-claude"]), 404)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"7", b'{"a": 1} x', b"\xff\xfe"])
def test_wrong_bodies(world, kind, body):
    refused(world, post(world, target(kind), body), 400)


def test_no_key(world, kind):
    answer = world.gateway.request("POST", target(kind), {"content-type": "application/json"}, json.dumps(BODIES[kind]).encode())
    refused(world, answer, 401)


@pytest.mark.parametrize("model", ["amazon.nova-pro-v1:0", "gpt-5.5", "..%2F..%2Fadmin", "a%20b", "%00", "%ff", "x" * 3000])
def test_models_that_are_no_claude(world, kind, model):
    answer = post(world, target(kind, model), BODIES[kind])
    assert answer.status in (400, 404), (answer.status, answer.body)
    for server in world.others.values():
        for call in server.calls:
            assert "/admin" not in call.target and "%00" not in call.target or model not in ("..%2F..%2Fadmin",)
        server.forget_violations()


def test_a_model_of_another_account_does_not_leave_its_kind(world, kind):
    """A name that is routed to OpenAI is taken as a name of the form's own platform."""
    before = len(world.others["responses"].calls)
    answer = post(world, target(kind, "responses!"), BODIES[kind])
    assert answer.status in (400, 404) and len(world.others["responses"].calls) == before
    other(world, kind).forget_violations()


@pytest.mark.parametrize("stream", [False, True])
def test_the_gateways_own_key_is_not_the_clients_matter(world, kind, stream):
    text = "User: arn:aws:iam::123456789012:user/gateway is not authorized; org-AcMe12"
    error = failure("AccessDeniedException", text) if kind == "bedrock-claude" else Json({"error": {"code": 401, "status": "UNAUTHENTICATED", "message": text}}, 401)
    other(world, kind).answers(error)
    answer = post(world, target(kind, stream=stream), BODIES[kind] | ({"stream": True} if stream and "vertex" in kind else {}))
    assert answer.status not in (401, 403), answer.status
    assert not PRIVATE.search(answer.body.decode()), answer.body


def test_counting(world, kind):
    if kind == "bedrock-claude":
        inner = json.dumps(BODIES[kind]).encode()
        import base64
        body = {"input": {"invokeModel": {"body": base64.b64encode(inner).decode()}}}
        answer = post(world, f"/bedrock/model/{BEDROCK}/count-tokens", body)
        assert answer.status == 200 and answer.json["inputTokens"] > 0, answer.body
    else:
        body = {name: value for name, value in BODIES[kind].items() if name != "max_tokens"} | {"model": VERTEX}
        answer = post(world, f"{PROJECT}/count-tokens:rawPredict", body)
        assert answer.status == 200 and answer.json["input_tokens"] > 0, answer.body
        assert post(world, f"{PROJECT}/count-tokens:rawPredict", {"messages": []}).status == 400
