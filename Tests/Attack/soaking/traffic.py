"""What clients do, at a steady rate, and what may come of each request: everything else is a failure."""

import asyncio
import collections
import json
import random
import secrets
import time
import uuid

from soaking.lines import STAGES, Lines
from soaking.upstreams import KINDS

MODEL = "claude-sonnet-5-5"
OVERLOADED = {529}
AT_ONCE = 80  # requests under way at most: this is about time, not about load
BEFORE = {"s429": {429}, "s500": {500}, "s529": {529}, "empty": OVERLOADED, "rubbish": OVERLOADED, "reset": OVERLOADED, "hang": OVERLOADED}
MIDWAY = ("mid_cut", "mid_reset", "mid_hang", "mid_error")
SHARES = {  # how many of a thousand requests
    "json": 240, "stream": 240, "session": 160, "translated": 100, "count_tokens": 40, "telemetry": 40, "fault": 50, "translated fault": 15,
    "fallback": 30, "refused connection": 10, "abort": 40, "dead key": 10, "doubtful key": 4, "spent": 5, "limited": 4, "middling body": 9,
    "big body": 3,
}


class KeyChanged(Exception):
    """The key was good when it was taken, and not any more when the request arrived."""


class Talk:
    """One session of Claude Code: it grows for some turns, is compacted, and one time in thirty another session begins in its place."""

    def __init__(self, draw):
        self.id, self.turns, self.messages, self.busy = str(uuid.uuid4()), draw.randrange(4, 30), [], False
        self.prompt = str(uuid.uuid4())

    def next(self, draw):
        if len(self.messages) < 2 * self.turns:
            return self
        if draw.random() < 1 / 30:
            return Talk(draw)
        self.messages, self.turns = [], draw.randrange(4, 30)
        return self


