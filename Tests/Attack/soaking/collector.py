"""A collector that fails now and then, and counts what it took instead of keeping it."""

import random
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from rig.unreliable import UnreliableSink

FAULTS = [(503, {}, b""), (429, {"retry-after": "1"}, b""), "reset", "cut", "garbage", "hang"]


class Nothing(list):
    """A list that forgets."""

    def append(self, _):
        pass


class Collector(UnreliableSink):
    """One post in fifty fails; for a minute in every ten all do."""

    def __init__(self, seed, outage_every=600, outage=60):
        super().__init__()
        self.posts = Nothing()
        self.chats, self.servers, self.taken, self.failed, self.negative, self.events = set(), {}, 0, 0, 0, 0
        self._random, self._began = random.Random(seed), time.monotonic()
        self._every, self._outage, self.calm = outage_every, outage, False
        self.behave = self._behave

    def _behave(self, path, data):
        away = (time.monotonic() - self._began) % self._every > self._every - self._outage
        if self.calm or not (away or self._random.random() < 0.02):
            return None
        self.failed += 1
        return (503, {}, b"") if away else self._random.choice(FAULTS)

    def take(self, path, headers, data):
        with self._lock:
            self.taken += 1
            if path != "/v1/traces":
                return
            request = ExportTraceServiceRequest()
            request.ParseFromString(data)
            for group in request.resource_spans:
                for scope in group.scope_spans:
                    for span in scope.spans:
                        self.negative += span.end_time_unix_nano < span.start_time_unix_nano
                        self.events += 1
                        if span.kind == 3 and span.name.startswith("chat "):
                            self.chats.add(span.span_id.hex())
