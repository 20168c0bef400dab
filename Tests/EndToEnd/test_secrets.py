"""Canaries: what must stay secret is looked for in everything that the gateway writes or says."""

from expectations import one_attempt_each
from rig.answers import Message, Raw, error
from rig.gateway import UPSTREAM_KEY, Key, prompt

WRONG = "tg-wrong-canary-51ac"
PERSONAL = "sk-ant-oat01-personal-canary-93bd"
BOOTSTRAP = "tg-bootstrap-canary-08f2"
TEXT = "prompt-canary-6e17"
ANSWER = "answer-canary-d24c"


def test_no_secret_and_no_prompt_is_in_any_sink(make_gateway, upstream, sink):
    gateway = make_gateway()
    gateway.environment |= {"UPSTREAM_KEY": UPSTREAM_KEY, "BOOTSTRAP": BOOTSTRAP}
    gateway.config["providers"][0]["api_key"] = "${UPSTREAM_KEY}"
    gateway.config["credentials"] = {"keys": [{"key": "${BOOTSTRAP}", "user": "carol", "team": "ops"}]}
    gateway.config["logs"]["level"] = "debug"
    gateway.start()
    key = gateway.issue()
    said = [str(answer.headers).encode() + answer.body for answer in everything(gateway, upstream, key)]
    gateway.reload()
    rows = one_attempt_each(gateway, upstream, len(upstream.calls))
    sink.request_span(rows[-1]["id"])
    sink.latest("gen_ai.client.token.usage")
    gateway.stop()
    for file in gateway.folder.rglob("*"):
        if file.is_file() and file != gateway.file:
            said.append(file.read_bytes())
    said += sink.raw + [str(sink.headers).encode(), str(gateway.log).encode(), str(gateway.noise).encode()]
    outputs = [gateway.run(*command) for command in (["check"], ["keys", "list"], ["report", "--by", "user"])]
    said += [(done.stdout + done.stderr).encode() for done in outputs]
    for canary in (UPSTREAM_KEY, WRONG, PERSONAL, BOOTSTRAP, key.secret, TEXT):
        assert not [text[:300] for text in said if canary.encode() in text], canary
    answers = [text for text in said if ANSWER.encode() in text]
    assert all(b"msg_upstream" in text and b"claude-sonnet" in text for text in answers), "answers go to the client alone"
    assert not [raw for raw in sink.raw if ANSWER.encode() in raw]


def everything(gateway, upstream, key):
    """Good and bad requests of every kind, each with canaries in it."""
    told = prompt(TEXT)
    upstream.answers(Message(text=ANSWER))
    yield gateway.messages(key, told)
    yield gateway.messages(key, {**told, "stream": True})
    yield gateway.messages(Key("", BOOTSTRAP), told)
    yield gateway.messages(Key("", WRONG), told)
    yield gateway.messages(None, told, {"x-api-key": WRONG, "x-tollgate-metadata": "{not json"})
    yield gateway.messages(None, told, {"x-tollgate-api-key": key.secret, "authorization": f"Bearer {PERSONAL}"})
    yield gateway.messages(key, f'{{"model": "claude-x", "{TEXT}'.encode())
    yield gateway.messages(key, {**told, "model": "unrouted"})
    yield gateway.request("GET", f"/v1/unknown?key={WRONG}", {"x-api-key": key.secret})
    for answer in (error(401, "authentication_error", "invalid x-api-key"), Raw(b"garbage\r\n\r\n"), Message(fail="reset")):
        upstream.answers(answer)
        yield gateway.messages(key, {**told, "stream": True})


def test_the_environment_of_a_running_gateway_does_not_show_in_its_answers(gateway, key):
    for target in ("/", "/healthz", "/readyz", "/v1/models"):
        answer = gateway.request("GET", target, {"x-api-key": key.secret})
        assert UPSTREAM_KEY.encode() not in answer.body


def test_a_check_that_fails_does_not_print_the_secret(make_gateway):
    gateway = make_gateway()
    gateway.config["providers"][0] |= {"api_key": UPSTREAM_KEY, "api_kay": "other-canary-11"}
    gateway.write()
    done = gateway.run("check", code=None)
    assert done.returncode != 0 and UPSTREAM_KEY not in done.stdout + done.stderr and "other-canary" not in done.stdout + done.stderr
