"""A canary credential of each kind through every feature and error path, and then the search: logs, spans, files, answers."""

import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

from governed import CHEAP
from rig.answers import Message, Raw, error
from rig.canaries import Canaries
from rig.certificates import Authority
from rig.gateway import UPSTREAM_KEY, Key, binary, prompt
from rig.grpc_sink import Fault, GRPCSink
from rig.proxy import Proxy
from rig.tokens import AUDIENCE, ISSUER, IdentityProvider, SigningKey
from rig.unreliable import UnreliableSink
from rig.upstream import Hang, Stall, refusing_port
from rig.waiting import eventually
from rig.webhook import Webhook
from test_client_telemetry import export

LOGIN = "sk-ant-oat01-login-canary-93bd-4e1f"
UNKNOWN = "tgk_unknown-canary-51ac-0b1d"
BOOTSTRAP = "bootstrap-canary-08f2-77aa"
SCRAPE = "scrape-token-canary-6612-9c"
HOOK, HOOK_FIELD = "T0CANARY01/B0CANARY02/hook-path-canary-cc", "hook-field-canary-7a-31f0"
COLLECTOR = "collector-header-canary-15-fe20"
PROXY = "proxy-password-canary-3d91"
KEYS_QUERY = "jwks-query-canary-8e-447b"
ENVIRONMENT = "bystander-variable-canary-6f0c"
EVERYWHERE = ("authorization", "x-api-key", "x-tollgate-api-key", "api-key", "x-goog-api-key", "cookie", "proxy-authorization",
              "x-amz-security-token", "x-auth-token", "x-tollgate-metadata", "x-tollgate-logging-config", "baggage")


# What clients bring


def test_credentials_of_clients(make_gateway, upstream, sink):
    signing = SigningKey("ES256", "k-1")
    provider = IdentityProvider(signing).start()
    gateway = make_gateway()
    gateway.config["credentials"] = {
        "keys": [{"key": BOOTSTRAP, "user": "carol"}],
        "jwt": [{"issuer": ISSUER, "audience": AUDIENCE, "jwks": f"{provider.url}?sig={KEYS_QUERY}", "claims": {"user": "sub"}}]}
    gateway.config["logs"]["level"] = "debug"
    gateway.config["telemetry"] |= {"logs": {"access": "all", "process": "debug"}, "traces": {"baggage": ["team.secret"]},
                                    "metrics": {"prometheus": {"token": SCRAPE}, "labels": ["user", "metadata.project"]}}
    gateway.config["content_capture"] = [{"id": "all"}]
    gateway.start("--loops", "2")
    good = gateway.issue()
    account = json.loads(gateway.run("keys", "issue", "--virtual-account", "ci", "--json").stdout)["key"]
    ended = {name: gateway.issue(user=name) for name in ("rotated", "revoked", "expired")}
    fresh = json.loads(gateway.run("keys", "rotate", ended["rotated"].id, "--grace", "1h", "--json").stdout)["key"]
    gateway.run("keys", "revoke", ended["revoked"].id)
    gateway.run("keys", "expire", ended["expired"].id, "--expires", "1s")
    tokens = {"token": signing.token(), "late token": signing.token(exp=1), "forged token": SigningKey("ES256", "k-1").token()}
    secrets = {"issued": good.secret, "virtual": account, "fresh": fresh, **{name: key.secret for name, key in ended.items()}, **tokens,
               "login": LOGIN, "unknown": UNKNOWN, "bootstrap": BOOTSTRAP, "scrape": SCRAPE, "jwks": KEYS_QUERY, "upstream": UPSTREAM_KEY}
    canaries = Canaries(**secrets)
    time.sleep(1.1)  # the expired key's last second
    try:
        for name, secret in secrets.items():
            if name in ("jwks", "upstream"):
                continue
            for answer in tries(gateway, upstream, good, secret):
                canaries.hear_answer(name, answer)
        canaries.hear_answer("scrape", gateway.request("GET", "/metrics", {"authorization": f"Bearer {SCRAPE}"}))
        gateway.reload()
        provider.status = 500
        canaries.hear_answer("unknown key", gateway.messages(Key("", SigningKey("ES256", "other").token())))
        hear_commands(canaries, gateway, good)
    finally:
        provider.stop()
    gateway.stop()
    canaries.hear_sink(sink)
    canaries.hear_gateway(gateway)
    for request in upstream.requests:
        # A subscription's login goes to Anthropic, and our own key there as well; nothing else does.
        head = [(name, value) for name, value in request.headers if name.lower() not in ("x-api-key", "authorization")]
        canaries.hear("upstream", request.target + str(head))
    canaries.assert_silent()
    arrived = {value for request in upstream.requests for name, value in request.headers if name.lower() in ("authorization", "x-api-key")}
    # What stands beside our key and is no key of a Tollgate is taken for a login.
    assert arrived <= {UPSTREAM_KEY, f"Bearer {LOGIN}", f"Bearer {SCRAPE}"}, arrived
    assert sink.spans and sink.points and sink.records


