"""Providers, and proxies before them, that write into their errors what they were sent: none of it goes any further."""

import gzip
import json

import pytest

from elsewhere import PROVIDERS
from everywhere import Said, sse
from rig.answers import Json, Whole
from rig.bedrock_upstream import BedrockUpstream
from rig.canaries import Canaries
from rig.event_stream import exception
from rig.gateway import UPSTREAM_KEY, prompt
from rig.google_tokens import keys as service_account
from rig.openai_upstream import OpenAIUpstream
from rig.upstream import Upstream
from test_provider_credentials import Entra

OAUTH = "sk-ant-oat01-personal-canary-93bd-4e1f"
FIELD = "gateway-field-canary-2c7e-91aa"
ENTRA = "s3cret+/=entra-client-canary-66"
ENTRA_TOKEN = "eyJ0eXAiOiJKV1Qi.entra-access-canary.signature-5d1e"
SESSION = "aws+session/token==canary/8812/9f"
CODES = (400, 401, 403, 404, 408, 429, 500, 502, 503, 529)


def sent(exchange):
    """All of the head that says who asks."""
    quiet = ("host", "content-type", "content-length", "accept", "accept-encoding", "user-agent", "traceparent", "anthropic-version")
    return [f"{name}: {value}" for name, value in exchange.request.headers if name.lower() not in quiet]


