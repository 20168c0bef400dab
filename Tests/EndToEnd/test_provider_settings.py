"""What can be set of a provider, and that it has its effect."""

import json

import pytest

from elsewhere import PROVIDERS
from rig.answers import Message, error
from rig.certificates import Authority
from rig.gateway import prompt
from rig.openai_upstream import OpenAIUpstream
from rig.proxy import Proxy
from rig.replies import Usage, reply
from rig.strict import checked
from rig.waiting import eventually

WEATHER = {"name": "weather", "description": "The weather", "input_schema": {"type": "object", "properties": {}}}


@pytest.fixture
def start(make_gateway):
    def start(kind, other, loops=1, environment=(), **more):
        gateway = make_gateway()
        setting = PROVIDERS[kind].setting(other, gateway.folder) if isinstance(kind, str) else kind
        gateway.config["providers"] = [{"name": "up", **setting, **more}]
        gateway.config["models"] = [{"name": "*", "target": "up/*"}]
        gateway.environment |= dict(environment)
        gateway.start("--loops", str(loops))
        gateway.key = gateway.issue()
        return gateway

    return start


@pytest.fixture(params=["responses", "chat", "gemini", "bedrock-converse"])
def kind(request):
    return request.param


@pytest.fixture
def other(kind):
    yield from checked(PROVIDERS[kind].make())


def ask(gateway, model, headers=None, **more):
    return gateway.messages(gateway.key, prompt(**more) | {"model": model}, headers)


