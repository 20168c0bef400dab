"""TLS towards a provider that goes wrong: what the client is told, what the span calls it, and that a fallback serves."""

import json
import socket
import ssl
import threading

import pytest

from expectations import is_our_error, leaves_its_traces
from rig import messages
from rig.gateway import prompt
from rig.otlp import CLIENT, ERROR
from rig.tls_server import DAY, Mint, RenegotiatingServer, TLSServer, context, reset, say_goodbye
from rig.waiting import eventually
from virtual import ask, attempts, chats, two_targets

WHOLE = messages.message(1, "claude-sonnet-5-5", [{"type": "text", "text": "Hello from afar."}], messages.USAGE)
BODY = json.dumps(WHOLE).encode()
EVENTS = [messages.frame(event) for event in messages.events(WHOLE)]
JSON, STREAM = "application/json", "text/event-stream"


@pytest.fixture(scope="module")
def mint(tmp_path_factory):
    return Mint(tmp_path_factory.mktemp("mint"))


@pytest.fixture
def serve():
    made = []

    def start(*arguments, **options):
        made.append(TLSServer(*arguments, **options))
        return made[-1]

    yield start
    for server in made:
        server.stop()


@pytest.fixture
def reach(make_gateway, mint):
    """Starts a gateway before a server of the test's."""

    def start(server):
        gateway = make_gateway(server.url)
        gateway.config["providers"][0] |= {
            "ca_file": str(mint.certificate), "timeouts": {"connect": "1500ms", "first_byte": "2s", "idle": "2s"}}
        return gateway.start("--loops", "1")

    return start


def head(kind, *fields):
    return b"".join(line + b"\r\n" for line in (b"HTTP/1.1 200 OK", b"content-type: " + kind.encode(), *fields, b""))


def attempt(sink, server):
    spans = eventually(lambda: [s for s in sink.spans if s.kind == CLIENT and s.trace_id == server.trace_id], "the attempt's span arrives")
    assert spans[-1].status == ERROR
    return spans[-1]


def fails(gateway, sink, error, outcome="unreachable", stream=False):
    """529, named alike on the span and in the row; nothing is charged. Returns the message."""
    answer = gateway.messages(gateway.issue(), prompt(stream=stream))
    request_id = is_our_error(answer, 529, "overloaded_error")
    span = attempt(sink, leaves_its_traces(gateway, sink, request_id, 529))
    assert (span.attributes["error.type"], span.attributes["tollgate.outcome"]) == (error, outcome)
    (row,) = gateway.ledger.closed(1)
    assert (row["error_type"], row["outcome"]) == (error, outcome)
    if outcome == "unreachable":
        assert row["cost_nano_usd"] == 0
    return answer.error[1]


# No connection

CERTIFICATES = {
    "expired": ({"begins": -2 * DAY, "ends": -DAY}, "expired"),
    "not yet valid": ({"begins": DAY, "ends": 2 * DAY}, "not yet valid"),
    "another host": ({"host": "elsewhere.example"}, "ostname mismatch"),
    "signed by itself": ({"itself": True}, "self-signed certificate"),
}


def bad_certificate(mint, kind):
    return mint.issue(kind.replace(" ", "-"), **CERTIFICATES[kind][0])


@pytest.mark.parametrize("kind", CERTIFICATES)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_a_certificate_that_is_not_good(serve, reach, mint, sink, kind, version):
    server = serve(context(bad_certificate(mint, kind), maximum_version=version))
    assert CERTIFICATES[kind][1] in fails(reach(server), sink, "server_certificate_invalid")
    assert server.requests == 0, "no credential was shown"


def test_an_authority_that_is_not_known(serve, reach, mint, sink, tmp_path):
    server = serve(context(Mint(tmp_path / "other", "Another mint").issue("fine")))
    assert "local issuer" in fails(reach(server), sink, "server_certificate_invalid") and server.requests == 0


def test_a_server_that_only_speaks_an_old_version(serve, reach, mint, sink):
    old = context(mint.issue("old"))
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    fails(reach(serve(old)), sink, "tls_error")


def silence(connection):
    connection.recv(65536)
    connection.recv(1)  # until the gateway hangs up


def half(connection):
    """The beginning of a ServerHello."""
    connection.recv(65536)
    connection.sendall(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + bytes(20))


def half_and_reset(connection):
    half(connection)
    reset(connection)


def nothing(connection):
    connection.recv(65536)