def tries(gateway, upstream, good, secret):
    """One credential at every place where it belongs or may stand by mistake, through answers of every kind."""
    upstream.answers(Message(text="Well."))
    bearer, right = {"authorization": f"Bearer {secret}"}, {"x-tollgate-api-key": good.secret}
    for stream in (False, True):
        yield gateway.messages(Key("", secret), prompt(stream=stream))
    yield gateway.messages(None, prompt(), {"x-api-key": secret})
    yield gateway.messages(None, prompt(), {**right, **bearer})
    for path in ("/v1/messages/count_tokens", "/v1/messages?beta=true&key=" + secret, "/v1/messages?api_key=" + secret):
        yield gateway.messages(Key("", secret), prompt(), target=path)
        yield gateway.messages(good, prompt(), target=path)
    for method, path in (("GET", "/v1/models"), ("GET", "/v1/me"), ("GET", "/v1/me?format=line&session=" + secret), ("GET", "/metrics"),
                         ("GET", "/api/oauth/usage"), ("GET", "/healthz"), ("GET", "/readyz"),
                         ("GET", "/metrics?token=" + secret), ("PUT", "/v1/messages"), ("GET", "/?key=" + secret)):
        yield gateway.request(method, path, bearer)
    for answer in (error(401, "authentication_error", "invalid"), error(529, "overloaded_error"), Raw(b"garbage\r\n\r\n"), Hang("reset"),
                   Message(fail="overloaded_error"), Message(fail="cut")):
        upstream.answers(answer)
        yield gateway.messages(Key("", secret), prompt(stream=True))
        yield gateway.messages(None, prompt(), {**right, **bearer})
    if secret in (BOOTSTRAP, SCRAPE):
        return  # what has no known form cannot be told from a name where it should not be
    for method, path in (("GET", "/v1/keys/" + secret), ("BREW", "/" + secret)):
        yield gateway.request(method, path, bearer)
    for name in EVERYWHERE[3:]:
        value = {"x-tollgate-metadata": json.dumps({"project": secret}), "baggage": f"x={secret}"}.get(name, secret)
        yield gateway.messages(good, prompt(), {name: value})
    yield gateway.messages(good, prompt(), {"x-tollgate-metadata": json.dumps({secret: "x"})})
    yield gateway.messages(Key("", secret), b'{"model": "claude-x", ', {"x-tollgate-metadata": "{"})
    upstream.answers(Message())
    key = Key("", secret)
    attributes = [{"key": name, "value": {"stringValue": value}} for name, value in (
        ("env.ANTHROPIC_AUTH_TOKEN", secret), ("api_key", secret), ("tool_parameters", json.dumps({"command": f"curl -H 'x: {secret}'"})),
        ("error", f"refused {secret}"), ("session.id", "s-1"), ("prompt", secret))]
    logs = {"resourceLogs": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "claude-code"}}]},
                              "scopeLogs": [{"logRecords": [{"timeUnixNano": str(time.time_ns()), "body": {"stringValue": secret},
                                                             "attributes": attributes}]}]}]}
    for sender in (key, good):
        yield export(gateway, sender, "/v1/logs", json.dumps(logs).encode())
        yield export(gateway, sender, "/v1/traces", b'{"resourceSpans": [' + secret.encode())


