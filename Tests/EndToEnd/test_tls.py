"""TLS on both sides, with an authority of the test's own."""

import ssl

import pytest

from expectations import is_our_error
from rig.answers import Message
from rig.certificates import Authority
from rig.gateway import prompt
from rig.upstream import Upstream


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def upstream(authority, request):
    """The upstream speaks TLS here; a test may name the hosts its certificate is for."""
    hosts = getattr(request, "param", ["DNS:localhost"])
    server = Upstream(tls=authority.server(*authority.issue("upstream", *hosts))).start()
    server.names = []
    server._tls.sni_callback = lambda _, name, __: server.names.append(name)
    yield server
    server.stop()


@pytest.fixture
def secured(make_gateway, authority):
    certificate, key = authority.issue("gateway", "DNS:localhost", "IP:127.0.0.1")
    gateway = make_gateway()
    gateway.config["tls"] = {"certificate": str(certificate), "key": str(key)}
    gateway.config["providers"][0]["ca_file"] = str(authority.certificate)
    gateway.tls = authority.client()
    return gateway


@pytest.mark.parametrize("stream", [False, True])
def test_both_sides(secured, upstream, stream):
    secured.start()
    answer = secured.messages(secured.issue(), prompt(stream=stream))
    assert answer.status == 200 and answer.body == bytes(upstream.calls[0].sent)
    assert upstream.names and set(upstream.names) == {"localhost"}, "the server name is indicated"


def test_a_large_answer_and_a_large_body(secured, upstream):
    upstream.answers(Message(text="0123456789" * 200_000, size=4000))
    secured.start()
    answer = secured.messages(secured.issue(), prompt("y" * 2_000_000, stream=True))
    assert answer.complete and answer.body == bytes(upstream.calls[0].sent)


def test_connections_to_the_upstream_are_kept(secured, upstream):
    secured.start("--loops", "1")
    key = secured.issue()
    for stream in (False, True, False, True):
        assert secured.messages(key, prompt(stream=stream)).status == 200
    assert {request.connection for request in upstream.calls} == {1}


def unreachable(gateway):
    answer = gateway.messages(gateway.issue())
    is_our_error(answer, 529, "overloaded_error")


def test_an_upstream_of_an_unknown_authority_is_not_trusted(secured, upstream):
    del secured.config["providers"][0]["ca_file"]
    unreachable(secured.start())
    assert upstream.requests == []


@pytest.mark.parametrize("upstream", [["DNS:elsewhere.example"], ["IP:127.0.0.1"]], indirect=True, ids=["another name", "only the address"])
def test_an_upstream_with_another_name_is_not_trusted(secured, upstream):
    unreachable(secured.start())
    assert upstream.requests == []


@pytest.mark.parametrize("upstream", [["IP:127.0.0.1"]], indirect=True)
def test_an_upstream_named_by_its_address(secured, upstream):
    secured.config["providers"][0]["base_url"] = f"https://127.0.0.1:{upstream.port}"
    secured.start()
    assert secured.messages(secured.issue()).status == 200


def test_a_client_that_speaks_plain_http_to_the_tls_port_is_turned_away(secured, upstream):
    secured.start()
    tls, secured.tls = secured.tls, None
    with secured.connect() as connection:
        connection.request("GET", "/healthz", {})
        assert connection.closed()
    secured.tls = tls
    assert secured.request("GET", "/healthz").status == 200


def test_old_versions_are_refused(secured, upstream, authority):
    secured.start()
    old = authority.client()
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    secured.tls, good = old, secured.tls
    with pytest.raises(OSError):
        secured.request("GET", "/healthz")
    secured.tls = good
    assert secured.request("GET", "/healthz").status == 200


def test_http_1_1_is_negotiated(secured, upstream, authority):
    secured.start()
    secured.tls.set_alpn_protocols(["h2", "http/1.1"])
    with secured.connect() as connection:
        assert connection.protocol() == "http/1.1"


def test_a_missing_certificate_is_named_at_the_start(secured):
    secured.config["tls"]["certificate"] = "/no/such/file.pem"
    secured.write()
    done = secured.run("check", code=None)
    assert done.returncode != 0 and "/no/such/file.pem" in done.stderr + done.stdout