class Echo:
    """An error that repeats the head of the request, in the way that is named."""

    def __init__(self, status, how):
        self.status, self.how = status, how

    async def __call__(self, exchange):
        said = "; ".join(sent(exchange))
        short = said.split(": ", 1)[-1].removeprefix("Bearer ")
        message = f"Incorrect API key provided: {said}. You can find it at https://example.invalid."
        error = {"type": "error", "error": {"type": "authentication_error", "message": message, "code": "invalid_api_key"}}
        data = json.dumps(error).encode()
        match self.how:
            case "json":
                await Whole(data, self.status)(exchange)
            case "code":
                await Json({"type": "error", "error": {"type": short, "code": short, "status": short, "message": short}}, self.status)(exchange)
            case "text":
                await Whole(said.encode(), self.status, "text/plain")(exchange)
            case "page":
                await Whole(b"<html><pre>" + b"-" * 40_000 + said.encode() + b"</pre></html>", self.status, "text/html")(exchange)
            case "pieces":
                await exchange.head(self.status, {"content-type": "application/json"})
                for piece in range(0, len(data), 11):
                    await exchange.body(data[piece:piece + 11])
                await exchange.end()
            case "gzip":
                await Whole(gzip.compress(data), self.status, headers={"content-encoding": "gzip"})(exchange)
            case "headers":
                safe = said.encode("ascii", "replace").decode()
                fields = {name: safe for name in ("www-authenticate", "x-debug", "request-id", "x-request-id", "x-amzn-requestid",
                                                  "x-amzn-errortype", "location", "retry-after")}
                await Whole(data, self.status, headers=fields)(exchange)
            case "events":
                await Said(b"event: error\ndata: " + data + b"\n\n")(exchange)
            case "late events":
                event = b"event: error\ndata: " + data + b"\n\n"
                begin = {"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [],
                                                              "stop_reason": None, "usage": {"input_tokens": 3, "output_tokens": 1}}}
                block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "Well"}}
                both = b"event: message_start\n" + sse(begin) + b"event: content_block_start\n" + sse(block)
                await Said(both + event[:70], event[70:])(exchange)
            case "chat events":
                begin = {"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [{"index": 0, "delta": {"content": "Well"}}]}
                await Said(sse(begin), sse({"error": {"message": message, "code": "invalid_api_key"}}))(exchange)
            case "response events":
                await Said(sse({"type": "response.failed", "response": {"id": "r", "status": "failed", "error": {"code": "x", "message": message}}}))(exchange)
            case "frames":
                await Said(exception("internalServerException", message), content_type="application/vnd.amazon.eventstream")(exchange)


ERRORS = [Echo(status, how) for status in CODES for how in ("json", "text")]
ERRORS += [Echo(status, how) for status in (400, 401, 429, 500) for how in ("code", "page", "pieces", "gzip", "headers")]
ERRORS += [Echo(200, how) for how in ("json", "text", "events", "late events")]
DIALECTS = {"chat": "chat events", "compatible": "chat events", "responses": "response events", "bedrock-converse": "frames"}


class Case:
    """A provider that echoes: how it is set up, what it is sent, and the secrets in that."""

    def __init__(self, folder, upstream, setting, model, headers=None, native=None, **secrets):
        self.folder, self.upstream, self.setting, self.model = folder, upstream, setting, model
        self.headers, self.native, self.secrets = headers, native, secrets


def plain(folder):
    return Case(folder, Upstream().start(), {"kind": "anthropic", "api_key": UPSTREAM_KEY, "headers": {"x-team-gate": FIELD}},
                "claude-sonnet-5-5", key=UPSTREAM_KEY, field=FIELD)


def login(folder):
    """A subscription that passes through."""
    return Case(folder, Upstream().start(), {"kind": "anthropic"}, "claude-sonnet-5-5", headers={"authorization": f"Bearer {OAUTH}"}, oauth=OAUTH)


def entra(folder):
    upstream = OpenAIUpstream(profile="azure", key=ENTRA_TOKEN, models=["gpt-5.5"]).start()
    upstream.other_paths["/acme/oauth2/v2.0/token"] = Entra(upstream.key, accepts=ENTRA)
    entra = {"tenant_id": "acme", "client_id": "c-1", "client_secret": ENTRA, "authority": upstream.url}
    return Case(folder, upstream, {"kind": "azure", "base_url": upstream.url + "/openai/v1", "entra": entra}, "gpt-5.5", secret=ENTRA,
                token=ENTRA_TOKEN)


def temporary(folder):
    """Keys of AWS with a session's token."""
    upstream = BedrockUpstream(token=SESSION).start()
    return Case(folder, upstream, PROVIDERS["bedrock-converse"].setting(upstream, folder), "amazon.nova-pro-v1:0",
                id=upstream.access_key, secret=upstream.secret_key, session=SESSION)


def bearer(folder):
    upstream = BedrockUpstream(api_key="bedrock-api-key-canary-1f90").start()
    setting = {"kind": "bedrock", "base_url": upstream.url, "region": upstream.region, "api_key": upstream.api_key}
    return Case(folder, upstream, setting, "us.anthropic.claude-opus-5-5", key=upstream.api_key)


def elsewhere(kind):
    def case(folder):
        provider = PROVIDERS[kind]
        upstream = provider.make().start()
        secrets = {name: value for name in ("key", "access_key", "secret_key") if (value := getattr(upstream, name, None))}
        if kind.startswith("vertex"):
            secrets = {"private key": service_account()[0].splitlines()[3], "private key's end": service_account()[0].splitlines()[-3],
                       "token": "ya29.stand-in-0001"}
        return Case(folder, upstream, provider.setting(upstream, folder), provider.model, **secrets)
    return case


CASES = {"anthropic": plain, "subscription": login, "entra": entra, "aws session": temporary, "bedrock key": bearer,
         **{kind: elsewhere(kind) for kind in PROVIDERS}}


@pytest.mark.parametrize("moves_on", [False, True], ids=["alone", "fallback"])
@pytest.mark.parametrize("name", CASES)
def test_what_it_was_sent_does_not_come_back(make_gateway, sink, name, moves_on):
    gateway = make_gateway()
    case = CASES[name](gateway.folder)
    try:
        gateway.config["providers"] = [{"name": "up", "base_url": case.upstream.url, **case.setting}]
        target = {"target": f"up/{case.model}", "fallback_status_codes": list(CODES)}
        targets = [{**target, "priority": 0}, {**target, "priority": 1, "headers_override": {"set": {"x-try": "again"}}}]
        routing = {"type": "priority-based-routing", "load_balance_targets": targets, "circuit_breaker": {"failures": 1000}}
        gateway.config["models"] = [{"name": "both", "routing_config": routing},
                                    {"name": "*", "target": "up/*"}]
        gateway.config["logs"]["level"] = "debug"
        gateway.config["telemetry"]["logs"] = {"access": "all", "process": "debug"}
        gateway.config["content_capture"] = [{"id": "all"}]
        gateway.start("--loops", "1")
        canaries = talk(gateway, case, ERRORS + [Echo(200, DIALECTS.get(name, "json"))], "both" if moves_on else case.model)
    finally:
        case.upstream.stop()
    gateway.stop()
    canaries.hear_sink(sink)
    canaries.hear_gateway(gateway, gateway.folder / "account.json")
    canaries.assert_silent()
    assert case.upstream.requests and sink.spans


def talk(gateway, case, errors, model):
    """Every error, streamed and not, and of counting."""
    key = gateway.issue()
    canaries = Canaries(**case.secrets, tollgate=key.secret)
    headers = {"x-tollgate-api-key": key.secret, **case.headers} if case.headers else {"x-api-key": key.secret}
    statuses = set()
    for stream in (False, True):
        for answer in errors:
            case.upstream.answers(answer)
            said = gateway.messages(None, prompt(stream=stream, model=model), headers)
            canaries.hear_answer(f"{answer.status} {answer.how}", said)
            statuses.add(said.status)
    for path in [request.path for request in case.upstream.requests]:
        case.upstream.other_paths.setdefault(path, Echo(429, "json"))
    for answer in ERRORS[:4]:
        counted = gateway.messages(None, prompt(model=model), headers, target="/v1/messages/count_tokens")
        canaries.hear_answer("count", counted)
    assert len(statuses) > 3, statuses
    return canaries
