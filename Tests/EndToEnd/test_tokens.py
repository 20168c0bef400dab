"""JSON Web Tokens as credentials, signed by an identity provider of the test's own."""

import json
import time

import pytest

from expectations import is_our_error
from rig.gateway import Key, now
from rig.tokens import AUDIENCE, ISSUER, KINDS, IdentityProvider, SigningKey, encoded, key_id, key_set
from rig.waiting import eventually

LOGIN = "sk-ant-oat01-the-developers-own-login"


@pytest.fixture(scope="module")
def keys():
    return {kind: SigningKey(kind, f"{kind}-1") for kind in KINDS}


@pytest.fixture
def provider(keys):
    server = IdentityProvider(*keys.values()).start()
    yield server
    server.stop()


def trust(gateway, jwks, **more):
    gateway.config["credentials"] = {"jwt": [{"issuer": ISSUER, "audience": AUDIENCE, "jwks": str(jwks), **more}]}
    return gateway


@pytest.fixture
def trusting(make_gateway, provider):
    return trust(make_gateway(), provider.url).start("--loops", "2")


def ask(gateway, token, **options):
    return gateway.messages(Key("", token), **options)


def refuses(gateway, token, sentence):
    """401 with the sentence, at once and for good; nothing of the token is told or logged."""
    answer = ask(gateway, token)
    is_our_error(answer, 401, "authentication_error")
    assert answer.header("x-should-retry") == "false" and sentence in answer.error[1], answer.error
    for part in token.split("."):
        assert len(part) < 8 or part not in answer.body.decode() + json.dumps(gateway.log)


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_of_each_algorithm(trusting, keys, upstream, kind):
    for _ in range(6):
        assert ask(trusting, keys[kind].token()).status == 200
    row = trusting.ledger.closed(6)[0]
    assert (row["user"], row["key_id"]) == ("dora", key_id("dora"))
    assert all("eyJ" not in str(request.headers) for request in upstream.calls)


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "both", "x-tollgate-api-key"])
def test_a_token_is_taken_in_each_header(trusting, keys, upstream, header):
    token = keys["ES256"].token()
    bearer = {"authorization": f"Bearer {token}"}
    headers = {"both": {**bearer, "x-api-key": token}, "authorization": bearer}.get(header, {header: token})
    assert trusting.messages(None, headers=headers).status == 200
    assert token not in str(upstream.calls[0].headers)


def test_claims_say_who_it_is(make_gateway, keys, provider):
    claims = {"user": "email", "team": "org.team", "groups": "realm_access.roles", "metadata": {"cost_center": "org.cost"}}
    gateway = trust(make_gateway(), provider.url, claims=claims).start()
    token = keys["RS256"].token(
        email="dora@example.com", org={"team": "data", "cost": 42}, realm_access={"roles": ["senior"]})
    assert ask(gateway, token).status == 200
    row = gateway.ledger.closed(1)[0]
    assert (row["user"], row["team"]) == ("dora@example.com", "data")
    assert json.loads(row["metadata"])["cost_center"] == "42"


def test_a_shared_secret(make_gateway):
    import jwt
    gateway = make_gateway()
    secret = "a secret of the test, longer than 32 bytes"
    gateway.environment["JWT_SECRET"] = secret
    gateway.config["credentials"] = {"jwt": [{"issuer": ISSUER, "audience": AUDIENCE, "secret": "${JWT_SECRET}"}]}
    gateway.start()
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "dora", "exp": int(time.time()) + 60}
    assert ask(gateway, jwt.encode(claims, secret, "HS256")).status == 200
    refuses(gateway, jwt.encode(claims, secret + "!", "HS256"), "signature of the token does not verify")
    refuses(gateway, jwt.encode(claims, None, "none"), "algorithm that is not allowed")


def test_what_is_wrong_is_said(trusting, keys):
    key, moment = keys["ES256"], int(time.time())
    refuses(trusting, key.token(exp=moment - 120), "expired at 20")
    refuses(trusting, key.token(nbf=moment + 3600), "not valid before 20")
    refuses(trusting, key.token(aud="another"), "for another audience; this gateway is tollgate")
    refuses(trusting, key.token(iss="https://other.example"), "issuer that this gateway does not know")
    refuses(trusting, key.token(exp=None), "has no claim exp")
    refuses(trusting, key.token(sub=None), "has no claim sub")
    refuses(trusting, key.token() + "A", "")
    refuses(trusting, SigningKey("ES256", key.name).token(), "signature of the token does not verify")
    refuses(trusting, key.token(header={"crit": ["x"], "x": 1}), "malformed")
    refuses(trusting, f"{encoded(b'{' + b'0' * 9)}.a.b", "")
    assert ask(trusting, key.token()).status == 200


def test_a_token_ends_while_its_connection_stays(make_gateway, keys, provider):
    gateway = trust(make_gateway(), provider.url, clock_skew="0s").start("--loops", "1")
    token = keys["ES256"].token(exp=int(time.time()) + 2)
    assert ask(gateway, token).status == 200
    eventually(lambda: ask(gateway, token).status == 401, "the token that was good is refused", 5)


