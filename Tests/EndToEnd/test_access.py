"""Access: who may use what, on every path, and which tags only a credential can set."""

import json

import pytest

from elsewhere import PROVIDERS
from expectations import is_our_error, refused
from governed import governed
from rig.answers import Message, error
from rig.claude import Claude
from rig.gateway import Key, UPSTREAM_KEY, prompt
from rig.tokens import AUDIENCE, ISSUER, IdentityProvider, SigningKey
from virtual import NAME, PRIMARY, SECOND, ask, served, two_targets

OPUS, SONNET, HAIKU = "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5"
NAMES = [{"name": name, "target": f"main/{name}"} for name in (OPUS, SONNET, HAIKU)]


def ruled(make_gateway, *access, **config):
    """A gateway with rules of access and three models, which are listed."""
    return governed(make_gateway, access=list(access), **{"models": NAMES, **config}).start("--loops", "2")


def rule(verb, models, when, identity, **more):
    return {"id": identity, verb: {**({"models": list(models)} if models else {}), **more}, **({"when": when} if when else {})}


def deny(*models, when=None, identity="no", **more):
    return rule("deny", models, when, identity, **more)


def allow(*models, when=None, identity="yes", **more):
    return rule("allow", models, when, identity, **more)


def made(gateway, *arguments):
    done = json.loads(gateway.run("keys", "issue", "--json", *arguments).stdout)
    return Key(done["id"], done["key"])


def usable(gateway, key, headers=None):
    """Which of the three models answer; those that do not say so in the way that Claude Code shows."""
    found = set()
    for model in (OPUS, SONNET, HAIKU):
        answer = gateway.messages(key, prompt(model=model), headers)
        if answer.status == 200:
            found.add(model)
        else:
            is_our_error(answer, 400, "policy_blocked")
            assert answer.header("x-should-retry") == "false" and model in answer.error[1]
    return found


def shown(gateway, key, headers=None):
    """Those that are listed, in the list and one by one."""
    fields = {"authorization": f"Bearer {key.secret}", **(headers or {})}
    ids = {model["id"] for model in gateway.request("GET", "/v1/models?limit=1000", fields).json["data"]}
    for model in (OPUS, SONNET, HAIKU):
        assert gateway.request("GET", f"/v1/models/{model}", fields).status == (200 if model in ids else 404)
    return ids


EVERYTHING = {OPUS, SONNET, HAIKU}
INTERN = ["--user", "ina", "--team", "interns", "--group", "trainees"]
OTHER = ["--user", "olga", "--team", "platform", "--group", "seniors"]
CI = ["--virtual-account", "ci"]
RULES = {
    "a user": (deny("*opus*", when={"users": ["ina"]}), INTERN, {SONNET, HAIKU}),
    "a user by a pattern": (deny("*opus*", when={"users": ["in*"]}), INTERN, {SONNET, HAIKU}),
    "a team": (deny("*opus*", "*sonnet*", when={"teams": ["interns"]}), INTERN, {HAIKU}),
    "a group": (deny("*opus*", when={"groups": ["trainees"]}), INTERN, {SONNET, HAIKU}),
    "all but a group": (deny("*opus*", when={"not": {"groups": ["seniors"]}}), INTERN, {SONNET, HAIKU}),
    "a virtual account": (allow("*haiku*", when={"virtual_accounts": ["*"]}), CI, {HAIKU}),
    "subjects": (allow("claude-h*", when={"subjects": ["team:interns"]}), INTERN, {HAIKU}),
    "allowed by PROVIDER/MODEL": (allow("main/claude-sonnet-*", when={"users": ["ina"]}), INTERN, {SONNET}),
    "a provider that is denied": (deny(when={"teams": ["interns"]}, providers=["ma*"]), INTERN, set()),
    "a provider that is allowed": (allow(when={"teams": ["interns"]}, providers=["main"]), INTERN, EVERYTHING),
    "a tag": (deny("*opus*", when={"metadata": {"environment": "ci"}}), [*INTERN, "--metadata", "environment=ci"], {SONNET, HAIKU}),
}


@pytest.mark.parametrize("case", RULES)
def test_who_may_use_what(make_gateway, case):
    access, arguments, expected = RULES[case]
    gateway = ruled(make_gateway, access)
    key, other = made(gateway, *arguments), made(gateway, *OTHER)
    assert usable(gateway, key) == shown(gateway, key) == expected
    assert usable(gateway, other) == shown(gateway, other) == EVERYTHING