def hear_commands(canaries, gateway, key):
    """What the command line says, of everything."""
    commands = [["check"], ["keys", "list"], ["keys", "list", "--json"], ["explain", "--model", "claude-x", "--key", key.id],
                ["explain", "--model", "claude-x", "--user", "alice", "--json"], ["budgets"], ["budgets", "verify"], ["sessions", "--all", "--json"],
                ["report", "--by", "user,model"], ["report", "--cache"], ["report", "--activity"], ["report", "--forecast"], ["doctor"], ["doctor", "--json"]]
    commands += [["report", "--by", "user,team,model,project", "--format", form] for form in ("csv", "json", "html", "focus")]
    for command in commands:
        done = gateway.run(*command, code=None)
        canaries.hear(" ".join(command), done.stdout + done.stderr)
    done = gateway.run("settings", "status-line", config=False)
    canaries.hear("settings", done.stdout)


# What operators configure


def test_credentials_of_operators(make_gateway, upstream, tmp_path):
    """A webhook, collectors, a proxy and providers that answer nothing or refuse, and say what they were sent."""
    hook, collector, other, proxy = Webhook().start(), UnreliableSink().start(), GRPCSink().start(), Proxy(upstream.port, status=407).start()
    authority = Authority(tmp_path / "authority")
    certificate, key_file = authority.issue("gateway", "DNS:localhost")
    gateway = make_gateway()
    gateway.environment |= {"FROM_ENVIRONMENT": UPSTREAM_KEY, "BYSTANDER_SECRET": ENVIRONMENT, "HTTPS_PROXY": f"http://user:{PROXY}@127.0.0.1:{proxy.port}",
                            "OTEL_EXPORTER_OTLP_METRICS_HEADERS": f"x-variable={COLLECTOR}-variable"}
    given = gateway.folder / "given"
    given.mkdir()
    (given / "key").write_text("sk-ant-from-a-file-canary-22ab\n")
    dead = refusing_port()
    gateway.config["tls"] = {"certificate": str(certificate), "key": str(key_file)}
    gateway.tls = authority.client()
    gateway.config["providers"] = [
        {"name": "env", "kind": "anthropic", "base_url": upstream.url, "api_key": "${FROM_ENVIRONMENT}"},
        {"name": "file", "kind": "openai", "base_url": f"http://127.0.0.1:{dead}/v1", "api_key": "${file:given/key}"},
        {"name": "xai", "kind": "xai", "base_url": "https://no-such-name.invalid/v1", "api_key": "xai-canary-name-1190-aabb-ccdd", "proxy": "none"},
        {"name": "azure", "kind": "azure", "base_url": f"https://localhost:{upstream.port}/openai/v1", "api_key": "azure-canary-tls-5521-1122"},
        {"name": "proxied", "kind": "anthropic", "base_url": "https://api.example.invalid", "api_key": "sk-ant-proxied-canary-9911",
         "proxy": f"http://user:{PROXY}@127.0.0.1:{proxy.port}"},
        {"name": "slow", "kind": "anthropic", "base_url": upstream.url, "api_key": "sk-ant-slow-canary-90ad-11", "timeouts": {"first_byte": "200ms"}}]
    gateway.config["models"] = [{"name": "claude-*", "target": "env/claude-*"}]
    echo = (400, {"x-echo": COLLECTOR}, f"authorization Bearer {COLLECTOR} is unknown".encode())
    collector.behave = lambda path, data: echo if path == "/v1/logs" else None
    other.faults += [Fault(code, f"Bearer {COLLECTOR}-grpc is unknown", calls=f"/v1/{signal}")
                     for signal in ("traces", "metrics", "logs") for code in refusals()]
    gateway.config["telemetry"] = {"otlp": [
        {"name": "http", "endpoint": collector.url, "headers": {"authorization": f"Bearer {COLLECTOR}"}},
        {"name": "grpc", "endpoint": other.url, "protocol": "grpc", "headers": {"authorization": f"Bearer {COLLECTOR}-grpc"}}]}
    gateway.config["budgets"] = [{"id": "all", "limit_to": 0.2, "unit": "cost_per_day", "alerts": {
        "webhook": f"{hook.url}/services/{HOOK}", "headers": {"x-signature": HOOK_FIELD}, "thresholds": [1]}}]
    hook.faults += [500, 404]
    canaries = Canaries(
        upstream=UPSTREAM_KEY, file="sk-ant-from-a-file-canary-22ab", xai="xai-canary-name-1190-aabb-ccdd", azure="azure-canary-tls-5521-1122",
        proxied="sk-ant-proxied-canary-9911", slow="sk-ant-slow-canary-90ad-11", proxy=PROXY, collector=COLLECTOR, hook=HOOK.split("/")[2],
        hook_token=HOOK.split("/")[0], field=HOOK_FIELD, bystander=ENVIRONMENT, tls=key_file.read_text().splitlines()[1])
    try:
        gateway.start("--loops", "2")
        key = gateway.issue()
        upstream.answers(Message(usage={**CHEAP, "output_tokens": 90}))
        for name in ("claude-sonnet-5-5", "file/gpt-5.5", "xai/grok-4.7", "azure/gpt-5.5", "proxied/claude-x", "slow/claude-x"):
            if name.startswith("slow"):
                upstream.answers(Stall(True))
            for stream in (False, True):
                canaries.hear_answer(name, gateway.messages(key, prompt(stream=stream, model=name)))
        eventually(lambda: hook.posts, "an alert is posted")
        for target in ("/readyz", "/metrics", "/v1/me", "/v1/models"):
            canaries.hear_answer(target, gateway.request("GET", target, {"x-api-key": key.secret}))
        gateway.logged("the collector refused an export", 10)
        hear_commands(canaries, gateway, key)
        gateway.stop()
    finally:
        for server in (hook, collector, other, proxy):
            server.stop()
    assert proxy.credentials == [] or set(proxy.credentials) == {f"user:{PROXY}"}
    canaries.hear_sink(collector)
    canaries.hear_gateway(gateway, given)
    canaries.assert_silent()


