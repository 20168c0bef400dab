"""Client certificates as identity, made by an authority of the test's own."""

import ssl

import pytest

from expectations import is_our_error
from rig.certificates import Authority
from rig.gateway import Key
from rig.tokens import AUDIENCE, ISSUER, SigningKey, key_set
from rig.wire import Closed

LOGIN = "sk-ant-oat01-the-developers-own-login"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("stranger"))


@pytest.fixture
def make_mutual(make_gateway, authority):
    def make(**tls):
        certificate, key = authority.issue("gateway", "DNS:localhost", "IP:127.0.0.1")
        gateway = make_gateway()
        gateway.config["tls"] = {
            "certificate": str(certificate), "key": str(key), "client_ca": str(authority.certificate), **tls}
        gateway.config["credentials"] = {"client_certificates": [
            {"match": {"dns": "runner-*.ci.example"}, "virtual_account": "ci", "team": "platform", "metadata": {"environment": "ci"}},
            {"match": {"email": "*@example.com"}, "team": "data"},
            {"match": {"uri": "spiffe://example/*"}, "user": "mesh"},
            {"match": {"common_name": "erin"}},
        ]}
        gateway.tls = authority.client()
        return gateway
    return make


@pytest.fixture
def mutual(make_mutual):
    return make_mutual().start("--loops", "2")


def shows(gateway, authority, name, *names, **options):
    gateway.tls = authority.client(*authority.issue(name, *names, **options))
    # The gateway's own authority stays the one that is trusted.
    return gateway


@pytest.mark.parametrize("name, names, user, team", [
    ("runner", ["DNS:runner-7.ci.example"], "runner-7.ci.example", "platform"),
    ("runner", ["DNS:other.example", "DNS:RUNNER-8.CI.example"], "runner-8.ci.example", "platform"),
    ("dora", ["email:dora@example.com"], "dora@example.com", "data"), ("both", ["email:a@example.com", "DNS:runner-1.ci.example"], "runner-1.ci.example", "platform"),
    ("service", ["URI:spiffe://example/chat"], "mesh", ""), ("erin", [], "erin", ""),
])
def test_a_certificate_stands_for_somebody(mutual, authority, name, names, user, team):
    assert shows(mutual, authority, name, *names).messages(None).status == 200
    row = mutual.ledger.closed(1)[0]
    assert (row["user"], row["team"] or "") == (user, team) and row["key_id"].startswith("cert_")


def test_a_certificate_that_stands_for_nobody(mutual, authority):
    answer = shows(mutual, authority, "nobody", "DNS:other.example").messages(None)
    is_our_error(answer, 401, "authentication_error")
    assert "client certificate" in answer.error[1]
    key = mutual.issue()
    assert mutual.messages(key).status == 200, "a key does anyway"


def test_a_name_that_the_ledger_would_cut_is_nobodys(mutual, authority):
    """Two workloads with the same 128 bytes before would be charged as one."""
    for length, status in ((128, 200), (129, 401)):
        email = "a" * (length - len("@example.com")) + "@example.com"
        assert shows(mutual, authority, "long", f"email:{email}").messages(None).status == status
    assert shows(mutual, authority, "long", "URI:spiffe://example/" + "c" * 150).messages(None).status == 200, "its user is set"
    assert mutual.ledger.closed(1)[-1]["user"] == "mesh"


def test_without_a_certificate_a_key_is_needed(mutual):
    is_our_error(mutual.messages(None), 401, "authentication_error")
    assert mutual.messages(mutual.issue()).status == 200


