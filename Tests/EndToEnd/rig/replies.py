"""What a stand-in of any provider can be told to say. Each provider's module writes it the way that provider does."""

import dataclasses
import itertools
import json

AUTO = "auto"  # the stand-in makes up an id, a signature


@dataclasses.dataclass
class Text:
    text: str
    state: str | None = None  # Gemini: a signature on its last part


@dataclasses.dataclass
class Thought:
    """A thought: what may be read of it, and the sealed state that has to come back."""

    text: str = ""
    state: str | None = AUTO  # encrypted_content, signature; None sends none
    redacted: bool = False  # Claude, Converse: nothing but the state


@dataclasses.dataclass
class Call:
    """A tool call. Arguments that are a string are sent as they are, valid or not."""

    name: str
    arguments: dict | str = dataclasses.field(default_factory=dict)
    id: str | None = AUTO
    state: str | None = AUTO  # Gemini: the signature of the call

    @property
    def json(self):
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments, ensure_ascii=False)


@dataclasses.dataclass
class Refusal:
    text: str


@dataclasses.dataclass
class Usage:
    """Tokens counted apart: `input` is neither cached nor written, `output` holds `reasoning`."""

    input: int = 10
    written: int = 0
    cached: int = 3000
    output: int = 40
    reasoning: int = 0
    ticks: int | None = None  # xAI: what the request cost
    tier: str | None = None  # the service tier that is claimed to have served it

    @property
    def prompt(self):
        return self.input + self.written + self.cached

    @property
    def anthropic(self):
        return {"input_tokens": self.input, "cache_creation_input_tokens": self.written,
                "cache_read_input_tokens": self.cached, "output_tokens": self.output}


@dataclasses.dataclass
class Rendered:
    """A reply in one provider's words: the whole body, or the pieces of a stream."""

    content_type: str
    frames: list
    headers: dict = dataclasses.field(default_factory=dict)
    streamed: bool = True


QUIRKS = {
    "no_usage", "no_done", "prefilter",  # chat: without the usage chunk, without [DONE], Azure's first chunk without choices
    "think_tags", "missing_think_tag", "reasoning_content", "reasoning",  # compatible servers: where thoughts are
    "whole_calls", "no_index", "object_arguments", "stop_with_calls",  # ... and how they write calls (see also Call.id None)
    "no_deltas", "phases",  # responses: the arguments only in the last event; messages name their phase
    "no_padding", "no_metrics", "no_metadata",  # bedrock
    "empty_part", "no_signatures",  # gemini: the signature on an empty text part at the end; none at all
}


@dataclasses.dataclass
class Reply:
    """An answer, whole or streamed as the request asks, and the ways in which its stream can go wrong."""

    parts: list
    stop: str | None = None  # length, filter, blocked, stop_sequence, or the provider's own word; None: as the parts imply
    usage: Usage | None = dataclasses.field(default_factory=Usage)
    size: int = 12  # characters in one delta
    bytes: int = 0  # cut the body into pieces of so many bytes
    interleaved: bool = False  # the parts that may overlap do: parallel calls, delta by delta
    quirks: tuple = ()
    headers: dict = dataclasses.field(default_factory=dict)
    wait: float = 0  # seconds before the status line
    pace: float = 0  # seconds before each event
    gate: object = None  # wait here ...
    gate_after: int = 3  # ... after so many events
    fail: str = ""  # cut, reset, hang, crc, or what the provider calls an error in a stream ...
    fail_after: int = 5  # ... after so many events

    def __post_init__(self):
        assert set(self.quirks) <= QUIRKS, f"unknown quirks: {set(self.quirks) - QUIRKS}"
        self.parts = [Text(part) if isinstance(part, str) else part for part in self.parts]

    @property
    def calls(self):
        return [part for part in self.parts if isinstance(part, Call)]

    async def __call__(self, exchange):
        if self.wait:
            await exchange.pause(self.wait)
        request = exchange.request
        rendered = exchange.upstream.render(request, self)
        if rendered.streamed:
            await self._stream(exchange, rendered)
        else:
            await self._whole(exchange, rendered)
        if request.outcome == "open" and self.usage and "no_usage" not in self.quirks:
            request.usage = self.usage.anthropic

    async def _whole(self, exchange, rendered):
        data = b"".join(rendered.frames)
        headers = {"content-type": rendered.content_type, "content-length": str(len(data)), **rendered.headers, **self.headers}
        await exchange.head(200, headers)
        if self.fail:
            assert self.fail in ("cut", "reset", "hang"), f"a whole answer cannot fail with {self.fail}"
            await exchange.body(data[: len(data) // 2])
            return await self._break(exchange, b"")
        await self._send(exchange, data)

    async def _stream(self, exchange, rendered):
        await exchange.head(200, {"content-type": rendered.content_type, **rendered.headers, **self.headers})
        for place, frame in enumerate(rendered.frames):
            if self.fail and place == self.fail_after:
                return await self._break(exchange, frame)
            if self.gate and place == self.gate_after:
                await self.gate.passed()
            if self.pace:
                await exchange.pause(self.pace)
            await self._send(exchange, frame)
        assert not self.fail, f"the stream was over before it could fail: {len(rendered.frames)} events"
        await exchange.end()

    async def _send(self, exchange, data):
        step = self.bytes or len(data)
        for at in range(0, len(data), step):
            await exchange.body(data[at : at + step])

    async def _break(self, exchange, frame):
        """A stream that ends with an error ends in order, and the connection lives on."""
        if self.fail == "reset":
            return exchange.reset()
        if self.fail == "hang":
            await exchange.pause(600)
        if self.fail in ("cut", "hang"):
            return exchange.cut()
        wrong = frame[:-1] + bytes([frame[-1] ^ 1]) if self.fail == "crc" else exchange.upstream.broken(exchange.request, self.fail)
        await self._send(exchange, wrong)
        await exchange.end()
        exchange.request.outcome = "broken"


def reply(*parts, **options):
    """A reply of texts, thoughts, calls and refusals."""
    return Reply(list(parts), **options)


def merged(answer, streams):
    """The events of all parts: one part after the other, or of the calls that follow each other one event of each in turn."""
    found = []
    for together, run in itertools.groupby(zip(answer.parts, streams, strict=True), lambda pair: isinstance(pair[0], Call)):
        queues = [list(stream) for _, stream in run]
        if not (answer.interleaved and together):
            queues = [[event for queue in queues for event in queue]]
        while queues := [queue for queue in queues if queue]:
            found += [queue.pop(0) for queue in queues]
    return found