def test_a_token_beside_the_developers_own_login(trusting, keys, upstream):
    del trusting.config["providers"][0]["api_key"]
    trusting.reload()
    token = keys["ES256"].token()
    answer = trusting.messages(None, headers={"authorization": f"Bearer {LOGIN}", "x-tollgate-api-key": token})
    assert answer.status == 200
    assert upstream.calls[0].header("authorization") == f"Bearer {LOGIN}" and token not in str(upstream.calls[0].headers)
    # A token of ours as the login: it is not passed on, whatever stands beside it.
    for own in (token, trusting.issue().secret):
        for bearer in (token, keys["RS256"].token(exp=1), "eyJhbGciOiJub25lIn0"):
            answer = trusting.messages(None, headers={"authorization": f"Bearer {bearer}", "x-tollgate-api-key": own})
            is_our_error(answer, 401, "authentication_error")
    assert len(upstream.calls) == 1


def test_keys_and_tokens_side_by_side(trusting, keys):
    key, token = trusting.issue(), keys["ES256"].token()
    assert trusting.messages(key).status == 200
    assert trusting.messages(None, headers={"authorization": f"Bearer {token}", "x-api-key": key.secret}).status == 200
    rows = trusting.ledger.closed(2)
    assert [row["user"] for row in rows] == ["alice", "alice"], "a key decides before a token"


def test_new_keys_of_the_provider_are_fetched_when_a_token_names_them(trusting, keys, provider):
    assert ask(trusting, keys["ES256"].token()).status == 200
    before = provider.fetches
    fresh = SigningKey("ES256", "fresh")
    provider.keys = [fresh]
    assert ask(trusting, fresh.token()).status == 200
    assert provider.fetches == before + 1
    refuses(trusting, keys["ES256"].token(), "key that its issuer does not publish")
    for number in range(20):
        refuses(trusting, SigningKey("EdDSA", f"unknown-{number}").token(), "key that its issuer does not publish")
    assert provider.fetches == before + 1, "unknown keys make no more than one fetch in ten seconds"


def test_many_who_wait_share_one_fetch(trusting, keys, provider):
    from concurrent.futures import ThreadPoolExecutor
    assert ask(trusting, keys["ES256"].token()).status == 200
    before, fresh = provider.fetches, SigningKey("EdDSA", "fresh")
    provider.keys = [fresh]
    provider.gate.clear()
    with ThreadPoolExecutor(20) as pool:
        answers = [pool.submit(ask, trusting, fresh.token()) for _ in range(20)]
        eventually(lambda: provider.fetches == before + 1, "the key set is fetched")
        assert ask(trusting, keys["ES256"].token()).status == 200, "known keys do not wait"
        provider.gate.set()
        assert [answer.result().status for answer in answers] == [200] * 20
    assert provider.fetches == before + 1


def test_the_keys_are_fetched_again_and_kept_while_that_fails(make_gateway, keys, provider, sink):
    gateway = trust(make_gateway(), provider.url, refresh="1s").start()
    token = keys["RS256"].token()
    assert ask(gateway, token).status == 200
    provider.status = 503
    gateway.logged("could not be loaded")
    assert ask(gateway, token).status == 200
    eventually(lambda: sink.latest("tollgate.token_keys.fetches", **{"error.type": "_OTHER"}), "failures are counted")
    provider.status, provider.keys = 200, [keys["ES256"]]
    eventually(lambda: ask(gateway, token).status == 401, "the old key is gone", 10)
    assert ask(gateway, keys["ES256"].token()).status == 200


def test_a_provider_that_cannot_be_reached(make_gateway, keys, provider):
    gateway = trust(make_gateway(), "http://127.0.0.1:1/keys").start()
    answer = ask(gateway, keys["ES256"].token())
    is_our_error(answer, 500, "api_error")
    assert answer.header("x-should-retry") != "false"
    assert gateway.messages(gateway.issue()).status == 200
    trust(gateway, provider.url).reload()
    eventually(lambda: ask(gateway, keys["ES256"].token()).status == 200, "the reload brings the keys")


def test_a_new_key_while_the_provider_cannot_be_asked_is_not_turned_away(make_gateway, keys, provider):
    """Whether the key is published nobody knows then: the client tries again, and is let in as soon as it can be told."""
    gateway = trust(make_gateway(), provider.url, refresh="1s").start()
    assert ask(gateway, keys["ES256"].token()).status == 200
    fresh = SigningKey("ES256", "fresh")
    provider.status = 503
    gateway.logged("could not be loaded")
    for _ in range(2):
        answer = ask(gateway, fresh.token())
        is_our_error(answer, 500, "api_error")
        assert answer.header("x-should-retry") != "false"
    assert ask(gateway, keys["ES256"].token()).status == 200, "keys known before are good"
    provider.status, provider.keys = 200, [fresh]
    eventually(lambda: ask(gateway, fresh.token()).status == 200, "the new key is taken", 10)
    refuses(gateway, SigningKey("ES256", "other").token(), "key that its issuer does not publish")


