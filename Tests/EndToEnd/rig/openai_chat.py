"""A reply in the words of Chat Completions: OpenAI's own, made with the SDK's models, and those of servers that are only compatible."""

import json
import time

from openai.types.chat import ChatCompletion, ChatCompletionChunk

from rig.messages import pieces
from rig.openai_responses import as_sdk
from rig.replies import AUTO, Call, Refusal, Text, Thought, merged

FINISH = {"length": "length", "filter": "content_filter"}
SERVER_QUIRKS = {"think_tags", "missing_think_tag", "reasoning_content", "reasoning", "whole_calls", "no_index", "object_arguments"}
FILTERS = {"hate": {"filtered": False, "severity": "safe"}, "violence": {"filtered": False, "severity": "safe"}}


def usage(counted, profile):
    prompt, output = counted.prompt, counted.output
    details = {"cached_tokens": counted.cached, "cache_write_tokens": counted.written}
    made = {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": prompt + output}
    if profile == "compatible":
        return made if not counted.cached else {**made, "prompt_tokens_details": {"cached_tokens": counted.cached}}
    made |= {"prompt_tokens_details": details, "completion_tokens_details": {"reasoning_tokens": counted.reasoning}}
    if profile == "xai":  # here the reasoning is counted apart
        made |= {"completion_tokens": output - counted.reasoning, "cost_in_usd_ticks": counted.ticks or 0}
    return made


class Chat:
    """The completion that answers one request."""

    def __init__(self, request, answer, profile):
        self.asked, self.answer, self.profile, self.number = request.json, answer, profile, request.number
        self.quirks = set(answer.quirks)
        self.strange = bool(self.quirks & SERVER_QUIRKS) or profile == "xai" or any(call.id is None for call in answer.calls)

    @property
    def finish(self):
        stop = self.answer.stop
        called = "tool_calls" if self.answer.calls and "stop_with_calls" not in self.quirks else "stop"
        return FINISH.get(stop, stop) if stop else called

    def _thought(self, text):
        """Thoughts as fields, in the text, or, as OpenAI does, not at all."""
        for field in self.quirks & {"reasoning_content", "reasoning"}:
            return {field: text}
        if self.quirks & {"think_tags", "missing_think_tag"}:
            opening = "" if "missing_think_tag" in self.quirks else "<think>\n"
            return {"content": f"{opening}{text}\n</think>\n\n"}
        return {}

    def _call(self, part, index):
        made = {"index": index, "id": f"call_{self.number:06}x{index}" if part.id == AUTO else part.id, "type": "function",
                "function": {"name": part.name, "arguments": part.json}}
        if made["id"] is None:
            del made["id"]
        if "object_arguments" in self.quirks:
            made["function"]["arguments"] = part.arguments
        return made

    def _head(self, kind, object_name):
        tier = self.answer.usage.tier if self.answer.usage and self.answer.usage.tier else "default"
        own = {} if self.profile == "compatible" else {"service_tier": tier, "system_fingerprint": "fp_stand_in"}
        return {"id": f"chatcmpl-{self.number:06}", "object": object_name, "created": int(time.time()), "model": self.asked["model"], **own}

    def _made(self, kind, value):
        return value if self.strange else as_sdk(kind, value)

    def body(self):
        message = {"role": "assistant", "content": None, "refusal": None}
        for part in self.answer.parts:
            said = {Text: lambda p: {"content": p.text}, Refusal: lambda p: {"refusal": p.text}, Thought: lambda p: self._thought(p.text),
                    Call: lambda p: {}}[type(part)](part)
            for field, text in said.items():
                message[field] = (message.get(field) or "") + text
        calls = [self._call(call, index) for index, call in enumerate(self.answer.calls)]
        if calls:
            message["tool_calls"] = [{name: value for name, value in call.items() if name != "index"} for call in calls]
        whole = {**self._head(ChatCompletion, "chat.completion"),
                 "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish}]}
        if self.answer.usage and "no_usage" not in self.quirks:
            whole["usage"] = usage(self.answer.usage, self.profile)
        return json.dumps(self._made(ChatCompletion, whole), ensure_ascii=False).encode()

    def frames(self):
        if "prefilter" in self.quirks:
            yield frame({"id": "", "object": "", "created": 0, "model": "", "choices": [],
                         "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": FILTERS}]})
        asked_usage = (self.asked.get("stream_options") or {}).get("include_usage")
        deltas = [{"role": "assistant", "content": "", **({} if self.profile == "compatible" else {"refusal": None})}]
        deltas += merged(self.answer, self._streams())
        for delta in deltas:
            yield self._chunk([{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}], asked_usage)
        yield self._chunk([{"index": 0, "delta": {}, "logprobs": None, "finish_reason": self.finish}], asked_usage)
        if asked_usage and self.answer.usage and "no_usage" not in self.quirks:
            yield self._chunk([], True, usage(self.answer.usage, self.profile))
        if "no_done" not in self.quirks:
            yield b"data: [DONE]\n\n"

    def _chunk(self, choices, asked_usage, counted=None):
        made = {**self._head(ChatCompletionChunk, "chat.completion.chunk"), "choices": choices}
        if asked_usage:
            made["usage"] = counted
        if self.profile == "openai" and (self.asked.get("stream_options") or {}).get("include_obfuscation", True):
            made["obfuscation"] = "x" * (3 + self.number % 7)
        return frame(self._made(ChatCompletionChunk, made))

    def _streams(self):
        index = -1
        for part in self.answer.parts:
            if isinstance(part, Call):
                index += 1
                yield self._call_deltas(part, index)
            else:
                yield self._text_deltas(part)

    def _text_deltas(self, part):
        whole = {"refusal": part.text} if isinstance(part, Refusal) else {"content": part.text}
        if isinstance(part, Thought):
            whole = self._thought(part.text)
        for field, text in whole.items():
            for piece in pieces(text, self.answer.size):
                yield {field: piece}

    def _call_deltas(self, part, index):
        made = self._call(part, index)
        place = {} if "no_index" in self.quirks else {"index": index}
        if self.quirks & {"whole_calls", "no_index", "object_arguments"}:
            yield {"tool_calls": [{**{name: value for name, value in made.items() if name != "index"}, **place}]}
            return
        yield {"tool_calls": [{**made, "function": {"name": part.name, "arguments": ""}}]}
        for piece in pieces(part.json, self.answer.size):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def frame(value):
    return f"data: {json.dumps(value, separators=(',', ':'), ensure_ascii=False)}\n\n".encode()


def broken(fail):
    """An error in the middle: `error`, or `error:code`."""
    kind, _, code = fail.partition(":")
    assert kind == "error", f"unknown failure {fail}"
    return frame({"error": {"message": "Scripted.", "type": "server_error", "param": None, "code": code or None}})
