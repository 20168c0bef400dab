"""TLS on both sides, with an authority of the test's own."""

import json
import ssl
from concurrent.futures import ThreadPoolExecutor

import pytest

from expectations import is_our_error
from rig.answers import Message
from rig.certificates import Authority
from rig.gateway import prompt
from rig.upstream import Upstream
from rig.waiting import eventually


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


def shown(gateway):
    with gateway.connect() as connection:
        return connection.certificate()


def put(issued, gateway):
    """Where the gateway's certificate or key is."""
    for name, path in issued.items():
        path.rename(gateway.config["tls"][name])


@pytest.fixture
def renewed(authority):
    certificate, key = authority.issue("renewed", "DNS:localhost", "IP:127.0.0.1", days="9")
    return {"certificate": certificate, "key": key}


def test_a_renewed_certificate_is_shown_and_no_stream_breaks(secured, upstream, renewed, sink):
    secured.config["telemetry"] = {"otlp": [{"endpoint": sink.url}]}
    secured.start("--loops", "2")
    key, before = secured.issue(), shown(secured)
    (ends,) = {point.value for point in eventually(
        lambda: sink.latest("tollgate.tls.certificate.not_after"), "the end of the certificate is told")}
    upstream.answers(Message(text="0123456789" * 40, size=10, pace=0.1))
    with ThreadPoolExecutor() as pool:
        streamed = pool.submit(secured.messages, key, prompt(stream=True))
        eventually(lambda: upstream.calls, "the stream has begun")
        put(renewed, secured)
        eventually(lambda: all(shown(secured) != before for _ in range(8)), "every loop shows the new one", 5)
        assert not streamed.done()
        answer = streamed.result()
    assert answer.complete and answer.body == bytes(upstream.calls[0].sent)
    assert secured.messages(key).status == 200
    eventually(lambda: abs(sink.latest("tollgate.tls.certificate.not_after")[0].value - ends - 7 * 86_400) < 60, "its end is told")


def test_a_certificate_that_is_to_have_no_end_is_taken(secured, upstream, authority):
    certificate, key = authority.issue("endless", "DNS:localhost", "IP:127.0.0.1", days="2900000")
    secured.start()
    before = shown(secured)
    put({"certificate": certificate, "key": key}, secured)
    eventually(lambda: shown(secured) != before, "it is shown", 5)
    assert secured.logged("the certificate was loaded")[0]["not_after"].startswith("2262-04-11"), "the last moment there is"
    assert secured.messages(secured.issue()).status == 200


def test_a_certificate_without_its_key_is_refused_and_the_old_one_shown(secured, upstream, renewed):
    secured.start()
    before = shown(secured)
    put({"certificate": renewed["certificate"]}, secured)
    assert "does not belong to the first certificate of" in secured.logged("configuration not reloaded")[0]["problem"]
    assert shown(secured) == before and secured.messages(secured.issue()).status == 200
    put({"key": renewed["key"]}, secured)
    eventually(lambda: shown(secured) != before, "now they are a pair", 5)


def test_a_certificate_that_has_ended_is_shown_and_complained_of(secured, authority):
    """It may be the clock that is wrong. But nobody is to learn by his clients that renewal put the old one back."""
    certificate, key = authority.issue("ended", "DNS:localhost", days="-1")
    secured.start()
    put({"certificate": certificate, "key": key}, secured)
    line, = secured.logged("the certificate ended at ")
    assert line["level"] == "error" and "put a new one" in line["cure"]
    secured.stop()
    before = len(secured.log)
    secured.restart()
    eventually(lambda: any("the certificate ended at " in line["message"] for line in secured.log[before:]), "at a start as well")


def test_who_was_let_in_by_an_authority_that_is_gone_has_to_come_again(secured, upstream, authority, tmp_path):
    clients, others = Authority(tmp_path / "clients"), Authority(tmp_path / "others")
    accepted = tmp_path / "accepted.pem"
    accepted.write_bytes(clients.certificate.read_bytes())
    secured.config["tls"]["client_ca"] = str(accepted)
    secured.config["credentials"] = {"client_certificates": [{"match": {"common_name": "*"}, "team": "ci"}]}
    secured.start("--loops", "2")
    mine, theirs = ((authority.client(*each.issue("runner", usage="clientAuth"))) for each in (clients, others))
    ask = json.dumps(prompt()).encode()
    headers = {"content-type": "application/json", "anthropic-version": "2023-06-01"}
    secured.tls = mine
    with secured.connect() as kept:
        kept.request("POST", "/v1/messages", headers, ask)
        assert kept.answer().status == 200
        renewed, key = authority.issue("renewed", "DNS:localhost", "IP:127.0.0.1")
        put({"certificate": renewed, "key": key}, secured)
        secured.logged("the certificate was loaded")
        kept.request("POST", "/v1/messages", headers, ask)
        assert kept.answer().status == 200, "a renewed certificate of ours ends nothing"
        accepted.write_bytes(others.certificate.read_bytes())
        assert kept.closed()
    secured.tls = theirs
    assert secured.messages(None).status == 200
    secured.tls = mine
    with pytest.raises(OSError):
        secured.messages(None)


def test_a_certificate_that_comes_after_its_place_was_named_is_taken(secured, renewed, tmp_path):
    secured.start()
    before = shown(secured)
    secured.config["tls"] = {"certificate": str(tmp_path / "later.pem"), "key": str(tmp_path / "later.key")}
    secured.write()
    secured.logged("configuration not reloaded")
    put(renewed, secured)
    eventually(lambda: shown(secured) != before, "it is taken when it is there", 5)


def test_tls_goes_on_and_off_with_a_restart_only(secured, upstream):
    secured.start()
    del secured.config["tls"]
    secured.write()
    secured.logged("TLS goes on or off only with a restart")
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
