"""OTLP over gRPC, and client certificates of the exporters: to a real collector, and to receivers that fail in every way."""

import socket
import ssl
import threading

import grpc
import pytest

from rig.certificates import Authority
from rig.collector import Collector
from rig.grpc_sink import Fault, GRPCSink
from rig.otlp import SERVER, Sink
from rig.ports import free_port
from rig.waiting import eventually

UNAVAILABLE, EXHAUSTED = grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.fixture
def calls():
    sink = GRPCSink().start()
    yield sink
    sink.stop()


def over_grpc(gateway, url, **variables):
    gateway.config.pop("telemetry", None)
    gateway.environment.update(
        OTEL_EXPORTER_OTLP_PROTOCOL="grpc", OTEL_EXPORTER_OTLP_ENDPOINT=url, OTEL_SERVICE_NAME="over-grpc", **variables)
    return gateway.start()


def server_spans(sink):
    return [span for span in sink.spans if span.kind == SERVER]


def ask(gateway, key, count=1):
    for _ in range(count):
        assert gateway.messages(key).status == 200


def arrive(gateway, sink, count, seconds=20):
    """So many requests' spans, each once, with the ids of the ledger."""
    eventually(lambda: len(server_spans(sink)) >= count, f"{count} SERVER spans arrive", seconds)
    wanted = {row["span_id"] for row in gateway.ledger.requests}
    eventually(lambda: {span.span_id for span in server_spans(sink)} == wanted, "the ledger's spans are there", seconds)


def dropped(sink, reason):
    return sum(point.value for point in sink.latest("tollgate.telemetry.dropped", reason=reason))


def test_a_real_collector_takes_all_signals(make_gateway, sink, tmp_path):
    with Collector(tmp_path, sink.url) as collector:
        gateway = over_grpc(make_gateway(), collector.grpc_url)
        key = gateway.issue()
        ask(gateway, key, 3)
        arrive(gateway, sink, 3)
        eventually(lambda: sink.points and sink.records, "metrics and events arrive")
        assert server_spans(sink)[0].resource["service.name"] == "over-grpc"


@pytest.mark.parametrize("packing", ["gzip", "none"])
def test_calls_are_as_grpc_wants_them(make_gateway, calls, packing):
    gateway = over_grpc(make_gateway(), calls.url, OTEL_EXPORTER_OTLP_COMPRESSION=packing,
                        OTEL_EXPORTER_OTLP_HEADERS="X-Api-Key=s%20ecret,x-scope=a")
    ask(gateway, gateway.issue(), 2)
    arrive(gateway, calls, 2)
    eventually(lambda: {call[0] for call in calls.calls} == {"/v1/traces", "/v1/metrics", "/v1/logs"}, "all signals arrive")
    metadata = calls.calls[0][1]
    assert metadata["x-api-key"] == "s ecret" and metadata["x-scope"] == "a"
    assert metadata["user-agent"].startswith("tollgate/")
    assert not [line for line in gateway.log if "the collector" in str(line)]


def test_a_batch_larger_than_the_windows_arrives(make_gateway, calls):
    gateway = over_grpc(make_gateway(), calls.url, OTEL_EXPORTER_OTLP_COMPRESSION="none", OTEL_BSP_SCHEDULE_DELAY="1500")
    ask(gateway, gateway.issue(), 120)
    arrive(gateway, calls, 120)
    assert max(len(data) for data in calls.raw) > 80_000 and calls.duplicates == 0


def test_a_batch_larger_than_the_collector_reads_is_cut(make_gateway):
    """grpcio itself refuses it, with RESOURCE_EXHAUSTED and no RetryInfo, before anyone sees it."""
    sink = GRPCSink(options=[("grpc.max_receive_message_length", 20_000)]).start()
    gateway = over_grpc(make_gateway(), sink.url, OTEL_EXPORTER_OTLP_COMPRESSION="none", OTEL_BSP_SCHEDULE_DELAY="1500")
    ask(gateway, gateway.issue(), 60)
    arrive(gateway, sink, 60)
    assert max(len(data) for data in sink.raw) <= 20_000
    eventually(lambda: sink.points, "our own figures arrive in pieces too")
    sink.stop()


def test_unavailable_is_tried_again(make_gateway, calls):
    calls.faults = [Fault(code) for code in (
        UNAVAILABLE, grpc.StatusCode.ABORTED, grpc.StatusCode.DATA_LOSS)]
    gateway = over_grpc(make_gateway(), calls.url)
    ask(gateway, gateway.issue())
    arrive(gateway, calls, 1, 30)
    gateway.logged("UNAVAILABLE as told")
    eventually(lambda: calls.latest("otel.sdk.exporter.operation.duration", error__type="grpc_unavailable"), "it is measured")
    assert not [point for point in calls.latest("otel.sdk.exporter.operation.duration")
                if "http.response.status_code" in point.attributes]
    gateway.logged("the collector takes exports again")
    assert not calls.faults and calls.duplicates == 0


