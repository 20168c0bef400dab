"""A reply in the words of the Responses API: the response object, and the events that stream it, made with the SDK's own models."""

import json
import time

from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

from rig.messages import pieces
from rig.replies import AUTO, Call, Refusal, Thought, merged

EVENTS = TypeAdapter(ResponseStreamEvent)
INCOMPLETE = {"length": "max_output_tokens", "filter": "content_filter"}


def as_sdk(kind, value):
    """The value as the SDK's model dumps it; the model must know every key."""
    model = kind.validate_python(value) if isinstance(kind, TypeAdapter) else kind.model_validate(value)
    _known(model)
    return model.to_dict(mode="json")


def _known(value):
    if isinstance(value, BaseModel):
        assert not value.model_extra, f"{type(value).__name__} has no {list(value.model_extra)}"
        for name in type(value).model_fields:
            _known(getattr(value, name))
    for item in value if isinstance(value, list) else []:
        _known(item)


def item(part, place, number, last, quirks):
    """One output item, whole."""
    if isinstance(part, Thought):
        state = f"gAAAAAB{number:06}x{place}" + "Zm9v" * 40 if part.state == AUTO else part.state
        made = {"id": f"rs_{number:06}x{place}", "type": "reasoning", "encrypted_content": state,
                "summary": [{"type": "summary_text", "text": text} for text in part.text.split("\n\n") if text]}
        return made if state else {name: value for name, value in made.items() if name != "encrypted_content"}
    if isinstance(part, Call):
        call_id = f"call_{number:06}x{place}" if part.id == AUTO else part.id
        return {"id": f"fc_{number:06}x{place}", "type": "function_call", "call_id": call_id, "name": part.name,
                "arguments": part.json, "status": "completed"}
    content = {"type": "output_text", "text": part.text, "annotations": [], "logprobs": []}
    if isinstance(part, Refusal):
        content = {"type": "refusal", "refusal": part.text}
    phase = {"phase": "final_answer" if last else "commentary"} if "phases" in quirks else {}
    return {"id": f"msg_{number:06}x{place}", "type": "message", "role": "assistant", "status": "completed", "content": [content], **phase}


def usage(counted):
    total = counted.prompt + counted.output
    made = {"input_tokens": counted.prompt, "output_tokens": counted.output, "total_tokens": total,
            "input_tokens_details": {"cached_tokens": counted.cached, "cache_write_tokens": counted.written},
            "output_tokens_details": {"reasoning_tokens": counted.reasoning}}
    return made if counted.ticks is None else {**made, "cost_in_usd_ticks": counted.ticks}