def test_a_key_or_a_token_decides_before_the_certificate(make_mutual, authority, tmp_path):
    gateway, signing = make_mutual(), SigningKey("ES256", "k")
    (tmp_path / "keys.json").write_text(key_set(signing))
    gateway.config["credentials"]["jwt"] = [{"issuer": ISSUER, "audience": AUDIENCE, "jwks": str(tmp_path / "keys.json")}]
    gateway.start()
    shows(gateway, authority, "erin")
    key = gateway.issue()
    assert gateway.messages(key).status == 200
    assert gateway.messages(Key("", signing.token())).status == 200
    assert gateway.messages(None).status == 200
    assert gateway.messages(Key("", "certificate")).status == 200, "the word that stands for no key"
    assert [row["user"] for row in gateway.ledger.closed(4)] == ["alice", "dora", "erin", "erin"]
    for wrong in ("tgk_nobodys", signing.token(exp=1)):
        is_our_error(gateway.messages(Key("", wrong)), 401, "authentication_error")
    gateway.run("keys", "expire", key.id)


def test_the_developers_login_beside_a_certificate(make_mutual, authority, upstream):
    gateway = make_mutual()
    del gateway.config["providers"][0]["api_key"]
    shows(gateway.start(), authority, "erin")
    assert gateway.messages(Key("", LOGIN)).status == 200
    assert upstream.calls[0].header("authorization") == f"Bearer {LOGIN}"


def handshake_fails(gateway):
    with pytest.raises((OSError, Closed)):
        gateway.messages(None)


def test_a_certificate_of_another_authority_ends_the_handshake(mutual, authority, stranger, sink):
    certificate, key = stranger.issue("erin")
    mutual.config["logs"]["level"] = "debug"
    mutual.reload()
    good, mutual.tls = mutual.tls, authority.client(certificate, key)
    handshake_fails(mutual)
    mutual.logged("the certificate of the client was refused")
    mutual.tls = good
    assert mutual.messages(mutual.issue()).status == 200


@pytest.mark.parametrize("options", [{"days": "-1"}, {"usage": "serverAuth"}], ids=str)
def test_a_certificate_that_is_over_or_for_servers_ends_the_handshake(mutual, authority, options):
    handshake_fails(shows(mutual, authority, "erin", **options))


def test_required(make_mutual, authority):
    gateway = make_mutual(client_certificates="required").start()
    handshake_fails(gateway)
    assert shows(gateway, authority, "erin").messages(None).status == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda version: version.name)
def test_each_connection_shows_its_certificate_anew(mutual, authority, version):
    shows(mutual, authority, "erin")
    mutual.tls.minimum_version = mutual.tls.maximum_version = version
    with mutual.connect() as connection:
        connection.request("GET", "/v1/models", {})
        assert connection.answer().status == 200
        session = connection._socket.session
        assert session is None or not session.has_ticket, "there is nothing to resume"
    assert mutual.messages(None).status == 200


def test_a_reload_takes_an_identity_away_from_open_connections(mutual, authority):
    shows(mutual, authority, "erin")
    with mutual.connect() as connection:
        connection.request("GET", "/v1/models", {})
        assert connection.answer().status == 200
        mutual.config["credentials"]["client_certificates"].pop()
        mutual.reload()
        connection.request("GET", "/v1/models", {})
        is_our_error(connection.answer(), 401, "authentication_error")


def test_check_names_a_missing_authority(make_mutual, tmp_path):
    gateway = make_mutual(client_ca=str(tmp_path / "nothing.pem"))
    gateway.write()
    done = gateway.run("check", code=None)
    assert done.returncode != 0 and "nothing.pem" in done.stdout + done.stderr


@pytest.mark.client
def test_claude_code_shows_its_certificate(make_mutual, authority, tmp_path):
    from rig.claude import Claude
    gateway = make_mutual(client_certificates="required").start()
    certificate, key = authority.issue("dora", "email:dora@example.com")
    folder = tmp_path / "developer"
    folder.mkdir()
    claude = Claude(folder, gateway.url, "certificate")
    claude.run(
        "Say hello.", NODE_EXTRA_CA_CERTS=str(authority.certificate), CLAUDE_CODE_CLIENT_CERT=str(certificate),
        CLAUDE_CODE_CLIENT_KEY=str(key)).said("Hello from the upstream.")
    assert gateway.ledger.closed(1)[0]["user"] == "dora@example.com"
