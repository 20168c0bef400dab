"""Credentials that have to be fetched: tokens of Google, Microsoft and AWS, that end, are revoked, or cannot be had."""

import datetime
import json
import urllib.parse

import pytest

from elsewhere import PROVIDERS
from rig.answers import Json, Whole
from rig.aws_signature import Verifier
from rig.bedrock_upstream import BedrockUpstream
from rig.gateway import prompt
from rig.openai_upstream import OpenAIUpstream
from rig.strict import checked


def ask(gateway, key, model, **more):
    return gateway.messages(key, prompt(**more) | {"model": f"up/{model}"})


def has_no_credential(gateway, sink, answer, *secrets):
    """500, not 401: the account is named, its secrets are not; a row that costs nothing, a span and a log line that say why."""
    assert answer.status == 500 and answer.error[0] == "api_error", answer.body
    assert "up" in answer.error[1].split() and "operator" in answer.error[1]
    request_id = answer.header("request-id")
    gateway.ledger.settle()
    (row,) = gateway.ledger.request(request_id)
    assert row["cost_nano_usd"] == 0 and not row["estimated"] and row["status"] == 500 and row["error_type"] == "api_error"
    assert sink.request_span(request_id).attributes["error.type"] == "api_error"
    said = json.dumps([answer.body.decode(), gateway.log])
    assert not [secret for secret in secrets if secret in said]
    gateway.logged("no credential")


# Google


@pytest.fixture
def vertex(make_gateway, vertex_upstream):
    gateway = make_gateway()
    gateway.config["providers"] = [{"name": "up", **PROVIDERS["vertex-gemini"].setting(vertex_upstream, gateway.folder)}]
    gateway.config["models"] = [{"name": "*", "target": "up/*"}]
    return gateway.start("--loops", "1")


@pytest.mark.parametrize("model", ["gemini-3.8-flash", "claude-opus-5-5"])
def test_a_token_that_was_revoked_is_fetched_anew(vertex, vertex_upstream, model):
    key = vertex.issue()
    assert ask(vertex, key, model).status == 200
    vertex_upstream.tokens.revoke()
    failed = ask(vertex, key, model)
    assert failed.status == 500 and failed.error[0] == "api_error" and failed.header("x-should-retry") != "false"
    assert ask(vertex, key, model).status == 200
    assert len(vertex_upstream.token_requests) == 2 and len(vertex_upstream.forget_violations()) == 1
    assert len(vertex.ledger.closed(3)) == 3


def test_where_every_token_is_refused_the_endpoint_is_not_asked_each_time(vertex, vertex_upstream):
    key = vertex.issue()
    vertex_upstream.tokens.good = lambda authorization: False
    assert [ask(vertex, key, "gemini-3.8-flash").status for _ in range(6)] == [500] * 6
    assert len(vertex_upstream.token_requests) <= 3
    vertex_upstream.forget_violations()


def test_a_token_is_fetched_before_it_ends(vertex, vertex_upstream):
    vertex_upstream.tokens.lifetime = 1
    key = vertex.issue()
    for _ in range(12):
        assert ask(vertex, key, "gemini-3.8-flash").status == 200
    assert 1 <= len(vertex_upstream.token_requests) <= 12


@pytest.mark.parametrize("answer", [
    Json({"error": "unavailable"}, 500), Json({"error": "invalid_grant", "error_description": "account 123456789012"}, 401), Whole(b"<html>"), Json({}),
    Json({"access_token": "t", "expires_in": 10**18, "token_type": "Bearer"}), Json({"access_token": "a\r\nx: y", "expires_in": 60, "token_type": "Bearer"}),
    Whole(b"", 302, headers={"location": "http://elsewhere.invalid"})], ids=["500", "401", "HTML", "empty", "for ever", "injected", "redirect"])
def test_a_token_endpoint_that_gives_none(vertex, vertex_upstream, sink, answer):
    vertex_upstream.other_paths["/token"] = answer
    key = vertex.issue()
    failed = ask(vertex, key, "gemini-3.8-flash", stream=True)
    has_no_credential(vertex, sink, failed, "PRIVATE KEY")
    assert "123456789012" not in failed.error[1]
    assert not vertex_upstream.calls
    counted = vertex.messages(key, {**prompt(), "model": "gemini-3.8-flash"}, target="/v1/messages/count_tokens")
    assert counted.status == 500 and counted.error[0] == "api_error"


# Microsoft


