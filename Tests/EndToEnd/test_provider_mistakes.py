"""`tollgate check` with each wrong or missing setting of a provider: the message names the setting, its line, and the cure."""

import json

import pytest

from rig.google_tokens import Tokens

GOOD = {
    "anthropic": "kind: anthropic\n    api_key: k-12345678",
    "openai": "kind: openai\n    api_key: k-12345678",
    "azure": "kind: azure\n    base_url: https://acme.openai.azure.com/openai/v1\n    api_key: k-12345678",
    "gemini": "kind: gemini\n    api_key: k-12345678",
    "vertex": "kind: vertex\n    region: global\n    project: acme\n    service_account: account.json",
    "bedrock": "kind: bedrock\n    region: us-east-1\n    aws: {access_key_id: a, secret_access_key: b}",
    "xai": "kind: xai\n    api_key: k-12345678",
    "openai-compatible": "kind: openai-compatible\n    base_url: http://127.0.0.1:8000/v1",
}


@pytest.fixture
def check(make_gateway):
    gateway = make_gateway()
    (gateway.folder / "account.json").write_text(json.dumps(Tokens("acme").account("https://oauth2.googleapis.com/token")))
    (gateway.folder / "other.json").write_text('{"type": "authorized_user", "refresh_token": "canary-rt"}')

    def run(provider, code=None, environment=()):
        gateway.environment |= dict(environment)
        gateway.file.write_text(f"providers:\n  - name: up\n    {provider}\nmodels:\n  - {{name: \"*\", target: \"up/*\"}}\n")
        done = gateway.run("check", code=None)
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.mark.parametrize("kind", GOOD)
def test_the_good_ones(check, kind):
    check(GOOD[kind], 0)


MISSING = {
    "openai": ("kind: openai", 2, ["api_key", "${API_KEY}"]), "xai": ("kind: xai", 2, ["api_key"]), "gemini": ("kind: gemini", 2, ["api_key"]),
    "azure's key": ("kind: azure\n    base_url: https://a.example/openai/v1", 2, ["api_key", "entra"]),
    "azure's place": ("kind: azure\n    api_key: k-12345678", 2, ["base_url", "https://RESOURCE"]),
    "a server's place": ("kind: openai-compatible", 2, ["base_url", "http://127.0.0.1:8000/v1"]),
    "bedrock's region": ("kind: bedrock\n    api_key: k-12345678", 2, ["region", "us-east-1"]),
    "vertex' region": ("kind: vertex\n    project: p\n    service_account: account.json", 2, ["region", "global"]),
    "vertex' project": ("kind: vertex\n    region: global\n    service_account: account.json", 2, ["project", "my-project"]),
    "a secret of AWS": ("kind: bedrock\n    region: us-east-1\n    aws: {access_key_id: a}", 5, ["secret_access_key", "AWS_SECRET_ACCESS_KEY"]),
    "an id of AWS": ("kind: bedrock\n    region: us-east-1\n    aws: {secret_access_key: a}", 5, ["access_key_id"]),
    "a role's token": ("kind: bedrock\n    region: us-east-1\n    aws: {role_arn: 'arn:aws:iam::123456789012:role/x'}", 5, ["web_identity_token_file"]),
    "a token's role": ("kind: bedrock\n    region: us-east-1\n    aws: {web_identity_token_file: account.json}", 5, ["role_arn"]),
    "a secret of Entra": ("kind: azure\n    base_url: https://a.example/openai/v1\n    entra: {tenant_id: t, client_id: c}", 5, ["client_secret", "AZURE_CLIENT_SECRET"]),
    "the kind": ("api_key: k-12345678", 2, ["kind"]),
    "a model's name": (GOOD["openai"] + "\n    models: [{base_model: gpt-5.5}]", 5, ["name"]),
}


@pytest.mark.parametrize("name", MISSING)
def test_what_is_missing(check, name):
    provider, line, words = MISSING[name]
    _, said = check(provider, 2)
    assert f"tollgate.yaml:{line}:" in said and not [word for word in words if word not in said], said