def test_a_provider_that_never_answers_holds_a_request_for_five_seconds(make_gateway, keys, provider):
    gateway = trust(make_gateway(), provider.url).start()
    provider.gate.clear()
    fresh = SigningKey("ES256", "fresh")
    eventually(lambda: ask(gateway, keys["ES256"].token()).status in (200, 500), "the first set is there or not")
    began = now()
    assert ask(gateway, fresh.token()).status in (401, 500)
    assert now() - began < 7


def test_a_file_of_keys_that_changes(make_gateway, keys, tmp_path):
    file, old, fresh = tmp_path / "keys.json", keys["RS256"], SigningKey("RS256", "fresh")
    file.write_text(key_set(old))
    gateway = trust(make_gateway(), file).start()
    assert ask(gateway, old.token()).status == 200
    # In one step, as it should be done: half a file that was just read is not read again for each token that names an unknown key.
    other = tmp_path / "keys.new"
    other.write_text(key_set(fresh, old))
    other.replace(file)
    assert ask(gateway, fresh.token()).status == 200, "the token that names it has it read"
    file.write_text(key_set(fresh))
    eventually(lambda: ask(gateway, old.token()).status == 401, "a key that is taken out is noticed by itself", 4)
    file.write_text("{")
    gateway.logged("could not be loaded")
    assert ask(gateway, fresh.token()).status == 200, "a broken file changes nothing"


def test_a_provider_behind_tls(make_gateway, keys, tmp_path):
    from rig.certificates import Authority
    authority = Authority(tmp_path / "authority")
    provider = IdentityProvider(keys["ES256"], tls=authority.server(*authority.issue("idp", "DNS:localhost"))).start()
    gateway = trust(make_gateway(), provider.url, ca_file=str(authority.certificate)).start()
    assert ask(gateway, keys["ES256"].token()).status == 200
    stranger = trust(make_gateway(), provider.url).start()
    assert ask(stranger, keys["ES256"].token()).status == 500
    stranger.logged("certificate of localhost was refused")
    provider.stop()


def test_a_reload_takes_an_issuer_away(trusting, keys):
    token = keys["ES256"].token()
    assert ask(trusting, token).status == 200
    trusting.config["credentials"] = {}
    trusting.reload()
    refuses(trusting, token, "not known to this gateway")


@pytest.mark.parametrize("content, problem", [
    (None, "No such file"), ("{}", "has no list `keys`"), ('{"keys": []}', "has no key for RS256, ES256, EdDSA"),
    ('{"keys": [{"kty": "oct", "k": "AAAA"}]}', "key 1 is of a type that is not taken"), ("<", "is no JSON"),
])
def test_check_names_a_file_that_is_no_key_set(make_gateway, tmp_path, content, problem):
    file = tmp_path / "keys.json"
    if content is not None:
        file.write_text(content)
    gateway = trust(make_gateway(), file)
    gateway.write()
    done = gateway.run("check", code=None)
    assert done.returncode != 0 and str(file) in done.stdout + done.stderr and problem in done.stdout + done.stderr


@pytest.mark.client
def test_claude_code_gets_its_token_from_a_helper(make_gateway, keys, provider, upstream, tmp_path):
    """As managed settings have it: a script prints the token, Claude Code sends it in both headers."""
    from rig.claude import Claude
    gateway = trust(make_gateway(), provider.url).start()
    folder = tmp_path / "developer"
    folder.mkdir()
    claude = Claude(folder, gateway.url, None)
    # The first token is over: the helper is asked again after the refusal, and the session goes on.
    (folder / "first").write_text(keys["ES256"].token(exp=1600000000))
    (folder / "second").write_text(keys["ES256"].token())
    (folder / "helper").write_text(f"cat {folder}/first 2>/dev/null && rm {folder}/first || cat {folder}/second\n")
    settings = claude.home / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"apiKeyHelper": f"sh {folder / 'helper'}"}))
    claude.run("Say hello.", CLAUDE_CODE_API_KEY_HELPER_TTL_MS="60000").said("Hello from the upstream.")
    assert gateway.ledger.closed(1)[0]["user"] == "dora"
    assert not (folder / "first").exists() and len(upstream.calls) == 1


def test_the_doctor_looks_for_the_keys(make_gateway, provider):
    gateway = trust(make_gateway(), provider.url)
    gateway.write()

    def finding(code):
        found = json.loads(gateway.run("doctor", "--json", code=code).stdout)
        return next(each for each in found if each["check"] == f"issuer {ISSUER}")

    assert finding(None)["state"] == "ok" and "key(s) that verify" in finding(None)["detail"]
    provider.stop()
    assert finding(1)["state"] == "fail" and "cannot be fetched" in finding(1)["detail"]
