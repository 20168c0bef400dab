"""A gateway before an upstream that takes anything, and a client like any other."""

import itertools

import pytest

from rig import corpus
from rig.certificates import Authority
from rig.lenient import Lenient, answer_all

BODY = corpus.BODY.encode()
TOKENS = itertools.count(1)


@pytest.fixture(params=[False, True], ids=["plain", "TLS"])
def serving(request, make_gateway, tmp_path):
    """Starts a gateway before a lenient upstream that serves its connections in some way; both plain, and both over TLS."""
    upstreams = []
    authority = Authority(tmp_path / "authority") if request.param else None

    def start(serve=answer_all, **timeouts):
        tls = authority and authority.server(*authority.issue("upstream", "DNS:localhost"))
        upstreams.append(Lenient(serve, tls).start())
        gateway = make_gateway(upstreams[-1].url)
        if authority:
            certificate, key = authority.issue("gateway", "DNS:localhost")
            gateway.config["tls"] = {"certificate": str(certificate), "key": str(key)}
            gateway.config["providers"][0]["ca_file"] = str(authority.certificate)
            gateway.tls = authority.client()
        gateway.config["providers"][0]["timeouts"] = {"first_byte": "2s", "idle": "2s", **timeouts}
        gateway.start("--loops", "1")
        return gateway, upstreams[-1], gateway.issue().secret

    yield start
    for upstream in upstreams:
        upstream.stop()


def ask(gateway, secret, target="/v1/messages?after", body=BODY):
    """A client like any other; it must get what was answered to it. Gives the token that says who it is."""
    token = f"token-{next(TOKENS)}"
    answer = gateway.request("POST", target, {"x-api-key": secret, "x-id": token}, body)
    assert answer.status == 200 and answer.json["content"][0]["text"] == token, (answer.status, answer.body)
    return token
