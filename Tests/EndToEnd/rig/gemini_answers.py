"""A reply in Gemini's words. Each chunk of a stream is a whole response with new parts."""

import base64
import json

from google.genai import types

from rig.answers import Json
from rig.gemini_rules import spelt
from rig.messages import pieces
from rig.replies import AUTO, Call, Thought

FINISH = {None: "STOP", "length": "MAX_TOKENS", "filter": "SAFETY", "stop_sequence": "STOP"}


def failure(status, name="INVALID_ARGUMENT", text="Scripted.", details=(), listed=False):
    """An HTTP error in Google's shape. `listed`: inside an array, as some proxies send it."""
    value = {"error": {"code": status, "message": text, "status": name, "details": list(details)}}
    return Json([value] if listed else value, status)


def retry_after(seconds):
    """The detail that tells when to come back."""
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{seconds}s"}


def usage(counted, output=None):
    made = {"promptTokenCount": counted.prompt, "candidatesTokenCount": counted.output - counted.reasoning}
    if counted.cached:
        made["cachedContentTokenCount"] = counted.cached
    if counted.reasoning:
        made["thoughtsTokenCount"] = counted.reasoning
    if output is not None:
        made["candidatesTokenCount"] = min(output, made["candidatesTokenCount"])
    return {**made, "totalTokenCount": counted.prompt + made["candidatesTokenCount"] + counted.reasoning}


class Answer:
    """The answer to one request. `signed` are the signatures given out, each with its call or None."""

    def __init__(self, request, answer, model, vertex):
        self.answer, self.model, self.vertex, self.number = answer, model, vertex, request.number
        self.signed = {}

    def _signature(self, state, call=None):
        if state is None or "no_signatures" in self.answer.quirks:
            return {}
        if state == AUTO:
            state = base64.b64encode(f"signature {self.number:06}.{len(self.signed):02} ".encode() * 5).decode()
        self.signed[state] = call
        return {"thoughtSignature": state}

    def _id(self, part):
        """On Vertex a call has an id only if the script says so."""
        made = f"fc{self.number:06}x{[call is part for call in self.answer.calls].index(True)}"
        found = (None if self.vertex else made) if part.id == AUTO else part.id
        return {"id": found} if found else {}

    def _parts(self):
        """Lists of parts, one list for each chunk."""
        called = False
        for part in self.answer.parts:
            if isinstance(part, Call):
                state = part.state if part.state != AUTO or not called else None
                made = {"functionCall": {"name": part.name, "args": part.arguments}, **self._signature(state, (part.name, part.arguments))}
                made["functionCall"] |= self._id(part)
                yield [made], called and self.answer.interleaved
                called = True
                continue
            called = False
            thought = {"thought": True} if isinstance(part, Thought) else {}
            state = None if getattr(part, "state", None) == AUTO else getattr(part, "state", None)
            texts = pieces(part.text, self.answer.size)
            for piece in texts[:-1]:
                yield [{"text": piece, **thought}], False
            yield [{"text": texts[-1], **thought, **self._signature(state)}], False

    def _chunks(self):
        chunks = []
        for parts, joins in self._parts():
            if joins:
                chunks[-1] += parts
            else:
                chunks.append(parts)
        if "empty_part" in self.answer.quirks:
            chunks.append([{"text": "", **self._signature(AUTO)}])
        return chunks

    def _response(self, parts, last, place):
        stop = self.answer.stop
        candidate = {"index": 0, "content": {"role": "model", **({"parts": parts} if parts else {})}}
        if last:
            candidate["finishReason"] = FINISH.get(stop, stop)
            if candidate["finishReason"].startswith("MALFORMED"):
                candidate["finishMessage"] = "Malformed function call: print(weather(city="
        made = {"candidates": [candidate], "modelVersion": self.model, "responseId": f"resp{self.number:06}"}
        return self._checked(made, None if last else place)

    def _checked(self, made, output=None):
        if self.answer.usage and "no_usage" not in self.answer.quirks:
            made["usageMetadata"] = usage(self.answer.usage, output)
            if self.vertex:
                made["usageMetadata"]["trafficType"] = "ON_DEMAND"
        spelt(types.GenerateContentResponse.model_validate(made, by_alias=True, by_name=False))
        return made

    def _blocked(self):
        reason = self.answer.stop.partition(":")[2] or "PROHIBITED_CONTENT"
        made = {"promptFeedback": {"blockReason": reason}, "modelVersion": self.model, "responseId": f"resp{self.number:06}"}
        return self._checked(made, 0)

    @property
    def blocked(self):
        return (self.answer.stop or "").startswith("blocked")

    def whole(self):
        if self.blocked:
            return self._blocked()
        return self._response([part for parts in self._joined() for part in parts], True, 0)

    def _joined(self):
        """What a stream says in pieces, unstreamed in one."""
        size, self.answer.size = self.answer.size, 10**9
        try:
            return self._chunks()
        finally:
            self.answer.size = size

    def responses(self):
        if self.blocked:
            return [self._blocked()]
        chunks = self._chunks() or [[]]
        return [self._response(parts, place == len(chunks) - 1, place) for place, parts in enumerate(chunks)]


def frame(value):
    return f"data: {json.dumps(value, ensure_ascii=False)}\r\n\r\n".encode()


def broken(fail):
    """An error in the middle: `error`, or `error:STATUS`."""
    kind, _, status = fail.partition(":")
    assert kind == "error", f"unknown failure {fail}"
    codes = {"RESOURCE_EXHAUSTED": 429, "UNAVAILABLE": 503}
    return frame({"error": {"code": codes.get(status, 500), "message": "Scripted.", "status": status or "INTERNAL"}})