WRONG = {
    "fidelity: strict": ["fidelity", "reject"], "auth: basic": ["auth", "bearer"], "dialect: completions": ["dialect", "chat-completions"],
    "max_concurrent_requests: 0": ["max_concurrent_requests", "1"], "max_idle_connections: many": ["max_idle_connections"],
    "proxy: ftp://p:1": ["proxy", "http"], "proxy: 'http://user:canary-pw@:99999'": ["proxy"], "betas: {kept: [a]}": ["kept", "keep"],
    "models: [{name: 'a*b'}]": ["a*b", "*"], "models: [{name: a, max_output_tokens: 0}]": ["max_output_tokens"],
    "models: [{name: a, base_modl: b}]": ["base_modl", "base_model"], "timeouts: {idle: soon}": ["idle", "soon"], "timeouts: {idl: 3s}": ["idl", "idle"],
    "headers: {'a b': c}": ["a b"], "headers: {x-a: \"b\\nc\"}": ["x-a"], "headers: {content-length: '5'}": ["content-length"],
    "headers: {host: elsewhere}": ["host"], "headers: {Transfer-Encoding: chunked}": ["Transfer-Encoding", "leave it out"], "region: [a]": ["region"], "base_url: ftp://x": ["base_url"],
    "base_url: https://x/?a=b": ["base_url"], "service_account: account.json": ["service_account", "openai"],
    "aws: {access_key_id: a, secret_access_key: b}": ["aws", "openai"], "entra: {tenant_id: t, client_id: c, client_secret: s}": ["entra", "openai"],
    "project: p": ["project", "openai"], "api_version: 2025-01-01": ["api_version", "openai"], "apikey: x": ["apikey", "api_key"],
}


@pytest.mark.parametrize("setting", WRONG)
def test_what_is_wrong(check, setting):
    _, said = check(f"{GOOD['openai']}\n    {setting}", 2)
    assert "tollgate.yaml:5:" in said and not [word for word in WRONG[setting] if word not in said], said
    assert "canary-pw" not in said


@pytest.mark.parametrize("kind, setting, words", [
    ("bedrock", "region: us east", ["region"]), ("vertex", "api_key: k-12345678", ["api_key", "service account"]), ("gemini", "dialect: responses", ["dialect", "gemini"]),
    ("xai", "dialect: messages", ["dialect", "responses"]), ("azure", "region: [x]", ["region"]), ("bedrock", "dialect: messages", ["dialect"]),
    ("azure", "api_version: 'a&b'", ["api_version"]), ("vertex", "region: 'us/../x'", ["region"]),
    ("vertex", "project: 'a/b'", ["project"])])
def test_what_is_wrong_for_a_kind(check, kind, setting, words):
    key = setting.split(":")[0]
    lines = [line for line in GOOD[kind].split("\n") if not line.strip().startswith(f"{key}:")] + [f"    {setting}"]
    _, said = check("\n".join(lines), 2)
    assert f"tollgate.yaml:{2 + len(lines)}:" in said and not [word for word in words if word not in said], said


@pytest.mark.parametrize("kind, setting, words", [
    ("openai", "ca_file: missing.pem", ["missing.pem", "No such file"]), ("openai", "ca_file: account.json", ["account.json"]),
    ("vertex", "service_account: missing.json", ["service_account", "missing.json", "No such file"]),
    ("vertex", "service_account: other.json", ["service_account", "other.json", "authorized_user"]),
    ("bedrock", "aws: {role_arn: 'arn:aws:iam::123456789012:role/x', web_identity_token_file: missing}", ["web_identity_token_file", "missing", "No such file"])])
def test_files_that_cannot_be_used(check, kind, setting, words):
    key = setting.split(":")[0]
    lines = [line for line in GOOD[kind].split("\n") if not line.strip().startswith(f"{key}:")] + [f"    {setting}"]
    _, said = check("\n".join(lines), 2)
    assert "up: " in said and not [word for word in words if word not in said] and "canary-rt" not in said, said


@pytest.mark.parametrize("variables, words", [
    ({"AWS_ACCESS_KEY_ID": "canary-id"}, ["AWS_SECRET_ACCESS_KEY"]), ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, ["AWS_ROLE_ARN"]),
    ({"AWS_EC2_METADATA_DISABLED": "true"}, ["AWS_ACCESS_KEY_ID"]), ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://elsewhere.example/x"}, ["AWS_CONTAINER_CREDENTIALS_FULL_URI"])])
def test_variables_that_contradict_each_other(check, variables, words):
    _, said = check("kind: bedrock\n    region: us-east-1", 2, variables)
    assert "tollgate.yaml:2:" in said and not [word for word in words if word not in said] and "canary-id" not in said, said
