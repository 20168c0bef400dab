"""An OTLP/gRPC receiver on grpcio: it decodes with the official classes and keeps what it got, or fails as it is told."""

import concurrent.futures
import dataclasses
import threading
import time

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration

from rig.otlp import Sink

PATHS = {
    f"/opentelemetry.proto.collector.{signal}.v1.{service}Service/Export": f"/v1/{name}"
    for signal, service, name in (("trace", "Trace", "traces"), ("metrics", "Metrics", "metrics"), ("logs", "Logs", "logs"))
}


def field(number, data):
    """A length-delimited field of a protobuf message, of less than 16 KiB."""
    length = bytes([len(data)]) if len(data) < 128 else bytes([len(data) & 127 | 128, len(data) >> 7])
    return bytes([number << 3 | 2]) + length + data


def retry_info(seconds):
    """`google.rpc.Status` with the time to wait among its details."""
    wait = Duration()
    wait.FromNanoseconds(int(seconds * 1e9))
    detail = Any(type_url="type.googleapis.com/google.rpc.RetryInfo", value=field(1, wait.SerializeToString()))
    return b"\x08\x08" + field(3, detail.SerializeToString())


@dataclasses.dataclass
class Fault:
    """What one call gets instead of being taken: a status, perhaps late, perhaps with RetryInfo."""

    code: grpc.StatusCode = None
    words: str = "as told"
    retry_after: float = None
    delay: float = 0
    answer: bytes = None
    calls: str = "/v1/traces"


class GRPCSink(Sink):
    """`faults` holds `Fault`s for the next calls; `calls` has (path, metadata, time, peer identity) of each call."""

    def __init__(self, credentials=None, options=(), port=0):
        super().__init__()
        self._server.server_close()
        self.calls, self._guard = [], threading.Lock()
        self._credentials, self._options, self._port = credentials, options, port
        self._scheme = "https" if credentials else "http"

    def start(self):
        pool = concurrent.futures.ThreadPoolExecutor(8)
        self._grpc = grpc.server(pool, options=[("grpc.so_reuseport", 0), *self._options])
        self._grpc.add_generic_rpc_handlers((_Calls(self),))
        address = f"127.0.0.1:{self._port}"
        self._port = (
            self._grpc.add_secure_port(address, self._credentials) if self._credentials
            else self._grpc.add_insecure_port(address))
        self._grpc.start()
        self.url = f"{self._scheme}://{'localhost' if self._credentials else '127.0.0.1'}:{self._port}"
        return self

    def stop(self, grace=None):
        self._grpc.stop(grace).wait(10)

    def calls_of(self, path):
        with self._guard:
            return [call for call in self.calls if call[0] == path]

    def call(self, path, data, context):
        metadata = dict(context.invocation_metadata())
        with self._guard:
            identity = context.peer_identities()
            self.calls.append((path, metadata, time.monotonic(), identity))
            fault = next((fault for fault in self.faults if fault.calls == path), None)
            if fault:
                self.faults.remove(fault)
        if fault:
            time.sleep(fault.delay)
            if fault.retry_after is not None:
                context.set_trailing_metadata((("grpc-status-details-bin", retry_info(fault.retry_after)),))
            if fault.code:
                context.abort(fault.code, fault.words)
        with self._guard:
            faults, self.faults = self.faults, []
            try:
                self.take(path, metadata, data)
            finally:
                self.faults = faults
        return fault.answer if fault and fault.answer is not None else b""


class _Calls(grpc.GenericRpcHandler):
    def __init__(self, sink):
        self._sink = sink

    def service(self, details):
        path = PATHS.get(details.method)
        if path is None:
            return None
        return grpc.unary_unary_rpc_method_handler(lambda data, context: self._sink.call(path, data, context))