def refusals():
    import grpc
    return [grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.INVALID_ARGUMENT]


MISPLACED = "sk-ant-misplaced-canary-0a1b-2c3d"
PEM = "-----BEGIN PRIVATE KEY-----\nMIIcanaryOfAPrivateKey0123456789abcdef\n-----END PRIVATE KEY-----\n"
ACCOUNT = json.dumps({"type": "service_account", "private_key": PEM, "client_email": "a@b.iam.gserviceaccount.com"})


@pytest.mark.parametrize("change", [
    {"providers": [{"name": "main", "kind": MISPLACED}]},
    {"providers": [{"name": "main", "kind": "anthropic", "auth": MISPLACED}]},
    {"providers": [{"name": "main", "kind": "anthropic", "base_url": MISPLACED}]},
    {"providers": [{"name": "main", "kind": "anthropic", "base_url": f"https://user:{MISPLACED}@host"}]},
    {"providers": [{"name": "main", "kind": "anthropic", "proxy": f"http://user:{MISPLACED}@host:1/path"}]},
    {"providers": [{"name": "main", "kind": "anthropic", "timeouts": {"connect": MISPLACED}}]},
    {"providers": [{"name": "main", "kind": "anthropic", "headers": {"x y": MISPLACED}}]},
    {"providers": [{"name": "main", "kind": "anthropic", "api_key": [MISPLACED]}]},
    {"providers": [{"name": "main", "kind": "anthropic", "api_key": MISPLACED + "\n"}]},
    {"providers": [{"name": "main", "kind": "anthropic", "api_kay": MISPLACED}]},
    {"providers": [{"name": "main", "kind": "anthropic", "ca_file": PEM}]},
    {"providers": [{"name": "main", "kind": "vertex", "region": "global", "project": "p", "service_account": ACCOUNT}]},
    {"providers": [{"name": "main", "kind": "vertex", "region": "global", "project": "p", "service_account": "${ACCOUNT}"}]},
    {"providers": [{"name": "main", "kind": "bedrock", "region": "us-east-1", "aws": {"access_key_id": "AKIA", "secret_access_key": MISPLACED, "session": MISPLACED}}]},
    {"providers": [{"name": "main", "kind": "bedrock", "region": "us-east-1", "aws": {"role_arn": "r", "web_identity_token_file": MISPLACED}}]},
    {"tls": {"certificate": PEM, "key": PEM}}, {"tls": {"certificate": "${PEM}", "key": "${PEM}"}},
    {"data": MISPLACED}, {"listen": MISPLACED}, {"time_zone": MISPLACED}, {"prices": MISPLACED}, {MISPLACED: 1},
    {"logs": {"level": MISPLACED}}, {"limits": {"body_bytes": MISPLACED}},
    {"models": [{"name": "a", "target": MISPLACED}]},
    {"credentials": {"keys": [{"key": MISPLACED + " two words"}]}}, {"credentials": {"keys": [{"key": MISPLACED}, {"key": MISPLACED}]}},
    {"credentials": {"jwt": [{"issuer": "a", "audience": "b", "jwks": f"http://host/{MISPLACED}"}]}},
    {"credentials": {"jwt": [{"issuer": "a", "audience": "b", "jwks": PEM}]}},
    {"telemetry": {"otlp": [{"endpoint": f"https://user:{MISPLACED}@host"}]}}, {"telemetry": {"otlp": [{"endpoint": "http://h", "headers": [MISPLACED]}]}},
    {"telemetry": {"otlp": [{"endpoint": "https://h", "tls": {"ca": PEM, "certificate": PEM, "key": PEM}}]}},
    {"telemetry": {"otlp": [{"endpoint": "https://h", "protocol": MISPLACED}]}}, {"telemetry": {"sampling_ratio": MISPLACED}},
    {"budgets": [{"id": "a", "limit_to": 1, "unit": "cost_per_day", "alerts": {"webhook": f"https://user:{MISPLACED}@hook/x"}}]},
    {"budgets": [{"id": "a", "limit_to": 1, "unit": "cost_per_day", "alerts": {"webhook": f"hook/{MISPLACED}"}}]},
    {"budgets": [{"id": "a", "limit_to": MISPLACED, "unit": MISPLACED}]},
], ids=lambda change: json.dumps(change)[:60])
def test_a_secret_at_a_wrong_place_of_the_configuration(gateway, sink, change):
    """A reload that is refused names the place and not what stands there: in the log, to probes, in the audit, and by `check`."""
    good, secret = dict(gateway.config), {"misplaced": MISPLACED, "pem": "MIIcanaryOfAPrivateKey0123456789abcdef"}
    gateway.environment |= {"PEM": PEM, "ACCOUNT": ACCOUNT}
    gateway.config |= change
    gateway.reload()
    canaries = Canaries(**secret)
    for command in (["check"], ["doctor"], ["explain", "--model", "claude-x"]):
        done = gateway.run(*command, code=None)
        assert command != ["check"] or done.returncode == 2, done.stdout
        canaries.hear(command[0], done.stdout + done.stderr)
    canaries.hear_answer("/readyz", gateway.request("GET", "/readyz"))
    gateway.config = good
    gateway.stop()
    canaries.hear_sink(sink)
    canaries.hear_gateway(gateway)
    canaries.assert_silent()


