"""An OTLP/HTTP receiver that decodes with the official protobuf classes and keeps what it got."""

import dataclasses
import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from rig.waiting import eventually

REQUESTS = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}
SERVER, CLIENT = 2, 3  # span kinds
ERROR = 2  # status code


@dataclasses.dataclass
class Span:
    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    begin: int
    end: int
    status: int
    attributes: dict
    resource: dict
    events: list  # of (name, attributes)
    links: list = dataclasses.field(default_factory=list)  # of (trace id, span id, attributes)
    flags: int = 0


@dataclasses.dataclass
class Point:
    """One point of a metric: `value` for sums and gauges, `count` and `total` for histograms."""

    name: str
    unit: str
    attributes: dict
    value: float = 0
    count: int = 0
    total: float = 0
    at: int = 0
    begin: int = 0
    cumulative: bool = True


@dataclasses.dataclass
class Record:
    """A log record: an event if it has a name."""

    name: str
    severity: int
    text: str
    body: str
    trace_id: str
    span_id: str
    at: int
    observed: int
    attributes: dict
    resource: dict


def value_of(value):
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [value_of(item) for item in value.array_value.values]
    return getattr(value, kind) if kind else None


def attributes_of(pairs):
    return {pair.key: value_of(pair.value) for pair in pairs}


def spans_in(request):
    for group in request.resource_spans:
        resource = attributes_of(group.resource.attributes)
        for scope in group.scope_spans:
            for span in scope.spans:
                yield Span(
                    span.name, span.kind, span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex(),
                    span.start_time_unix_nano, span.end_time_unix_nano, span.status.code,
                    attributes_of(span.attributes), resource,
                    [(event.name, attributes_of(event.attributes)) for event in span.events],
                    [(link.trace_id.hex(), link.span_id.hex(), attributes_of(link.attributes)) for link in span.links],
                    span.flags)


def records_in(request):
    for group in request.resource_logs:
        resource = attributes_of(group.resource.attributes)
        for scope in group.scope_logs:
            for record in scope.log_records:
                yield Record(
                    record.event_name, record.severity_number, record.severity_text, value_of(record.body),
                    record.trace_id.hex(), record.span_id.hex(), record.time_unix_nano, record.observed_time_unix_nano,
                    attributes_of(record.attributes), resource)


def points_in(request):
    for group in request.resource_metrics:
        for scope in group.scope_metrics:
            for metric in scope.metrics:
                kind = metric.WhichOneof("data")
                data = getattr(metric, kind)
                cumulative = getattr(data, "aggregation_temporality", 2) == 2
                for point in data.data_points:
                    made = Point(metric.name, metric.unit, attributes_of(point.attributes), at=point.time_unix_nano,
                                 begin=point.start_time_unix_nano, cumulative=cumulative)
                    if kind == "histogram":
                        made.count, made.total = point.count, point.sum
                    else:
                        made.value = getattr(point, point.WhichOneof("value"))
                    yield made


class Sink:
    """The receiver. `faults` holds (status, headers) pairs to answer the next posts with instead of taking them."""

    def __init__(self):
        self.raw, self.headers, self.faults = [], [], []
        self._spans, self._points, self._records, self._lock = {}, [], [], threading.Lock()
        self.duplicates = 0
        handler = type("Handler", (_Handler,), {"sink": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self):
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def take(self, path, headers, data):
        """Decode one post; the answer's status and headers."""
        with self._lock:
            if self.faults:
                return self.faults.pop(0)
            self.raw.append(data)
            self.headers.append(headers)
            if path not in REQUESTS:
                return 404, {}
            request = REQUESTS[path]()
            request.ParseFromString(data)
            if path == "/v1/traces":
                for span in spans_in(request):
                    self.duplicates += span.span_id in self._spans
                    self._spans[span.span_id] = span
            elif path == "/v1/metrics":
                self._points += points_in(request)
            elif path == "/v1/logs":
                self._records += records_in(request)
        return 200, {}

    @property
    def spans(self):
        with self._lock:
            return list(self._spans.values())

    @property
    def points(self):
        with self._lock:
            return list(self._points)

    @property
    def records(self):
        with self._lock:
            return list(self._records)

    def events(self, name, **attributes):
        """Events by their name, with such attributes (`__` for a dot)."""
        wanted = {key.replace("__", "."): value for key, value in attributes.items()}
        return [record for record in self.records
                if record.name == name and wanted.items() <= record.attributes.items()]

    def named(self, start):
        return [span for span in self.spans if span.name.startswith(start)]

    def request_span(self, request_id, seconds=10):
        """The SERVER span of a request."""
        found = eventually(
            lambda: [s for s in self.spans if s.kind == SERVER and s.attributes.get("tollgate.request.id") == request_id],
            f"a SERVER span for {request_id} arrives", seconds)
        assert len(found) == 1, found
        return found[0]

    def latest(self, name, **attributes):
        """For each attribute set of a metric the newest point."""
        newest = {}
        for point in self.points:
            wanted = all(point.attributes.get(key.replace("__", ".")) == value for key, value in attributes.items())
            if point.name == name and wanted:
                newest[tuple(sorted((key, str(value)) for key, value in point.attributes.items()))] = point
        return list(newest.values())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    sink = None

    def log_message(self, *_):
        pass

    def do_POST(self):
        data = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            data = gzip.decompress(data)
        status, headers = self.sink.take(self.path, {name.lower(): value for name, value in self.headers.items()}, data)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", "0")
        self.end_headers()