class Responses:
    """The response to one request, by stages."""

    def __init__(self, request, answer):
        self.asked, self.answer, self.number = request.json, answer, request.number
        last = len(answer.parts) - 1
        self.items = [item(part, place, self.number, place == last, answer.quirks) for place, part in enumerate(answer.parts)]
        if "reasoning.encrypted_content" not in (self.asked.get("include") or []):
            for made in self.items:
                made.pop("encrypted_content", None)
        if answer.stop == "length" and self.items and self.items[-1]["type"] != "reasoning":
            self.items[-1]["status"] = "incomplete"

    def whole(self, status, output):
        asked, stop = self.asked, self.answer.stop
        counted = self.answer.usage if status not in ("queued", "in_progress") and "no_usage" not in self.answer.quirks else None
        failure = {"code": stop.partition(":")[2] or "server_error", "message": "Scripted."} if status == "failed" else None
        made = {
            "id": f"resp_{self.number:06}", "object": "response", "created_at": int(time.time()), "status": status,
            "error": failure, "incomplete_details": {"reason": INCOMPLETE[stop]} if status == "incomplete" else None,
            "instructions": asked.get("instructions"), "max_output_tokens": asked.get("max_output_tokens"), "model": asked["model"],
            "output": output, "parallel_tool_calls": asked.get("parallel_tool_calls", True), "previous_response_id": None,
            "reasoning": {"effort": (asked.get("reasoning") or {}).get("effort"), "summary": None},
            "service_tier": (self.answer.usage and self.answer.usage.tier) or "default", "store": False,
            "temperature": 1.0, "text": {"format": {"type": "text"}}, "tool_choice": asked.get("tool_choice", "auto"),
            "tools": asked.get("tools", []), "top_p": 1.0, "truncation": "disabled", "metadata": {},
            "usage": usage(counted) if counted else None}
        return made

    @property
    def status(self):
        stop = self.answer.stop or ""
        return "incomplete" if stop in INCOMPLETE else "failed" if stop.startswith("failed") else "completed"

    def body(self):
        return json.dumps(self._checked(Response, self.whole(self.status, self.items))).encode()

    def _checked(self, kind, value):
        """As the SDK dumps it, but for what it does not know of and yet is sent: `store`, and xAI's costs."""
        hidden = value.get("response", value)
        strange = {"store": hidden.pop("store", None)} if "output" in hidden else {}
        ticks = (hidden.get("usage") or {}).pop("cost_in_usd_ticks", None) if strange else None
        made = as_sdk(kind, value)
        made.get("response", made).update(strange)
        if ticks is not None:
            made.get("response", made)["usage"]["cost_in_usd_ticks"] = ticks
        return made

    def frames(self):
        head = [{"type": "response.created", "response": self.whole("in_progress", [])},
                {"type": "response.in_progress", "response": self.whole("in_progress", [])}]
        body = merged(self.answer, [self._events(*pair) for pair in enumerate(self.items)])
        tail = {"type": f"response.{self.status}", "response": self.whole(self.status, self.items)}
        for sequence, event in enumerate([*head, *body, tail]):
            made = self._checked(EVENTS, {**event, "sequence_number": sequence})
            hide = (self.asked.get("stream_options") or {}).get("include_obfuscation", True)
            yield frame({**made, "obfuscation": "x" * (3 + sequence % 11)} if hide and "delta" in made else made)

    def _events(self, place, made):
        where = {"output_index": place}
        kind = made["type"]
        opened = {"reasoning": {"summary": []}, "function_call": {"arguments": "", "status": "in_progress"},
                  "message": {"content": [], "status": "in_progress"}}[kind]
        if made.get("encrypted_content"):
            opened["encrypted_content"] = made["encrypted_content"][:12]  # not yet all of it
        yield {"type": "response.output_item.added", "item": {**made, **opened}, **where}
        where["item_id"] = made["id"]
        yield from {"reasoning": self._reasoning, "function_call": self._call, "message": self._message}[kind](made, where)
        yield {"type": "response.output_item.done", "item": made, "output_index": place}

    def _reasoning(self, made, where):
        name = "response.reasoning_summary"
        for index, part in enumerate(made["summary"]):
            here = {**where, "summary_index": index}
            yield {"type": f"{name}_part.added", "part": {**part, "text": ""}, **here}
            for delta in pieces(part["text"], self.answer.size):
                yield {"type": f"{name}_text.delta", "delta": delta, **here}
            yield {"type": f"{name}_text.done", "text": part["text"], **here}
            yield {"type": f"{name}_part.done", "part": part, **here}

    def _call(self, made, where):
        name = "response.function_call_arguments"
        for delta in [] if "no_deltas" in self.answer.quirks else pieces(made["arguments"], self.answer.size):
            yield {"type": f"{name}.delta", "delta": delta, **where}
        yield {"type": f"{name}.done", "arguments": made["arguments"], **where}

    def _message(self, made, where):
        [part], here = made["content"], {**where, "content_index": 0}
        field = "refusal" if part["type"] == "refusal" else "text"
        name = "response.refusal" if field == "refusal" else "response.output_text"
        more = {} if field == "refusal" else {"logprobs": []}
        yield {"type": "response.content_part.added", "part": {**part, field: ""}, **here}
        for delta in pieces(part[field], self.answer.size):
            yield {"type": f"{name}.delta", "delta": delta, **more, **here}
        yield {"type": f"{name}.done", field: part[field], **more, **here}
        yield {"type": "response.content_part.done", "part": part, **here}


def frame(event):
    return f"event: {event['type']}\ndata: {json.dumps(event, separators=(',', ':'), ensure_ascii=False)}\n\n".encode()


def broken(request, fail):
    """An error in the middle: `error` or `error:code`; `failed` or `failed:code` ends with response.failed."""
    kind, _, code = fail.partition(":")
    error = {"code": code or "server_error", "message": "Scripted."}
    if kind == "error":
        return frame({"type": "error", **error, "param": None, "sequence_number": 999})
    assert kind == "failed", f"unknown failure {fail}"
    answer = type("Failed", (), {"parts": [], "quirks": (), "usage": None, "stop": fail, "size": 1, "interleaved": False})()
    return frame({"type": "response.failed", "response": Responses(request, answer).whole("failed", []), "sequence_number": 999})
