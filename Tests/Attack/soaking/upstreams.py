"""Providers that answer as each request asks them to (`soak:` words in its last prompt), and remember what they saw, in little."""

import random
import re

from elsewhere import PROVIDERS
from rig.answers import Message, Raw, error, tool
from rig.bedrock_answers import failure as bedrock_failure
from rig.gemini_answers import failure as gemini_failure
from rig.openai_upstream import failure as openai_failure
from rig.replies import Usage, reply
from rig.upstream import Hang, Upstream

ORDER = re.compile(rb"soak:(\w+) words=(\d+) pace=(\d+)")
KINDS = ("responses", "chat", "gemini", "bedrock-converse", "bedrock-claude")


class Book:
    """What all providers saw: by the span id of each request, its trace, fault, outcome and the usage that was claimed."""

    def __init__(self):
        self.seen, self.double, self.open, self.closing = {}, 0, 0, False

    def add(self, provider, request, fault):
        span = request.span_id
        self.double += span in self.seen
        usage = request.usage if request.outcome == "answered" else None
        self.seen[span] = (request.trace_id, provider, request.path, fault, request.outcome, usage)


def order(body):
    """The last order in a body: conversations carry those of their earlier turns."""
    found = ORDER.findall(body)
    return (found[-1][0].decode(), int(found[-1][1]), int(found[-1][2]) / 1000) if found else ("none", 10, 0)


def noted(server, name, book):
    """Let a stand-in write into the book, and keep nothing itself."""
    server._record = False
    answer = server._answer

    async def answer_and_note(exchange):
        book.open += 1
        try:
            return await answer(exchange)
        finally:
            book.open -= 1
            book.add(name, exchange.request, order(exchange.request.body)[0])
            exchange.request.body = b""

    server._answer = answer_and_note
    return server


class Anthropic:
    """Of the accounts that speak Messages. `faulty` false: the one that fallbacks go to, which takes no orders to fail."""

    def __init__(self, seed, faulty=True):
        self._random, self._faulty = random.Random(seed), faulty

    async def __call__(self, exchange):
        fault, words, pace = order(exchange.request.body)
        if fault.startswith("first_"):
            fault = fault.removeprefix("first_") if self._faulty else "none"
        await self._answer(fault, words, pace)(exchange)

    def _answer(self, fault, words, pace):
        draw = self._random
        usage = {"input_tokens": draw.randrange(1, 5000), "cache_creation_input_tokens": draw.randrange(900),
                 "cache_read_input_tokens": draw.randrange(90_000), "output_tokens": draw.randrange(1, 3000)}
        broken = {
            "s429": error(429, "rate_limit_error", retry_after="1"), "s500": error(500, "api_error"),
            "s529": error(529, "overloaded_error"), "empty": Raw(b""), "rubbish": Raw(b"rubbish\r\n\r\n"), "reset": Hang("reset"),
            "hang": Message(wait=60)}
        if fault in broken:
            return broken[fault]
        midway = {"mid_cut": "cut", "mid_reset": "reset", "mid_hang": "hang", "mid_error": "overloaded_error"}.get(fault, "")
        tools = [tool("Bash", command=f"ls {draw.randrange(100)}")] if fault == "tool" else []
        return Message(text="word " * words, usage=usage, size=40, pace=pace, fail=midway, tools=tools)


class Translated:
    """Of the others: `failure` makes a status in their shape."""

    def __init__(self, seed, failures):
        self._random, self._failures = random.Random(seed), failures

    async def __call__(self, exchange):
        fault, words, pace = order(exchange.request.body)
        if fault in self._failures:
            return await self._failures[fault](exchange)
        draw = self._random
        usage = Usage(input=draw.randrange(1, 5000), cached=draw.randrange(90_000), output=draw.randrange(1, 3000))
        midway = {"mid_cut": "cut", "mid_reset": "reset", "mid_hang": "hang"}.get(fault, "")
        await reply("word " * words, usage=usage, size=40, pace=pace, fail=midway, fail_after=2 if midway else 5)(exchange)


def failures(kind):
    broken = {"reset": Hang("reset"), "empty": Raw(b"")}
    if kind in ("responses", "chat"):
        return broken | {"s429": openai_failure(429), "s500": openai_failure(500), "s529": openai_failure(503)}
    if kind == "gemini":
        return broken | {"s429": gemini_failure(429, "RESOURCE_EXHAUSTED"), "s500": gemini_failure(500, "INTERNAL"),
                         "s529": gemini_failure(503, "UNAVAILABLE")}
    return broken | {"s429": bedrock_failure(), "s500": bedrock_failure("InternalServerException"),
                     "s529": bedrock_failure("ServiceUnavailableException")}


def start(book, seed):
    """The two accounts of Anthropic, and one of each other kind: by name."""
    servers = {"main": Upstream(), "second": Upstream()} | {kind: PROVIDERS[kind].make() for kind in KINDS}
    for place, (name, server) in enumerate(servers.items()):
        noted(server, name, book).start()
        server.answers(Anthropic(seed + place, faulty=name == "main") if name in ("main", "second")
                       else Translated(seed + place, failures(name)))
    return servers