def plain(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")


def alert(connection):
    connection.recv(65536)
    connection.sendall(b"\x15\x03\x03\x00\x02\x02\x28")  # fatal: handshake_failure


@pytest.mark.parametrize("raw, error", [
    (silence, "connect_timeout"), (half, "connection_error|tls_error"), (half_and_reset, "connection_error|tls_error"),
    (nothing, "connection_error|tls_error"), (plain, "tls_error"), (alert, "tls_error")], ids=lambda value: getattr(value, "__name__", ""))
def test_a_handshake_that_does_not_come_to_its_end(serve, reach, sink, raw, error):
    gateway = reach(serve(raw=raw))
    answer = gateway.messages(gateway.issue())
    request_id = is_our_error(answer, 529, "overloaded_error")
    span = attempt(sink, leaves_its_traces(gateway, sink, request_id, 529))
    assert span.attributes["error.type"] in error.split("|") and span.attributes["tollgate.outcome"] == "unreachable"
    assert span.end - span.begin < 5e9


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_a_server_that_wants_a_certificate_of_ours(serve, reach, mint, sink, version):
    """We have none. With TLS 1.3 the server says so only after the request has gone out; it was not served.

    Its alert may be overtaken by the reset of the connection."""
    asking = context(mint.issue("asking"), maximum_version=version)
    asking.load_verify_locations(mint.certificate)
    asking.verify_mode = ssl.CERT_REQUIRED
    server = serve(asking, lambda secure, request: answer_well(secure, request))
    gateway = reach(server)
    answer = gateway.messages(gateway.issue())
    is_our_error(answer, 529, "overloaded_error")
    span = attempt(sink, sink.request_span(answer.header("request-id")))
    assert (span.attributes["tollgate.outcome"], span.attributes["error.type"]) in [
        ("unreachable", "tls_error"), ("unreachable", "connection_error"), ("cut", "cut")]
    assert server.requests == 0


def test_a_server_that_would_like_a_certificate_of_ours(serve, reach, mint):
    asking = context(mint.issue("liking"))
    asking.load_verify_locations(mint.certificate)
    asking.verify_mode = ssl.CERT_OPTIONAL
    gateway = reach(serve(asking, answer_well))
    assert gateway.messages(gateway.issue()).json == WHOLE


# Endings

def answer_well(secure, request):
    secure.sendall(head(JSON, b"content-length: %d" % len(BODY)) + BODY)
    return True


def sends(*pieces, goodbye=False, wait=None):
    """Send that, then close the socket; with a goodbye of TLS, or without; `wait` keeps the socket open until then."""

    def serve(secure, request):
        for piece in pieces:
            secure.sendall(piece)
        if goodbye:
            say_goodbye(secure)
        if wait:
            wait.wait(20)
        return False

    return serve


LENGTH = b"content-length: %d" % len(BODY)
CHUNKED = b"transfer-encoding: chunked"


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


@pytest.mark.parametrize("goodbye", [False, True], ids=["without close_notify", "with close_notify"])
@pytest.mark.parametrize("fields, pieces", [((LENGTH,), [BODY[:100]]), ((), [BODY[:100]]), ((CHUNKED,), [chunk(BODY[:100])])],
                         ids=["of known length", "of open length", "in chunks"])
def test_a_whole_answer_that_ends_in_its_middle(serve, reach, mint, goodbye, fields, pieces):
    """Where nothing but the end of the connection says how long the answer is, only close_notify makes it an end."""
    gateway = reach(serve(context(mint.issue("middle")), sends(head(JSON, *fields), *pieces, goodbye=goodbye)))
    answer = gateway.messages(gateway.issue())
    (row,) = gateway.ledger.closed(1)
    if goodbye and not fields:
        assert answer.complete and answer.body == BODY[:100]
    else:
        assert not answer.complete and row["outcome"] == "cut" and row["error_type"] == "cut"
    assert row["estimated"]


@pytest.mark.parametrize("goodbye", [False, True], ids=["without close_notify", "with close_notify"])
@pytest.mark.parametrize("chunked", [False, True], ids=["of open length", "in chunks"])
def test_a_stream_that_ends_in_its_middle(serve, reach, mint, sink, goodbye, chunked):
    form = chunk if chunked else bytes
    pieces = [form(event) for event in EVENTS[:4]]
    gateway = reach(serve(context(mint.issue("middle")), sends(head(STREAM, *[CHUNKED] * chunked), *pieces, goodbye=goodbye)))
    answer = gateway.messages(gateway.issue(), prompt(stream=True))
    assert answer.complete and answer.events[-1]["type"] == "error" and answer.body.startswith(b"".join(EVENTS[:4]))
    (row,) = gateway.ledger.closed(1)
    assert row["outcome"] == "cut" and row["estimated"]
    assert attempt(sink, sink.request_span(answer.header("request-id"))).attributes["error.type"] == "cut"


@pytest.mark.parametrize("chunked", [False, True], ids=["of open length", "in chunks"])
def test_a_stream_that_was_whole_when_the_connection_broke(serve, reach, mint, chunked):
    """`message_stop` has come: the client has everything, and nothing failed for it."""
    form = chunk if chunked else bytes
    pieces = [form(event) for event in EVENTS]
    gateway = reach(serve(context(mint.issue("late")), sends(head(STREAM, *[CHUNKED] * chunked), *pieces)))
    answer = gateway.messages(gateway.issue(), prompt(stream=True))
    assert answer.complete and answer.body == b"".join(EVENTS)
    (row,) = gateway.ledger.closed(1)
    assert row["outcome"] == "ok" and not row["estimated"]


@pytest.mark.parametrize("goodbye", [False, True], ids=["without close_notify", "with close_notify"])
def test_a_connection_that_ends_behind_a_whole_answer(serve, reach, mint, goodbye):
    """The next request takes a new connection."""
    server = serve(context(mint.issue("behind")), sends(head(JSON, LENGTH), BODY, goodbye=goodbye))
    gateway = reach(server)
    key = gateway.issue()
    for _ in range(3):
        assert gateway.messages(key).json == WHOLE
    assert server.handshakes == 3


def test_a_server_that_closes_its_half_only(serve, reach, mint):
    """close_notify is the end of an answer of open length, though the connection stays open."""
    hold = threading.Event()
    try:
        gateway = reach(serve(context(mint.issue("half")), sends(head(JSON), BODY, goodbye=True, wait=hold)))
        answer = gateway.messages(gateway.issue(), timeout=1.5)
        assert answer.complete and answer.json == WHOLE
    finally:
        hold.set()


def test_a_record_that_was_tampered_with(serve, reach, mint, sink):
    def tampering(secure, request):
        secure.sendall(head(STREAM, CHUNKED) + chunk(EVENTS[0]))
        with socket.socket(fileno=socket.dup(secure.fileno())) as bare:
            bare.sendall(b"\x17\x03\x03\x00\x40" + bytes(64))
        return False

    gateway = reach(serve(context(mint.issue("tampered")), tampering))
    answer = gateway.messages(gateway.issue(), prompt(stream=True))
    assert [event["type"] for event in answer.events] == ["message_start", "error"]
    assert attempt(sink, sink.request_span(answer.header("request-id"))).attributes["error.type"] == "cut"


@pytest.fixture
def renegotiating(mint):
    server = RenegotiatingServer(mint.issue("renegotiating"))
    yield server
    server.stop()


def test_renegotiation_in_the_middle_of_an_answer_is_refused(renegotiating, reach, sink):
    """The client is not kept waiting: the stream goes on, or it ends with an error, as the server likes."""
    gateway = reach(renegotiating)
    key, found = gateway.issue(), []
    asking = threading.Thread(target=lambda: found.append(gateway.messages(key, prompt(stream=True), timeout=8)))
    asking.start()
    eventually(lambda: b"POST /v1/messages" in renegotiating.output, "the request arrives")
    renegotiating.say(head(STREAM, CHUNKED) + chunk(EVENTS[0]))
    renegotiating.say(b"R\n")
    eventually(lambda: b"no_renegotiation" in renegotiating.output, "the gateway says no")
    try:
        renegotiating.say(chunk(messages.frame({"type": "message_stop"})) + b"0\r\n\r\n")
    except OSError:
        pass
    asking.join(10)
    assert found[0].complete and found[0].events[-1]["type"] in ("message_stop", "error")


# Fallbacks

FALLS = {
    "expired": lambda mint: {"tls": context(bad_certificate(mint, "expired"))},
    "another host": lambda mint: {"tls": context(bad_certificate(mint, "another host"))},
    "silent": lambda mint: {"raw": silence},
    "half a handshake": lambda mint: {"raw": half},
    "no TLS": lambda mint: {"raw": plain},
    "cut before the answer": lambda mint: {"tls": context(mint.issue("cut")), "serve": sends()},
    "cut in the head": lambda mint: {"tls": context(mint.issue("cut")), "serve": sends(b"HTTP/1.1 200 OK\r\ncontent-ty")},
}


@pytest.mark.parametrize("fault", FALLS)
@pytest.mark.parametrize("stream", [False, True])
def test_the_next_target_serves(serve, make_gateway, mint, second, sink, fault, stream):
    server = serve(**FALLS[fault](mint))
    own = {"ca_file": str(mint.certificate), "timeouts": {"connect": "400ms"}}
    gateway, key = two_targets(make_gateway(), server, second, providers={"first": own}, loops="1")
    answer = ask(gateway, key, stream=stream)
    assert answer.status == 200 and answer.header("x-tollgate-target").startswith("last/"), answer.body
    first, last = attempts(gateway, 2)
    assert first["outcome"] in ("unreachable", "cut", "malformed") and first["cost_nano_usd"] == 0 and last["outcome"] == "ok"
    spans = chats(sink, 2)
    assert spans[0].status == ERROR and spans[0].attributes["error.type"] == first["error_type"]