def test_a_full_collector_is_left_alone_for_as_long_as_it_says(make_gateway, calls):
    calls.faults = [Fault(EXHAUSTED, retry_after=2.5)]
    gateway = over_grpc(make_gateway(), calls.url)
    ask(gateway, gateway.issue())
    arrive(gateway, calls, 1)
    first, second = [call[2] for call in calls.calls_of("/v1/traces")][:2]
    assert 2.4 <= second - first < 5


@pytest.mark.parametrize("code", [EXHAUSTED, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.INTERNAL])
def test_what_is_refused_for_good_is_counted_and_not_sent_again(make_gateway, calls, code):
    calls.faults = [Fault(code, "not like%this: ü")]
    gateway = over_grpc(make_gateway(), calls.url)
    key = gateway.issue()
    ask(gateway, key)
    eventually(lambda: not calls.faults, "the fault is used")
    gateway.logged("not like%this: \\u00fc")
    ask(gateway, key)
    eventually(lambda: len(server_spans(calls)) == 1, "later spans arrive")
    eventually(lambda: dropped(calls, f"grpc_{code.name.lower()}") > 0, "the loss is counted")


def test_partial_success_is_counted(make_gateway, calls):
    calls.faults = [Fault(answer=b"\x0a\x08\x08\x02\x12\x04full")]
    gateway = over_grpc(make_gateway(), calls.url)
    ask(gateway, gateway.issue())
    eventually(lambda: dropped(calls, "rejected") == 2, "two rejected spans are counted")
    assert gateway.logged("rejected part of an export")[0]["answer"] == "full"


def test_a_slow_collector_is_not_waited_for_beyond_the_timeout(make_gateway, calls):
    calls.faults = [Fault(UNAVAILABLE, delay=3)]
    gateway = over_grpc(make_gateway(), calls.url, OTEL_EXPORTER_OTLP_TIMEOUT="400")
    ask(gateway, gateway.issue())
    arrive(gateway, calls, 1)
    first, second = [call[2] for call in calls.calls_of("/v1/traces")][:2]
    assert 0.8 < second - first < 2.9


def test_an_answer_beyond_the_bound_ends_the_call(make_gateway, calls):
    calls.faults = [Fault(answer=b"\x0a" + b"x" * 5_000_000)]
    gateway = over_grpc(make_gateway(), calls.url)
    key = gateway.issue()
    ask(gateway, key)
    gateway.logged("too large")
    ask(gateway, key)
    eventually(lambda: len(server_spans(calls)) == 2, "later spans arrive")


def test_connections_that_the_server_retires_lose_nothing(make_gateway):
    ages = [("grpc.max_connection_age_ms", 150), ("grpc.max_connection_age_grace_ms", 100)]
    sink = GRPCSink(options=ages).start()
    gateway = over_grpc(make_gateway(), sink.url)
    key = gateway.issue()
    for _ in range(25):
        ask(gateway, key)
        threading.Event().wait(0.06)
    arrive(gateway, sink, 25)
    sink.stop()


def test_a_collector_that_goes_and_comes_back_gets_everything(make_gateway, calls):
    gateway = over_grpc(make_gateway(), calls.url)
    key = gateway.issue()
    ask(gateway, key)
    arrive(gateway, calls, 1)
    calls.stop()
    ask(gateway, key, 5)
    gateway.logged("the collector cannot be reached")
    calls.start()
    arrive(gateway, calls, 6, 30)


def test_a_server_that_does_not_speak_it_is_named(make_gateway, sink):
    gateway = over_grpc(make_gateway(), sink.url)
    ask(gateway, gateway.issue())
    assert "HTTP/2" in str(gateway.logged("does not speak HTTP/2"))


# Certificates


def identity(authority, name):
    certificate, key = authority.issue(name, usage="clientAuth")
    return {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": str(certificate), "OTEL_EXPORTER_OTLP_CLIENT_KEY": str(key),
            "OTEL_EXPORTER_OTLP_CERTIFICATE": str(authority.certificate)}


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "authority")


def test_certificates_both_ways_over_grpc(make_gateway, authority):
    certificate, key = authority.issue("collector", "DNS:localhost")
    credentials = grpc.ssl_server_credentials(
        [(key.read_bytes(), certificate.read_bytes())], authority.certificate.read_bytes(), require_client_auth=True)
    sink = GRPCSink(credentials).start()
    gateway = over_grpc(make_gateway(), sink.url, **identity(authority, "exporter"))
    ask(gateway, gateway.issue())
    arrive(gateway, sink, 1)
    assert sink.calls[0][3] == [b"exporter"]
    sink.stop()