def test_content_of_a_file_in_a_variable_that_should_name_it(make_gateway, sink):
    """`GOOGLE_APPLICATION_CREDENTIALS` is often given the JSON itself."""
    gateway = make_gateway()
    gateway.environment |= {"GOOGLE_APPLICATION_CREDENTIALS": ACCOUNT, "AWS_WEB_IDENTITY_TOKEN_FILE": "eyJhbGciOi.canary-of-a-pods-token.c2lnbmF0dXJl", "AWS_ROLE_ARN": "r"}
    canaries = Canaries(pem="MIIcanaryOfAPrivateKey0123456789abcdef", token="canary-of-a-pods-token")
    for provider in ({"kind": "vertex", "region": "global", "project": "p"}, {"kind": "bedrock", "region": "us-east-1"}):
        gateway.config["providers"] = [{"name": "main", **provider}]
        gateway.write()
        for command in ("check", "doctor"):
            done = gateway.run(command, code=None)
            assert done.returncode == 2 or command == "doctor", done.stdout
            assert "must be the path of a file" in done.stdout + done.stderr
            canaries.hear(command, done.stdout + done.stderr)
    canaries.assert_silent()


# The process


def status_of(process, name):
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return next(line.split()[1] for line in text.splitlines() if line.startswith(name))


