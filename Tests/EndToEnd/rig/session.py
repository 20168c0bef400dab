"""A conversation as Claude Code leads it, without Claude Code; and the trace that comes of one."""

import json
import uuid

from rig.gateway import MODEL
from rig.golden import KINDS
from rig.otlp import ERROR, SERVER

TOOLS = [{"name": name, "description": "A tool. " * 20, "input_schema": {"type": "object"}} for name in ("Bash", "Read", "Agent", "Grep")]


class Conversation:
    """One session's main conversation, or that of a subagent."""

    def __init__(self, gateway, key, session=None, headers=None):
        self.gateway, self.key = gateway, key
        self.id = session or str(uuid.uuid4())
        self.headers = {"x-claude-code-session-id": self.id, "user-agent": "claude-cli/2.1.329 (external, cli)", **(headers or {})}
        self.hints, self.messages, self.answer = {}, [], None

    def subagent(self, agent, kind="general-purpose", parent=None):
        named = {"x-claude-code-agent-id": agent, "x-claude-code-agent-type": kind}
        return Conversation(self.gateway, self.key, self.id, named | ({"x-claude-code-parent-agent-id": parent} if parent else {}))

    def asks(self, text, **headers):
        """A person's prompt."""
        self.messages.append({"role": "user", "content": [{"type": "text", "text": text}]})
        return self.turn(headers)

    def answers_tools(self, reported=None, is_error=False):
        """The results of all tools that the last answer called for."""
        results = [{"type": "tool_result", "tool_use_id": block["id"], "content": "a result", "is_error": is_error}
                   for block in self.answer["content"] if block["type"] == "tool_use"]
        assert results, self.answer
        self.messages.append({"role": "user", "content": results})
        return self.turn({"x-claude-code-prev-tool-durations": reported} if reported else {})

    def turn(self, headers):
        body = {"model": MODEL, "messages": self.messages, "tools": TOOLS, "max_tokens": 1000, "stream": True}
        answer = self.gateway.messages(self.key, body, {**self.headers, **self.hints, **headers})
        if answer.status == 200:
            self.answer = read(answer.body)
            self.messages.append({"role": "assistant", "content": self.answer["content"]})
        return self

    def helps(self):
        """A request of the client's own beside the conversation: a title."""
        body = {"model": MODEL, "messages": [{"role": "user", "content": "A title, please."}], "max_tokens": 100}
        assert self.gateway.messages(self.key, body, {**self.headers, **self.hints}).status == 200


def read(stream):
    """A message from its events."""
    content = []
    for line in stream.decode().splitlines():
        if not line.startswith("data: "):
            continue
        event = json.loads(line[6:])
        if event["type"] == "content_block_start":
            content.append(dict(event["content_block"]))
        elif event["type"] == "content_block_delta" and "text" in event["delta"]:
            content[-1]["text"] += event["delta"]["text"]
    return {"content": content}


class Trace:
    """All spans of one trace."""

    def __init__(self, sink, trace):
        self.id, self.sink = trace, sink

    @property
    def spans(self):
        unique = {span.span_id: span for span in self.sink.spans if span.trace_id == self.id}
        return list(unique.values())

    @property
    def root(self):
        (root,) = [span for span in self.spans if not span.parent_id]
        return root

    def named(self, name):
        return [span for span in self.spans if span.name.startswith(name)]

    def kind(self, kind):
        return [span for span in self.spans if span.kind == kind]

    def is_connected(self):
        """Every span but the root has its parent in the trace, and begins before it ends."""
        known = {span.span_id for span in self.spans}
        lost = [(span.name, span.parent_id) for span in self.spans if span.parent_id and span.parent_id not in known]
        assert not lost, (lost, self.text())
        assert self.root.name == "invoke_agent claude-code"
        assert all(span.begin <= span.end for span in self.spans)

    def text(self):
        """The trace as a tree: names, kinds, and what tells the session; stages, which only slow ones have spans of, are left out."""
        lines = []

        def add(span, first, rest):
            lines.append(f"{first}{span.name} · {KINDS[span.kind]}{' ERROR' if span.status == ERROR else ''}  {told(span)}".rstrip())
            children = sorted((s for s in self.spans if s.parent_id == span.span_id and s.name not in STAGES), key=lambda s: s.begin)
            for child in children:
                isLast = child is children[-1]
                add(child, rest + ("└ " if isLast else "├ "), rest + ("  " if isLast else "│ "))

        add(self.root, "", "")
        return "\n".join(lines) + "\n"


STAGES = {"accept", "identify", "route", "admit", "relay", "settle", "account"}
# What of a span's attributes its line says, and how; what it has not is not said.
TOLD = {
    "http.response.status_code": "{}", "tollgate.provider": "{}", "tollgate.route.reason": "({})", "error.type": "{}",
    "tollgate.tool.outcome": "{}", "tollgate.prompt.end": "{}", "tollgate.total.model_calls": "{} calls",
    "tollgate.total.input_tokens": "in {}", "tollgate.total.output_tokens": "out {}", "tollgate.total.cache_read_tokens": "cached {}",
    "gen_ai.usage.input_tokens": "in {}", "gen_ai.usage.output_tokens": "out {}", "gen_ai.usage.cache_read.input_tokens": "cached {}",
    "tollgate.cost.nano_usd": "${:.4f}", "gen_ai.response.finish_reasons": "{}",
}


def told(span):
    given = span.attributes
    if span.kind == SERVER:  # the request's own sums stand on its attempts
        given = {"http.response.status_code": given["http.response.status_code"]}
    parts = []
    for name, form in TOLD.items():
        if name in given:
            value = given[name]
            value = value / 1e9 if name.endswith("nano_usd") else ",".join(value) if isinstance(value, list) else value
            parts.append(form.format(value))
    return "  ".join(parts + [f"→ {attributes['link.type']}" for _, _, attributes in span.links])