def test_several_collectors_of_the_file_each_with_its_own_way_and_certificates(make_gateway, authority, tmp_path, calls):
    """The identity, the authority and the protocol of each count for it alone; one that goes away holds no other up."""
    strangers = Authority(tmp_path / "strangers")
    certificate, key = authority.issue("collector", "DNS:localhost")
    credentials = grpc.ssl_server_credentials(
        [(key.read_bytes(), certificate.read_bytes())], authority.certificate.read_bytes(), require_client_auth=True)
    archive, web = GRPCSink(credentials).start(), Sink()
    web_url = encrypted(web, strangers, required=True)
    web.start()

    def shown(name, by):
        certificate, key = by.issue(name, usage="clientAuth")
        return {"ca": str(by.certificate), "certificate": str(certificate), "key": str(key)}

    gateway = make_gateway()
    gateway.config["telemetry"] = {"otlp": [
        {"name": "archive", "endpoint": archive.url, "protocol": "grpc", "headers": {"x-room": "1"},
         "tls": shown("exporter", authority)},
        {"name": "web", "endpoint": web_url, "tls": shown("visitor", strangers)},
        {"name": "open", "endpoint": calls.url, "protocol": "grpc", "signals": ["traces"], "compression": "none"},
        {"name": "locked", "endpoint": archive.url, "protocol": "grpc", "tls": shown("stranger", strangers)}]}
    gateway.start()
    key = gateway.issue()
    ask(gateway, key, 2)
    for sink in (archive, web, calls):
        arrive(gateway, sink, 2)
    assert archive.calls[0][3] == [b"exporter"] and archive.calls[0][1]["x-room"] == "1"
    assert "x-room" not in calls.calls[0][1] and {call[0] for call in calls.calls} == {"/v1/traces"}
    eventually(lambda: web.points and web.records and archive.points and archive.records, "the other signals arrive")
    assert {line["destination"] for line in gateway.logged("the collector cannot be reached")} == {"locked"}
    archive.stop()
    ask(gateway, key, 3)
    arrive(gateway, web, 5)
    arrive(gateway, calls, 5)
    archive.start()
    arrive(gateway, archive, 5)
    for sink in (archive, web):
        sink.stop()


def test_without_a_certificate_such_a_collector_cannot_be_reached(make_gateway, authority):
    certificate, key = authority.issue("collector", "DNS:localhost")
    credentials = grpc.ssl_server_credentials(
        [(key.read_bytes(), certificate.read_bytes())], authority.certificate.read_bytes(), require_client_auth=True)
    sink = GRPCSink(credentials).start()
    gateway = over_grpc(make_gateway(), sink.url, OTEL_EXPORTER_OTLP_CERTIFICATE=str(authority.certificate))
    ask(gateway, gateway.issue())
    gateway.logged("the collector cannot be reached")
    assert not sink.calls
    sink.stop()


def encrypted(sink, authority, required):
    certificate, key = authority.issue("collector", "DNS:localhost")
    context = authority.server(certificate, key)
    context.set_alpn_protocols(["http/1.1"])
    if required:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority.certificate)
    sink._server.socket = context.wrap_socket(sink._server.socket, server_side=True)
    return f"https://localhost:{sink._server.server_address[1]}"


def test_certificates_both_ways_over_http(make_gateway, authority):
    sink = Sink()
    url = encrypted(sink, authority, required=True)
    sink.start()
    gateway = make_gateway()
    gateway.config.pop("telemetry", None)
    gateway.environment.update(OTEL_EXPORTER_OTLP_ENDPOINT=url, **identity(authority, "exporter"))
    gateway.start()
    ask(gateway, gateway.issue())
    arrive(gateway, sink, 1)
    sink.stop()


def test_an_encrypted_server_of_the_older_http_is_named(make_gateway, authority):
    sink = Sink()
    url = encrypted(sink, authority, required=False)
    sink.start()
    gateway = over_grpc(make_gateway(), url, OTEL_EXPORTER_OTLP_CERTIFICATE=str(authority.certificate))
    ask(gateway, gateway.issue())
    gateway.logged("the collector cannot be reached")
    sink.stop()


def test_a_connection_that_is_cut_anywhere_is_tried_again(make_gateway, calls):
    """A proxy that cuts each of the first connections after a few more bytes of the collector's answer."""
    cuts = list(range(0, 90, 9))
    port = free_port()
    listener = socket.create_server(("127.0.0.1", port))

    def relay(source, target, limit):
        left = limit
        try:
            while data := source.recv(65536):
                target.sendall(data[:left])
                left -= len(data)
                if left <= 0:
                    break
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def serve():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", calls._port))
            except OSError:
                return client.close()
            limit = cuts.pop(0) if cuts else 10**9
            threading.Thread(target=relay, args=(client, server, 10**9), daemon=True).start()
            threading.Thread(target=relay, args=(server, client, limit), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    gateway = over_grpc(make_gateway(), f"http://127.0.0.1:{port}")
    ask(gateway, gateway.issue())
    arrive(gateway, calls, 1, 60)
    eventually(lambda: not cuts, "all cuts were made", 60)
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