def test_reject_refuses_what_cannot_be_said(start, other, kind):
    model = PROVIDERS[kind].model
    gateway = start(kind, other, fidelity="reject")
    assert ask(gateway, model).status == 200
    name, lost = ("top_k", {"top_k": 5}) if kind != "gemini" else (
        "parallel", {"tools": [WEATHER], "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}})
    refused = ask(gateway, model, **lost)
    assert refused.status == 400 and refused.error[0] == "invalid_request_error", refused.body
    assert name in refused.error[1]
    assert len(other.calls) == 1 and len(gateway.ledger.closed(1)) == 1


def test_warn_tells_it_in_the_receipt(start, other, kind):
    gateway = start(kind, other)
    answer = ask(gateway, PROVIDERS[kind].model, {"x-tollgate-fidelity": "1"}, speed="fast", a_new_member={"x": [1]})
    assert answer.status == 200 and "dropped=" in answer.header("x-tollgate-fidelity")
    assert "speed" in answer.header("x-tollgate-fidelity")
    assert ask(gateway, PROVIDERS[kind].model).header("x-tollgate-fidelity") is None


def test_headers_go_with_every_request(start, other, kind):
    gateway = start(kind, other, headers={"x-team-route": "blue", "x-secret": "canary-55"})
    answer = ask(gateway, PROVIDERS[kind].model, {"x-team-route": "red"})
    call = other.calls[0]
    assert [value for name, value in call.headers if name.lower() == "x-team-route"] == ["blue"]
    assert call.header("x-secret") == "canary-55"
    assert "canary-55" not in str(answer.headers) + json.dumps(gateway.log)


@pytest.mark.parametrize("platform", ["vertex-claude", "bedrock-claude"])
def test_betas_are_kept_and_dropped(start, platform):
    for other in checked(PROVIDERS[platform].make()):
        gateway = start(platform, other, betas={"keep": ["my-own-*"], "drop": ["context-1m-*"]})
        betas = "my-own-thing-2030-01-01,context-1m-2025-08-07,never-heard-of-2029-01-01"
        assert ask(gateway, PROVIDERS[platform].model, {"anthropic-beta": betas}).status == 200
        call = other.calls[0]
        sent = call.header("anthropic-beta") or ",".join(call.json.get("anthropic_beta", []))
        assert sent == "my-own-thing-2030-01-01"


def test_a_deployment_is_priced_and_treated_as_its_model(start):
    for other in checked(OpenAIUpstream(profile="azure", models=["gpt-5.5-team"])):
        gateway = start("azure", other, models=[{"name": "gpt-5.5-t*", "base_model": "gpt-5.5", "max_output_tokens": 500}])
        other.answers(reply("Hi.", usage=Usage(input=1001, cached=2003, output=407)))
        assert ask(gateway, "gpt-5.5-team", max_tokens=64000, thinking={"type": "adaptive"}, output_config={"effort": "high"}).status == 200
        sent = other.calls[0].json
        assert sent["model"] == "gpt-5.5-team" and sent["max_output_tokens"] == 500 and sent["reasoning"]["effort"] == "high"
        (row,) = gateway.ledger.closed(1)
        assert row["cost_nano_usd"] == 1001 * 5000 + 2003 * 500 + 407 * 30000 and not row["unpriced"]


def test_a_model_without_a_price_is_unpriced(start):
    for other in checked(OpenAIUpstream(profile="azure", models=["team-gpt"])):
        gateway = start("azure", other)
        assert ask(gateway, "team-gpt").status == 200
        (row,) = gateway.ledger.closed(1)
        assert row["unpriced"] and row["cost_nano_usd"] == 0 and row["output_tokens"] == 40


@pytest.mark.parametrize("dialect, path", [("responses", "/openai/responses"), ("chat-completions", "/openai/deployments/gpt%204.1/chat/completions")])
def test_azures_dated_paths(start, dialect, path):
    for other in checked(OpenAIUpstream(profile="azure", models=["gpt 4.1"])):
        other.path = lambda request: {"/openai/responses": "/v1/responses"}.get(request.path, "/v1/chat/completions")
        setting = {"kind": "azure", "base_url": other.url, "api_key": other.key, "dialect": dialect, "api_version": "2025-04-01-preview"}
        gateway = start(setting, other)
        assert ask(gateway, "gpt 4.1", stream=True).events[-1]["type"] == "message_stop"
        assert other.calls[0].target == f"{path}?api-version=2025-04-01-preview"


def test_a_compatible_server_that_speaks_messages(start, upstream, sink):
    setting = {"kind": "openai-compatible", "dialect": "messages", "base_url": upstream.url + "/v1", "api_key": "local-key-8"}
    gateway = start(setting, upstream)
    upstream.answers(Message(text="Locally."))
    answer = ask(gateway, "qwen", stream=True)
    assert answer.body == bytes(upstream.calls[0].sent)
    assert upstream.calls[0].header("authorization") == "Bearer local-key-8" and gateway.key.secret not in str(upstream.calls[0].headers)
    counted = gateway.messages(gateway.key, prompt() | {"model": "qwen"}, target="/v1/messages/count_tokens")
    assert counted.status == 200 and upstream.requests[-1].path == "/v1/messages/count_tokens"
    (row,) = gateway.ledger.closed(1)
    assert row["unpriced"] and row["input_tokens"] == 10
    upstream.answers(error(401, "authentication_error", "local-key-8 is wrong"), error(400, "invalid_request_error", "prompt is too long"))
    refused = ask(gateway, "qwen")
    assert refused.status == 500 and refused.error[0] == "api_error" and "local-key" not in refused.error[1]
    assert ask(gateway, "qwen").body == bytes(upstream.calls[-1].sent)


# Proxies


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def behind(authority):
    yield from checked(OpenAIUpstream(tls=authority.server(*authority.issue("provider", "DNS:provider.example"))))


def behind_setting(other, authority, **more):
    return {"kind": "openai", "base_url": f"https://provider.example:{other.port}/v1", "api_key": other.key, "ca_file": str(authority.certificate), **more}


@pytest.fixture
def make_proxy(behind):
    made = []

    def make(**more):
        made.append(Proxy(behind.port, **more).start())
        return made[-1]

    yield make
    for proxy in made:
        proxy.stop()


def test_a_proxy_of_the_setting(start, behind, authority, make_proxy):
    proxy = make_proxy()
    gateway = start(behind_setting(behind, authority, proxy=f"http://me:pass%20word@127.0.0.1:{proxy.port}"), behind)
    for stream in (False, True):
        assert ask(gateway, "gpt-5.5", stream=stream).status == 200
    assert set(proxy.connects) == {f"CONNECT provider.example:{behind.port} HTTP/1.1"}
    assert set(proxy.credentials) == {"me:pass word"}
    assert not any("proxy-" in name.lower() for name, _ in behind.calls[0].headers)
    assert "pass word" not in json.dumps(gateway.log)


@pytest.mark.parametrize("status", [407, 502])
def test_a_proxy_that_refuses(start, behind, authority, make_proxy, status):
    proxy = make_proxy(status=status)
    gateway = start(behind_setting(behind, authority, proxy=f"http://me:canary-pw@127.0.0.1:{proxy.port}"), behind)
    answer = ask(gateway, "gpt-5.5")
    assert answer.status == 529 and answer.error[0] == "overloaded_error" and "canary-pw" not in answer.body.decode()
    (row,) = gateway.ledger.closed(1)
    assert row["cost_nano_usd"] == 0 and row["error_type"] == "proxy_error"


@pytest.mark.parametrize("environment, setting, proxied", [
    ({"HTTPS_PROXY": "http://127.0.0.1:{port}"}, {}, True),
    ({"HTTPS_PROXY": "http://127.0.0.1:{port}", "NO_PROXY": "other.test,.example"}, {}, False),
    ({"HTTPS_PROXY": "http://127.0.0.1:{port}"}, {"proxy": "none"}, False)])
def test_proxies_of_the_environment(start, behind, authority, make_proxy, environment, setting, proxied):
    proxy = make_proxy()
    variables = {name: value.format(port=proxy.port) for name, value in environment.items()}
    gateway = start(behind_setting(behind, authority, **setting), behind, environment=variables)
    assert ask(gateway, "gpt-5.5").status == (200 if proxied else 529)
    assert bool(proxy.connects) == proxied


# Reload


def test_a_key_that_changes_while_streams_run(start, other, kind):
    gateway = start(kind, other, loops=2)
    model = PROVIDERS[kind].model
    gates = [other.gate() for _ in range(2)]
    other.answers(*[reply("word " * 40, size=5, gate=gate, gate_after=6) for gate in gates], reply("After."))
    connections = []
    for gate in gates:
        connections.append(gateway.connect())
        body = json.dumps(prompt(stream=True) | {"model": model}).encode()
        connections[-1].request("POST", "/v1/messages", {"authorization": f"Bearer {gateway.key.secret}", "content-type": "application/json"}, body)
        gate.wait()
    if kind == "bedrock-converse":
        gateway.config["providers"][0]["aws"]["secret_access_key"] = "secret/number+two"
        other.verifier.credentials.secret_key = "secret/number+two"
    else:
        gateway.config["providers"][0]["api_key"] = other.key = "key-number-two"
    gateway.reload()
    # Each loop changes over at its next turn, a moment after the log says so.
    eventually(lambda: ask(gateway, model).status == 200, "the new key is used")
    other.forget_violations()
    for gate, connection in zip(gates, connections):
        gate.open()
        assert connection.answer().events[-1]["type"] == "message_stop", "streams go on"
        connection.close()
    rows = [row for row in gateway.ledger.closed(3) if row["status"] == 200]
    assert len(rows) == 3 and not any(row["estimated"] for row in rows)