def test_denied_is_denied_and_allowances_add_up(make_gateway):
    gateway = ruled(
        make_gateway,
        allow("*opus*", when={"users": ["ina"]}, identity="a"), allow("*sonnet*", when={"teams": ["interns"]}, identity="b"),
        deny("claude-opus-*", when={"groups": ["trainees"]}, identity="c"))
    intern, user = made(gateway, *INTERN), made(gateway, "--user", "ina")
    assert usable(gateway, intern) == shown(gateway, intern) == {SONNET}
    assert usable(gateway, user) == shown(gateway, user) == {OPUS}
    assert "`c`" in gateway.messages(intern, prompt(model=OPUS)).error[1]


def test_the_message_names_what_is_left(make_gateway, upstream, sink):
    gateway = ruled(make_gateway, deny("*opus*", identity="interns-no-opus", when={"teams": ["interns"]}))
    answer = gateway.messages(made(gateway, *INTERN), prompt(model=OPUS))
    refused(gateway, sink, answer, 400, "policy_blocked")
    for part in ("interns-no-opus", f"Allowed: {SONNET}, {HAIKU}."):
        assert part in answer.error[1], answer.error
    assert upstream.requests == []


@pytest.mark.parametrize("name", [
    OPUS, f"main/{OPUS}", "main/claude-opus-5-5-20260901", "acme/fast", "claude-\\u006fpus-5-5"], ids=str)
def test_no_other_name_leads_around_it(make_gateway, upstream, name):
    """Aliases, dated names, the account's own names, and escapes in the body's JSON."""
    models = [*NAMES, {"name": "acme/fast", "target": f"main/{OPUS}"}, {"name": "main/*", "target": "main/*"}]
    gateway = ruled(make_gateway, deny("*opus*"), models=models)
    key = gateway.issue()
    body = json.dumps(prompt(model="NAME")).replace("NAME", name).encode()
    for _ in range(4):  # what a loop remembers of a name changes nothing
        is_our_error(gateway.messages(key, body), 400, "policy_blocked")
    assert gateway.messages(key, prompt(model=HAIKU)).status == 200
    assert [call.json["model"] for call in upstream.calls] == [HAIKU]


# Models that Anthropic calls on behalf of a request


ADVISOR = {"anthropic-beta": "claude-code-20250219,advisor-tool-2026-03-01"}


def advised(model, kind="advisor_20260301", **more):
    return {**prompt(model=SONNET), "tools": [{"name": "Bash", "input_schema": {"type": "object"}}, {"type": kind, "name": "advisor", "model": model}], **more}


def escaped(body, word):
    """The same with one letter of a word written as an escape."""
    return json.dumps(body).replace(word, f"\\u{ord(word[0]):04x}{word[1:]}").encode()


@pytest.mark.parametrize("body", [
    advised(OPUS), escaped(advised(OPUS), "advisor_"), escaped(advised(OPUS), "opus"), escaped(advised(OPUS), "tools"),
], ids=["plain", "type", "model", "member"])
def test_an_advisor_that_is_denied(make_gateway, upstream, sink, body):
    """In the words upon which Claude Code sends the request again without it."""
    gateway = ruled(make_gateway, deny("*opus*", identity="no-opus", when={"teams": ["interns"]}))
    intern, other = made(gateway, *INTERN), made(gateway, *OTHER)
    answer = gateway.messages(intern, body, ADVISOR)
    refused(gateway, sink, answer, 400, "invalid_request_error")
    for part in ("Input tag 'advisor_20260301'", OPUS, "`no-opus`", f"Allowed: {SONNET}, {HAIKU}."):
        assert part in answer.error[1], answer.error
    assert upstream.requests == []
    assert gateway.messages(intern, advised(HAIKU), ADVISOR).status == gateway.messages(other, body, ADVISOR).status == 200


def test_an_advisor_that_is_not_allowed(make_gateway, upstream):
    gateway = ruled(make_gateway, allow(SONNET, identity="sonnet"))
    key = gateway.issue()
    answer = gateway.messages(key, advised(OPUS), ADVISOR)
    is_our_error(answer, 400, "invalid_request_error")
    assert "`sonnet`" in answer.error[1] and upstream.requests == []
    assert gateway.messages(key, advised(SONNET), ADVISOR).status == 200
    assert gateway.request("POST", "/v1/messages/count_tokens", {"x-api-key": key.secret, **ADVISOR}, json.dumps(advised(OPUS)).encode()).status == 200


