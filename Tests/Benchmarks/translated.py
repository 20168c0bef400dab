"""Other dialects beside Tollgate's own pass-through: the same 300 events, told as Chat Completions or Responses tells them."""

import json
import statistics
import urllib.request

import bodies
import measure
import peers
import table

SIZE, NAME = 100 << 10, "100k"
DIALECTS = {"pass-through": bodies.MODEL, "Chat Completions": "gpt-4.1", "Responses": "gpt-5.5"}


def providers(upstream):
    """What Tollgate's configuration needs for it: providers and models."""
    made = [{"name": dialect, "kind": "openai", "dialect": dialect, "api_key": "k", "base_url": f"http://127.0.0.1:{upstream.port}/v1"}
            for dialect in ("chat-completions", "responses")]
    return made, [{"name": "gpt-4.1", "target": "chat-completions/gpt-4.1"}, {"name": "gpt-5.5", "target": "responses/gpt-5.5"}]


class Translated:
    def __init__(self, bench, gateway):
        self.bench, self.gateway = bench, gateway
        self.lengths = {}
        for dialect, model in DIALECTS.items():
            (bench.folder / f"{dialect}.json").write_bytes(self.body(model))

    @staticmethod
    def body(model):
        """The body of the other cases, but for the model: a shorter name leaves blanks behind the object."""
        made = bodies.body(SIZE, True).replace(bodies.MODEL.encode(), model.encode(), 1)
        return made + b" " * (SIZE - len(made))

    def length(self, dialect):
        """How long a whole answer is. The first is looked at, all others are compared with it."""
        if dialect not in self.lengths:
            request = urllib.request.Request(
                f"http://127.0.0.1:{self.gateway.port}/v1/messages?case=burst&from=tollgate", data=(self.bench.folder / f"{dialect}.json").read_bytes(),
                headers={"x-api-key": self.gateway.key, "content-type": "application/json"})
            with urllib.request.urlopen(request, timeout=10) as answer:
                whole = answer.read()
            events = [json.loads(line[6:]) for line in whole.splitlines() if line.startswith(b"data: ")]
            pieces = [event for event in events if event["type"] == "content_block_delta"]
            if len(pieces) != measure.DELTAS or events[-1]["type"] != "message_stop":
                raise peers.Failure(f"{dialect}: {len(pieces)} pieces of text, the last event is {events[-1]['type']}")
            self.bench.sent["tollgate"] = self.bench.sent.get("tollgate", 0) + 1
            self.lengths[dialect] = len(whole)
        return self.lengths[dialect]

    def one_round(self, number):
        order = list(DIALECTS) if number % 2 == 0 else list(DIALECTS)[::-1]
        return {dialect: self.measure(dialect) for dialect in order}

    def measure(self, dialect):
        body, length = self.bench.folder / f"{dialect}.json", self.length(dialect)
        before = self.gateway.schedule_ns()[0]
        result = self.bench.run(self.gateway, dialect, "burst", body, length, measure.CONNECTIONS, 0.3, self.bench.seconds, 0)
        measure.settle()
        ran = self.gateway.schedule_ns()[0] - before
        return {"rate": result["requests_per_s"], "cpu_us": ran / 1000 / max(1, result["requests"])}


def rows(rounds):
    made = [["100 KB, 300 events at once", "per s", "×", "CPU µs", "×"]]
    for dialect in DIALECTS:
        row = [dialect]
        for column in ("rate", "cpu_us"):
            row.append(table.number(statistics.median(each[dialect][column] for each in rounds)))
            ratio = statistics.median(each[dialect][column] / each["pass-through"][column] for each in rounds)
            row.append(f"{ratio:.2f}")
        made.append(row)
    return made