class Traffic:
    def __init__(self, address, people, seed, rate, only=None, talks=24):
        self._lines, self._people, self._random, self._rate = Lines(address), people, random.Random(seed), rate
        self._talks = [Talk(self._random) for _ in range(talks)]
        self._names = [name for name in SHARES if not only or name in only]
        self._weights = [SHARES[name] for name in self._names]
        self.under_way, self.stopped = set(), False
        self.counts, self.bad, self.sent, self.complete = collections.Counter(), [], 0, {}
        self.put_off, self._big = 0, asyncio.Lock()
        self.slowest = collections.deque(maxlen=400)

    async def run(self, until):
        """Ask at the rate until then, and wait for what is under way."""
        began, place = time.monotonic(), 0
        while time.monotonic() < until:
            place += 1
            await asyncio.sleep(max(0, began + place / self._rate - time.monotonic()))
            if len(self.under_way) >= AT_ONCE:
                self.put_off += 1
                continue
            task = asyncio.create_task(self._one(self._random.choices(self._names, self._weights)[0]))
            self.under_way.add(task)
            task.add_done_callback(self.under_way.discard)
        if self.under_way:
            await asyncio.wait(set(self.under_way), timeout=90)
        self._lines.close()

    async def _one(self, name):
        try:
            await getattr(self, "_" + name.replace(" ", "_"))(name)
        except KeyChanged:
            self._note(name, "its key was changed meanwhile", None)
        except Exception as problem:  # the soak itself must not break unseen
            self._note(name, "", None, f"{type(problem).__name__}: {problem}")

    # What is sent

    def _body(self, fault="none", words=None, pace=0, stream=None, model=MODEL, filler=0, messages=None):
        words = self._random.randrange(5, 120) if words is None else words
        said = f"soak:{fault} words={words} pace={pace} " + "x" * filler
        stream = self._random.random() < 0.5 if stream is None else stream
        return {"model": model, "max_tokens": 1000, "stream": stream,
                "messages": (messages or []) + [{"role": "user", "content": said}]}

    async def _ask(self, key, body, path="/v1/messages", leave="", headers=""):
        trace = secrets.token_hex(16)
        data = json.dumps(body).encode()
        head = (f"POST {path} HTTP/1.1\r\nhost: soak\r\nauthorization: Bearer {key.secret}\r\ncontent-type: application/json\r\n"
                f"anthropic-version: 2023-06-01\r\ntraceparent: 00-{trace}-{trace[:16]}-01\r\n{headers}content-length: {len(data)}\r\n\r\n")
        self.sent += 1
        began, heard_of = time.monotonic(), self._people.changes(key)
        heard = await self._lines.ask(head.encode(), data, leave)
        self.slowest.append(time.monotonic() - began)
        if heard.status == 401 and self._people.changes(key) != heard_of:
            raise KeyChanged
        return trace, heard

    def _key(self):
        return self._random.choice(self._people.good)

    # What comes of it

    def _note(self, name, detail, heard, problem=None):
        self.counts[name, detail, "failed" if problem else "as it should be"] += 1
        if problem and len(self.bad) < 2000:
            told = f"{heard.status} {heard.data[-300:]!r}" if heard else ""
            self.bad.append(f"{time.strftime('%H:%M:%S')} {name} {detail}: {problem} {told}")

    def _good(self, name, trace, heard, streamed, detail=""):
        ends = b"message_stop" in heard.data[-400:] if streamed else heard.data.endswith(b"}")
        fine = heard.whole and heard.status == 200 and ends
        if fine:
            self.complete[trace] = True
        self._note(name, detail, heard, None if fine else "it should have been answered")

    def _status(self, name, heard, wanted, detail=""):
        fine = heard.whole and heard.status in wanted
        self._note(name, detail, heard, None if fine else f"status {heard.status}, not {sorted(wanted)}")

    # Kinds of requests

    async def _json(self, name):
        trace, heard = await self._ask(self._key(), self._body(stream=False))
        self._good(name, trace, heard, False)

    async def _stream(self, name):
        trace, heard = await self._ask(self._key(), self._body(stream=True, pace=self._random.choice([0, 0, 2, 10])))
        self._good(name, trace, heard, True)

    async def _middling_body(self, name):
        body = self._body(filler=self._random.randrange(60_000, 500_000))
        trace, heard = await self._ask(self._key(), body)
        self._good(name, trace, heard, body["stream"])

    async def _big_body(self, name):
        body = self._body(filler=self._random.choice([2, 2, 4, 8]) << 20)
        async with self._big:  # one after the other
            trace, heard = await self._ask(self._key(), body)
        self._good(name, trace, heard, body["stream"])

    async def _session(self, name):
        """A turn of Claude Code, with its headers, a growing body, breakpoints, and tools in some answers."""
        free = [place for place, talk in enumerate(self._talks) if not talk.busy]
        if not free:
            return
        place = self._random.choice(free)
        talk = self._talks[place] = self._talks[place].next(self._random)
        talk.busy = True
        try:
            await self._turn(name, talk)
        finally:
            talk.busy = False

    async def _turn(self, name, talk):
        body = self._body("tool" if self._random.random() < 0.3 else "none", stream=False)
        said = [{"type": "text", "text": body["messages"][0]["content"] + " Look at it. " * 60, "cache_control": {"type": "ephemeral"}}]
        calls = [block["id"] for block in (talk.messages[-1]["content"] if talk.messages else []) if block["type"] == "tool_use"]
        results = [{"type": "tool_result", "tool_use_id": call, "content": "done"} for call in calls]
        if not calls:
            talk.prompt = str(uuid.uuid4())
        earlier = [{**message, "content": [{name: value for name, value in block.items() if name != "cache_control"}
                                           for block in message["content"]]} for message in talk.messages]
        body |= {"messages": earlier + [{"role": "user", "content": results + said}],
                 "system": [{"type": "text", "text": "Be brief. " * 100, "cache_control": {"type": "ephemeral"}}],
                 "tools": [{"name": tool, "description": "A tool. " * 20, "input_schema": {"type": "object"}} for tool in ("Bash", "Read", "Edit")]}
        headers = (f"x-claude-code-session-id: {talk.id}\r\nx-claude-code-prompt-id: {talk.prompt}\r\n"
                   "user-agent: claude-cli/2.1.329 (external, cli)\r\nx-tollgate-metadata: {\"project\": \"atlas\"}\r\n")
        trace, heard = await self._ask(self._key(), body, headers=headers)
        self._good(name, trace, heard, False)
        if heard.whole and heard.status == 200:
            talk.messages = body["messages"] + [{"role": "assistant", "content": json.loads(heard.data)["content"]}]

    async def _translated(self, name):
        kind = self._random.choice(KINDS)
        body = self._body(model=f"{kind}!", pace=self._random.choice([0, 0, 5]))
        trace, heard = await self._ask(self._key(), body)
        self._good(name, trace, heard, body["stream"], kind)

    async def _translated_fault(self, name):
        kind, fault = self._random.choice(KINDS), self._random.choice(["s429", "s500", "s529", "reset", "mid_cut", "mid_reset"])
        body = self._body(fault, model=f"{kind}!")
        _, heard = await self._ask(self._key(), body)
        self._faulted(name, heard, fault, body["stream"], f"{kind} {fault}")

    async def _fault(self, name):
        fault = self._random.choice([*BEFORE, *MIDWAY])
        body = self._body(fault, words=100)
        if fault == "mid_error":
            body["stream"] = True
        _, heard = await self._ask(self._key(), body)
        self._faulted(name, heard, fault, body["stream"], fault)

    def _faulted(self, name, heard, fault, streamed, detail):
        """A fault before the answer has its status; one in the middle ends a stream with an error, and cuts a whole answer off."""
        if fault in BEFORE:
            return self._status(name, heard, BEFORE[fault], detail)
        told = heard.whole and heard.status == 200 and b"event: error" in heard.data[-600:] if streamed else not heard.whole
        told = told or heard.whole and heard.status in (500, 529)
        self._note(name, detail, heard, None if told else "the client was not told")

    async def _fallback(self, name):
        """The first target fails, the second answers: nobody notices."""
        fault = "first_" + self._random.choice(list(BEFORE))
        body = self._body(fault, model="soak/both")
        trace, heard = await self._ask(self._key(), body)
        self._good(name, trace, heard, body["stream"], fault)

    async def _refused_connection(self, name):
        _, heard = await self._ask(self._key(), self._body(model="nobody/claude-sonnet-5-5"))
        self._status(name, heard, OVERLOADED)

    async def _abort(self, name):
        """A client that hangs up; what had been answered by then must have been right."""
        stage = self._random.choice(STAGES)
        body = self._body(words=200, pace=20, stream=True)
        _, heard = await self._ask(self._key(), body, leave=stage)
        self._note(name, stage, heard, None if heard.left == stage and heard.status in (0, 200) else "it was over before")

    async def _dead_key(self, name):
        if self._people.dead:
            _, heard = await self._ask(self._random.choice(self._people.dead), self._body())
            self._status(name, heard, {401})

    async def _doubtful_key(self, name):
        if self._people.doubtful:
            _, heard = await self._ask(self._random.choice(self._people.doubtful), self._body())
            self._status(name, heard, {200, 401})

    async def _spent(self, name):
        _, heard = await self._ask(self._people.poor, self._body())
        self._status(name, heard, {429})

    async def _limited(self, name):
        _, heard = await self._ask(self._people.slow, self._body())
        self._status(name, heard, {200, 429})

    async def _count_tokens(self, name):
        model = self._random.choice([MODEL, MODEL, "responses!", "gemini!", "bedrock-claude!"])
        body = self._body(model=model, stream=False)
        for member in ("max_tokens", "stream"):
            del body[member]
        _, heard = await self._ask(self._key(), body, path="/v1/messages/count_tokens")
        self._status(name, heard, {200}, model)

    async def _telemetry(self, name):
        signal = self._random.choice(["metrics", "logs"])
        _, heard = await self._ask(self._key(), told(self._random.choice(self._talks).id, signal), path=f"/v1/{signal}")
        self._status(name, heard, {200}, signal)


def told(session, signal):
    """What Claude Code says of itself: a delta, or an event, each once only."""
    now = time.time_ns()
    named = {"attributes": [{"key": "service.name", "value": {"stringValue": "claude-code"}}]}
    attributes = [{"key": "session.id", "value": {"stringValue": session}}]
    scope = {"name": "com.anthropic.claude_code"}
    if signal == "metrics":
        data = [{"startTimeUnixNano": str(now - 10**9), "timeUnixNano": str(now), "asDouble": 1, "attributes": attributes}]
        metric = {"name": "claude_code.commit.count", "sum": {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": data}}
        return {"resourceMetrics": [{"resource": named, "scopeMetrics": [{"scope": scope, "metrics": [metric]}]}]}
    record = {"timeUnixNano": str(now), "eventName": "claude_code.tool_result", "body": {"stringValue": "claude_code.tool_result"},
              "attributes": attributes + [{"key": "tool_name", "value": {"stringValue": "Bash"}}]}
    return {"resourceLogs": [{"resource": named, "scopeLogs": [{"scope": scope, "logRecords": [record]}]}]}