def test_neither_arguments_nor_environment_nor_a_core_show_a_secret(make_gateway, sink):
    gateway = make_gateway()
    gateway.environment |= {"UPSTREAM_KEY": UPSTREAM_KEY, "BYSTANDER": ENVIRONMENT, "SWIFT_BACKTRACE": "enable=no"}
    gateway.config["providers"][0]["api_key"] = "${UPSTREAM_KEY}"
    gateway.start()
    key = gateway.issue()
    assert gateway.messages(key).status == 200
    folder = pathlib.Path(f"/proc/{gateway.process.pid}")
    assert not (folder / "environ").read_bytes().strip(b"\0"), "only zeros are left"
    assert b"canary" not in (folder / "cmdline").read_bytes()
    limits = (folder / "limits").read_text()
    assert next(line for line in limits.splitlines() if line.startswith("Max core")).split()[4:6] == ["0", "0"]
    gateway.reload()
    assert gateway.messages(key).status == 200, "variables are still known"
    gateway.process.send_signal(signal.SIGABRT)
    gateway.expect_exit = gateway.wait()
    assert gateway.expect_exit == -signal.SIGABRT
    canaries = Canaries(upstream=UPSTREAM_KEY, bystander=ENVIRONMENT, key=key.secret)
    canaries.hear_sink(sink)
    canaries.hear_gateway(gateway)
    canaries.assert_silent()
    assert not [file for place in (gateway.folder, pathlib.Path.cwd()) for file in place.rglob("core*") if file.is_file()]
    gateway.noise.clear()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may run it as somebody else")
def test_others_of_the_same_user_cannot_look_into_the_process(make_gateway, tmp_path):
    """Memory, variables, open files and tracing: all refused to another process of the gateway's own user."""
    gateway = make_gateway()
    for folder in (gateway.folder, *gateway.folder.parents):
        if folder != pathlib.Path("/") and pathlib.Path("/tmp") in folder.parents:
            folder.chmod(0o755)
    user = 64_111
    (gateway.folder / "data").mkdir(mode=0o700)
    os.chown(gateway.folder / "data", user, user)
    gateway.write()
    process = subprocess.Popen([binary(), "serve", "--config", gateway.file], env=gateway.environment, cwd="/", user=user, group=user,
                               extra_groups=[], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        eventually(lambda: "address" in process.stderr.readline(), "it listens", 20)
        look = f"""
import ctypes, os
said = []
for name in ("mem", "environ", "auxv", "io"):
    try:
        said.append((name, open("/proc/{process.pid}/" + name, "rb").read(1)))
    except OSError:
        pass
try:
    said.append(os.listdir("/proc/{process.pid}/fd"))
except OSError:
    pass
if ctypes.CDLL(None).ptrace(16, {process.pid}, 0, 0) == 0:
    said.append("traced")
print(said)
"""
        done = subprocess.run(["python3", "-c", look], user=user, group=user, extra_groups=[], capture_output=True, text=True, cwd="/")
        assert done.stdout.strip() == "[]", done.stdout + done.stderr
        # What the gateway itself reads of its own process it still reads.
        assert os.listdir(f"/proc/{process.pid}/fd")
    finally:
        process.terminate()
        assert process.wait(20) == 0