class Entra:
    """Microsoft's token endpoint."""

    def __init__(self, token, accepts="s3cret+/="):
        self.token, self.accepts, self.forms = token, accepts, []

    async def __call__(self, exchange):
        form = {name: values[0] for name, values in urllib.parse.parse_qs(exchange.request.body.decode(), strict_parsing=True).items()}
        self.forms.append(form)
        if form["client_secret"] != self.accepts:
            return await Json({"error": "invalid_client", "error_description": f"AADSTS7000215: secret {form['client_secret']}"}, 401)(exchange)
        await Json({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": self.token})(exchange)


@pytest.fixture
def azure():
    yield from checked(OpenAIUpstream(profile="azure", key="entra-token-77", models=["gpt-5.5"]))


@pytest.mark.parametrize("secret", ["s3cret+/=", "wrong-secret"])
def test_entra(make_gateway, azure, sink, secret):
    endpoint = azure.other_paths["/acme%20tenant/oauth2/v2.0/token"] = Entra(azure.key)
    gateway = make_gateway()
    entra = {"tenant_id": "acme tenant", "client_id": "c-1", "client_secret": secret, "authority": azure.url}
    gateway.config["providers"] = [{"name": "up", "kind": "azure", "base_url": azure.url + "/openai/v1", "entra": entra}]
    gateway.config["models"] = [{"name": "*", "target": "up/*"}]
    gateway.start("--loops", "1")
    answer = ask(gateway, gateway.issue(), "gpt-5.5")
    if secret == "wrong-secret":
        return has_no_credential(gateway, sink, answer, secret)
    assert answer.status == 200, answer.body
    assert azure.calls[0].header("authorization") == "Bearer entra-token-77" and azure.calls[0].header("api-key") is None
    assert endpoint.forms == [{"grant_type": "client_credentials", "client_id": "c-1", "client_secret": secret,
                               "scope": "https://cognitiveservices.azure.com/.default"}]


# AWS


class STS:
    """AssumeRoleWithWebIdentity."""

    def __init__(self, lives):
        self.lives, self.forms = lives, []

    async def __call__(self, exchange):
        form = {name: values[0] for name, values in urllib.parse.parse_qs(exchange.request.body.decode(), strict_parsing=True).items()}
        self.forms.append(form)
        if form["WebIdentityToken"] != "jwt.of.the.pod":
            text = "<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredTokenException</Code><Message>arn:aws:iam::1:x</Message></Error></ErrorResponse>"
            return await Whole(text.encode(), 400, "text/xml")(exchange)
        end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=self.lives)
        text = ("<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleWithWebIdentityResult><Credentials>"
                "<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role/secret&amp;</SecretAccessKey><SessionToken>the+session/token==</SessionToken>"
                f"<Expiration>{end:%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>")
        await Whole(text.encode(), 200, "text/xml")(exchange)


@pytest.mark.parametrize("token, lives", [("jwt.of.the.pod\n", 3600), ("expired", 3600), ("jwt.of.the.pod", -5)])
def test_web_identity(make_gateway, sink, bedrock_upstream, token, lives):
    other = bedrock_upstream
    other.verifier = Verifier("ASIAROLE", "role/secret&", "the+session/token==", other.region)
    endpoint = other.other_paths["/"] = STS(lives)
    gateway = make_gateway()
    (gateway.folder / "token").write_text(token)
    role = "arn:aws:iam::123456789012:role/gateway"
    gateway.config["providers"] = [{
        "name": "up", "kind": "bedrock", "base_url": other.url, "region": other.region,
        "aws": {"role_arn": role, "web_identity_token_file": str(gateway.folder / "token"), "sts_url": other.url}}]
    gateway.config["models"] = [{"name": "*", "target": "up/*"}]
    gateway.start("--loops", "1")
    answer = ask(gateway, gateway.issue(), "amazon.nova-pro-v1:0")
    assert endpoint.forms[0]["RoleArn"] == role and endpoint.forms[0]["Action"] == "AssumeRoleWithWebIdentity"
    if token.strip() != "jwt.of.the.pod" or lives < 0:
        assert answer.status == 500 and "123456789012" not in answer.body.decode()
        gateway.ledger.closed(1)
        return
    assert answer.status == 200, answer.body


@pytest.mark.parametrize("key, right", [("bedrock-api-key-abc", True), ("bedrock-api-key-xyz", False)])
def test_a_key_of_bedrock(make_gateway, key, right):
    for other in checked(BedrockUpstream(api_key="bedrock-api-key-abc")):
        gateway = make_gateway()
        gateway.config["providers"] = [{"name": "up", "kind": "bedrock", "base_url": other.url, "region": other.region, "api_key": key}]
        gateway.config["models"] = [{"name": "*", "target": "up/*"}]
        gateway.start("--loops", "1")
        for model in ("amazon.nova-pro-v1:0", "us.anthropic.claude-opus-5-5"):
            assert ask(gateway, gateway.issue(), model, stream=True).status == (200 if right else 500)
        assert bool(other.forget_violations()) != right
