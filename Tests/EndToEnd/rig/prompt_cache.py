"""A prompt cache as Anthropic keeps one, for the upstream stand-in: what it reads, writes and bills follows from the bodies."""

import dataclasses
import hashlib
import json
import time

from rig.answers import Message

LOOKBACK, MINIMUM = 20, 1024


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def without_marks(value):
    """The same without any cache_control."""
    if isinstance(value, dict):
        return {name: without_marks(member) for name, member in value.items() if name != "cache_control"}
    return [without_marks(member) for member in value] if isinstance(value, list) else value


def blocks(content):
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def parts(body):
    """What is cached one by one: each with its breakpoint, if it has one."""
    for tool in body.get("tools", []):
        yield "tool", tool
    for block in blocks(body.get("system", [])):
        yield "system", block
    turn = {name: body[name] for name in ("tool_choice", "thinking", "output_config") if name in body}
    yield "parameters", turn
    for message in body["messages"]:
        for block in blocks(message["content"]):
            yield message["role"], block


@dataclasses.dataclass
class Entry:
    tokens: int
    ends: float
    ttl: int


class PromptCache:
    """Answers in turn what it is told, with the usage that its cache gives. A token is four bytes."""

    def __init__(self, *script):
        self.script, self.usages, self.entries = list(script), [], {}
        self.ahead = 0  # seconds by which its clock is ahead

    async def __call__(self, exchange):
        # What it answers with is in the cache for whoever comes next; two at once find the same.
        usage = self.bill(exchange.request)
        answer = self.script.pop(0) if self.script else Message()
        if isinstance(answer, Message):
            self.usages.append(usage)
            answer = dataclasses.replace(answer, usage=usage)
        await answer(exchange)

    def bill(self, request):
        now = time.time() + self.ahead
        account = (request.header("x-api-key"), request.json["model"], request.json.get("speed"))
        state, tokens, prefixes, marks = hashlib.sha256(repr(account).encode()), 0, [], []
        for kind, part in parts(request.json):
            plain = compact(without_marks(part))
            state.update(kind.encode() + plain)
            if kind != "parameters":
                tokens += len(plain) // 4
                prefixes.append((state.hexdigest(), tokens))
                if mark := part.get("cache_control"):
                    marks.append((len(prefixes) - 1, mark.get("ttl", "5m")))
        read = max((self._found(prefixes, place, now) for place, _ in marks), default=0)
        written = prefixes[marks[-1][0]][1] - read if marks else 0
        if written + read < MINIMUM:
            written = 0
        hour = written if written and marks[-1][1] == "1h" else 0
        for place, ttl in marks:
            digest, size = prefixes[place]
            if size >= MINIMUM:
                seconds = 3600 if ttl == "1h" else 300
                self.entries[digest] = Entry(size, now + seconds, seconds)
        return {"input_tokens": tokens - read - written, "cache_creation_input_tokens": written, "cache_read_input_tokens": read,
                "output_tokens": 20, **({"cache_write_1h": hour} if hour else {})}

    def _found(self, prefixes, place, now):
        for digest, tokens in reversed(prefixes[max(0, place + 1 - LOOKBACK):place + 1]):
            entry = self.entries.get(digest)
            if entry and entry.ends > now:
                entry.ends = now + entry.ttl
                return tokens
        return 0

    def forget(self):
        self.entries.clear()