@pytest.mark.parametrize("fallbacks", [[HAIKU, OPUS], [{"model": OPUS}]], ids=["names", "objects"])
def test_fallbacks_that_are_denied(make_gateway, upstream, sink, fallbacks):
    gateway = ruled(make_gateway, deny("*opus*", identity="no-opus"))
    key = gateway.issue()
    answer = gateway.messages(key, {**prompt(model=SONNET), "fallbacks": fallbacks})
    refused(gateway, sink, answer, 400, "policy_blocked")
    assert "fallbacks" in answer.error[1] and OPUS in answer.error[1] and upstream.requests == []
    for harmless in ([HAIKU], "default", [], [{"model": HAIKU}, 7, None]):
        assert gateway.messages(key, {**prompt(model=SONNET), "fallbacks": harmless}).status == 200


# Every path


MESSAGE = {"max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]}
BEDROCK, VERTEX = {**MESSAGE, "anthropic_version": "bedrock-2023-05-31"}, {**MESSAGE, "anthropic_version": "vertex-2023-10-16"}
ARN = "us.anthropic.claude-opus-5-5-v1:0"
PUBLISHER = "/vertex_ai/v1/projects/p/locations/l/publishers/anthropic/models"
PATHS = {
    "/v1/messages": prompt(model=OPUS), "/v1/messages?beta=true": prompt(model=OPUS, stream=True),
    "/anthropic/v1/messages": prompt(model=OPUS), "/v1/messages/count_tokens": prompt(model=OPUS),
    "/anthropic/v1/messages/count_tokens?beta=true": prompt(model=OPUS),
    f"/bedrock/model/{ARN}/invoke": BEDROCK, f"/bedrock/model/{ARN.replace(':', '%3A')}/invoke": BEDROCK,
    f"/bedrock/model/{ARN.replace('opus', '%6f%70us')}/invoke-with-response-stream": BEDROCK,
    f"/bedrock/model/{ARN}/count-tokens": {"input": {"invokeModel": {"body": "e30="}}},
    f"{PUBLISHER}/{OPUS}:rawPredict": VERTEX, f"{PUBLISHER}/{OPUS}:streamRawPredict": {**VERTEX, "stream": True},
    f"{PUBLISHER}/claude%2Dopus%2D5%2D5@20260901:rawPredict": VERTEX, f"{PUBLISHER}/count-tokens:rawPredict": {**VERTEX, "model": OPUS},
}


@pytest.fixture
def cloudy(make_gateway, upstream, bedrock_upstream, vertex_upstream, tmp_path):
    """Accounts of every kind that has paths of its own."""
    def start(*access):
        providers = [{"name": "main", "kind": "anthropic", "base_url": upstream.url, "api_key": UPSTREAM_KEY}]
        for kind, server in (("bedrock-claude", bedrock_upstream), ("vertex-claude", vertex_upstream)):
            folder = tmp_path / kind
            folder.mkdir()
            providers.append({"name": kind, **PROVIDERS[kind].setting(server, folder)})
        return ruled(make_gateway, *access, providers=providers, models=[{"name": "claude-*", "target": "main/claude-*"}])
    return start


def test_every_path_obeys(cloudy, upstream, bedrock_upstream, vertex_upstream, sink):
    gateway = cloudy(deny("*opus*", when={"teams": ["interns"]}))
    key = made(gateway, *INTERN)
    for path, body in PATHS.items():
        answer = gateway.messages(key, body, target=path)
        refused(gateway, sink, answer, 400, "policy_blocked")
        assert "`no`" in answer.error[1] and answer.header("x-should-retry") == "false", (path, answer.error)
    assert upstream.requests == bedrock_upstream.requests == vertex_upstream.requests == []


def test_a_cloud_can_be_denied(cloudy, upstream, bedrock_upstream, vertex_upstream):
    gateway = cloudy(deny(when={"teams": ["interns"]}, providers=["bedrock-*", "vertex-*"]))
    key = made(gateway, *INTERN)
    for path, body in PATHS.items():
        if "/v1/messages" in path:
            assert gateway.messages(key, body, target=path).status == 200, path
        else:
            is_our_error(gateway.messages(key, body, target=path), 400, "policy_blocked")
    assert bedrock_upstream.requests == vertex_upstream.requests == []


# Virtual models


def virtual(make_gateway, upstream, second, *access, **more):
    gateway = make_gateway()
    gateway.config["access"] = list(access)
    return two_targets(gateway, upstream, second, **more)


def test_a_virtual_model_goes_on_without_a_denied_target(make_gateway, upstream, second):
    gateway, key = virtual(make_gateway, upstream, second, deny(f"first/{PRIMARY}", when={"users": ["alice"]}))
    for _ in range(3):
        served(ask(gateway, key), f"last/{SECOND}")
    second.answers(error(500, "api_error", "The last one."))
    answer = ask(gateway, key)
    assert answer.status == 500 and answer.error[1] == "The last one."
    assert upstream.calls == []
    served(ask(gateway, gateway.issue(user="bob")), f"first/{PRIMARY}")
    assert NAME in shown(gateway, key)


def test_a_denied_fallback_is_never_asked(make_gateway, upstream, second):
    gateway, key = virtual(make_gateway, upstream, second, deny(f"last/{SECOND}", when={"users": ["alice"]}))
    upstream.answers(error(529, "overloaded_error", "Come later."))
    for _ in range(3):
        assert ask(gateway, key).error == ("overloaded_error", "Come later.")
    assert second.calls == []


def test_a_virtual_model_without_a_target_that_is_allowed(make_gateway, upstream, second):
    gateway, key = virtual(
        make_gateway, upstream, second, deny(f"first/{PRIMARY}", when={"users": ["alice"]}, identity="a"),
        deny("claude-opus-*", when={"users": ["alice"]}, identity="b"))
    answer = ask(gateway, key)
    is_our_error(answer, 400, "policy_blocked")
    assert NAME in answer.error[1] and NAME not in shown(gateway, key)
    assert upstream.calls == second.calls == []


def test_a_virtual_model_by_its_name(make_gateway, upstream, second):
    gateway, key = virtual(make_gateway, upstream, second, deny(NAME, when={"users": ["alice"]}))
    is_our_error(ask(gateway, key), 400, "policy_blocked")
    assert gateway.messages(key, prompt(model=PRIMARY)).status == 200, "its targets by their own names are another matter"


# Tags


@pytest.mark.parametrize("header", ["x-tollgate-metadata", "x-tfy-metadata", "X-TFY-METADATA"])
def test_a_locked_tag_is_the_credentials_alone(make_gateway, upstream, sink, header):
    gateway = ruled(make_gateway, deny("*opus*", when={"metadata": {"environment": "ci"}}),
                    metadata={"from_credential": ["team", "environment", "cost-*"]})
    key = gateway.issue("--metadata", "environment=ci")

    def ask(model=SONNET, **tags):
        return gateway.messages(key, prompt(model=model), {header: json.dumps(tags)})

    for tags in ({"environment": "production"}, {"team": "platform"}, {"cost-centre": "1"}, {"project": "x", "environment": ""}):
        answer = ask(**tags)
        refused(gateway, sink, answer, 400, "invalid_request_error")
        assert answer.header("x-should-retry") == "false"
        assert next(name for name in tags if name != "project") in answer.error[1] and "production" not in answer.body.decode()
    twice = gateway.messages(key, headers={header: '{"environment": "ci", "environment": "production"}'})
    assert twice.status == 400
    both = gateway.messages(key, headers={"x-tollgate-metadata": '{"a": "b"}', "x-tfy-metadata": '{"environment": "production"}'})
    assert both.status == 400 or json.loads(gateway.ledger.closed(1)[0]["metadata"])["environment"] == "ci"
    before = len(gateway.ledger.closed(0))
    assert ask(environment="ci", project="atlas").status == 200, "the same may be said again"
    row = gateway.ledger.closed(before + 1)[-1]
    assert json.loads(row["metadata"]) == {"environment": "ci", "project": "atlas"}
    assert ask(OPUS, project="atlas").status == 400


@pytest.mark.parametrize("tags", [{"\u212aosten": "frei"}, {"Kosten": "\u212aern"}, {"\u212aosten": "frei", "Kosten": "Kern"}], ids=["name", "value", "both"])
def test_another_spelling_leads_around_no_locked_tag(make_gateway, tags):
    """U+212A is a K to those that compare letters."""
    gateway = ruled(make_gateway, deny("*opus*", when={"metadata": {"Kosten": "Kern"}}), metadata={"from_credential": ["Kosten"]})
    key = gateway.issue("--metadata", "Kosten=Kern")
    assert gateway.messages(key, prompt(model=OPUS), {"x-tollgate-metadata": json.dumps(tags)}).status == 400
    assert gateway.messages(key, prompt(model=SONNET), {"x-tollgate-metadata": '{"Kosten": "Kern"}'}).status == 200


@pytest.mark.parametrize("name", ["Kraken", "Kr*"])
def test_another_spelling_leads_around_no_denied_model(make_gateway, upstream, name):
    gateway = ruled(make_gateway, deny("Kraken"), models=[{"name": name, "target": f"main/{SONNET}"}])
    key = gateway.issue()
    is_our_error(gateway.messages(key, prompt(model="Kraken")), 400, "policy_blocked")
    assert gateway.messages(key, prompt(model="\u212araken")).status == 404
    assert upstream.calls == []


def test_what_is_not_locked_anyone_may_say(make_gateway):
    gateway = ruled(make_gateway, deny("*opus*", when={"metadata": {"phase": "test"}}))
    key = gateway.issue("--metadata", "phase=test")
    assert usable(gateway, key) == {SONNET, HAIKU}
    other = {"x-tollgate-metadata": '{"phase": "production"}'}
    assert usable(gateway, key, other) == shown(gateway, key, other) == EVERYTHING


def test_a_tokens_claims_count(make_gateway):
    signing = SigningKey("ES256", "es-1")
    identity = IdentityProvider(signing).start()
    try:
        claims = {"team": "department", "groups": "roles", "metadata": {"environment": "env"}}
        gateway = ruled(
            make_gateway, deny("*opus*", when={"metadata": {"environment": "ci"}}, identity="a"),
            deny("*sonnet*", when={"groups": ["trainees"]}, identity="b"), deny("*haiku*", when={"teams": ["data"]}, identity="c"),
            metadata={"from_credential": ["environment"]},
            credentials={"jwt": [{"issuer": ISSUER, "audience": AUDIENCE, "jwks": identity.url, "claims": claims}]})

        def may(**claims):
            return usable(gateway, Key("", signing.token(**claims)))

        assert may() == EVERYTHING
        assert may(env="ci") == {SONNET, HAIKU}
        assert may(roles=["x", "trainees"], department="ops") == {OPUS, HAIKU}
        assert may(env="ci", roles="trainees,x", department="data") == set()
        spoof = gateway.messages(Key("", signing.token(env="ci")), headers={"x-tollgate-metadata": '{"environment": "production"}'})
        is_our_error(spoof, 400, "invalid_request_error")
    finally:
        identity.stop()


def test_a_reload_changes_who_may(make_gateway):
    gateway = ruled(make_gateway, deny("*opus*"))
    key = gateway.issue()
    assert usable(gateway, key) == {SONNET, HAIKU}
    gateway.config["access"] = [deny("*haiku*")]
    gateway.reload()
    assert usable(gateway, key) == shown(gateway, key) == {OPUS, SONNET}


@pytest.mark.client
def test_claude_code_shows_the_message_at_once(make_gateway, upstream, tmp_path):
    gateway = ruled(make_gateway, deny("*sonnet*", "*opus*", identity="only-haiku"))
    folder = tmp_path / "developer"
    folder.mkdir()
    claude = Claude(folder, gateway.url, gateway.issue().secret)
    upstream.answers(Message(text="Haiku speaks."))
    run = claude.run("Say hello.", "--model", OPUS)
    run.said("only-haiku", code=1)
    assert f"Allowed: {HAIKU}" in run.text
    assert len([line for line in gateway.log if line.get("refusal") == "policy_blocked"]) == 1, "no retries"
    assert upstream.calls == []
    claude.run("Say hello.", "--model", HAIKU).said("Haiku speaks.")


@pytest.mark.client
def test_claude_code_goes_on_without_an_advisor_that_is_denied(make_gateway, upstream, tmp_path):
    gateway = ruled(make_gateway, deny("*opus*", when={"not": {"groups": ["seniors"]}}))
    seen = []
    for name, arguments in (("senior", OTHER), ("intern", INTERN)):
        folder = tmp_path / name
        folder.mkdir()
        before = len(upstream.calls)
        claude = Claude(folder, gateway.url, made(gateway, *arguments).secret)
        claude.run("Hello", "--model", SONNET, "--advisor", OPUS, CLAUDE_CODE_ENABLE_EXPERIMENTAL_ADVISOR_TOOL="1").said("Hello")
        tools = [tool for call in upstream.calls[before:] for tool in call.json.get("tools", [])]
        seen.append([tool["model"] for tool in tools if tool.get("type", "").startswith("advisor_")])
    assert seen == [[OPUS], []]
    assert [line["refusal"] for line in gateway.log if line.get("refusal")] == ["invalid_request_error"]
