"""A reply in Bedrock's words: Converse's own, and Claude's in binary frames."""

import base64
import json

from rig import event_stream, messages
from rig.answers import Json
from rig.claude_reply import message
from rig.messages import pieces
from rig.replies import AUTO, Call, Thought, merged

STATUS = {"AccessDeniedException": 403, "ResourceNotFoundException": 404, "ValidationException": 400, "ModelErrorException": 424,
          "ModelStreamErrorException": 424, "ModelTimeoutException": 408, "ModelNotReadyException": 429, "ThrottlingException": 429,
          "ServiceQuotaExceededException": 400, "InternalServerException": 500, "ServiceUnavailableException": 503,
          "InvalidSignatureException": 403, "UnrecognizedClientException": 403, "ExpiredTokenException": 403}
STOPS = {"length": "max_tokens", "filter": "content_filtered", "blocked": "guardrail_intervened"}


def failure(kind="ThrottlingException", text="Scripted.", field="message"):
    """An HTTP error as AWS sends it. `field`: some services write Message."""
    return Json({field: text}, STATUS[kind], {"x-amzn-errortype": f"{kind}:http://internal.amazon.com/coral/com.amazon.bedrock/"})


def usage(counted):
    """Here the input is counted without what was cached or written."""
    made = {"inputTokens": counted.input, "outputTokens": counted.output, "totalTokens": counted.prompt + counted.output}
    if counted.cached or counted.written:
        made |= {"cacheReadInputTokens": counted.cached, "cacheWriteInputTokens": counted.written}
    return made


class Converse:
    """The answer to one request. `signed` are the signatures given out."""

    def __init__(self, request, answer):
        self.answer, self.number, self.signed = answer, request.number, []
        self.blocks = [self._block(part, place) for place, part in enumerate(answer.parts)]

    def _block(self, part, place):
        if isinstance(part, Call):
            call_id = f"tooluse_{self.number:06}x{place}" if part.id == AUTO else part.id
            return {"toolUse": {"toolUseId": call_id, "name": part.name, "input": part.arguments}}
        if not isinstance(part, Thought):
            return {"text": part.text}
        state = base64.b64encode(f"signature {self.number:06} {place}".encode()).decode() if part.state == AUTO else part.state
        self.signed += [state] if state else []
        if part.redacted:
            return {"reasoningContent": {"redactedContent": state}}
        return {"reasoningContent": {"reasoningText": {"text": part.text, **({"signature": state} if state else {})}}}

    @property
    def stop(self):
        stop = self.answer.stop
        return STOPS.get(stop, stop) if stop else "tool_use" if self.answer.calls else "end_turn"

    def body(self):
        made = {"output": {"message": {"role": "assistant", "content": self.blocks}}, "stopReason": self.stop, "metrics": {"latencyMs": 12}}
        if self.answer.usage:
            made["usage"] = usage(self.answer.usage)
        return json.dumps(made, ensure_ascii=False).encode()

    def frames(self):
        deltas = merged(self.answer, [self._events(place, block) for place, block in enumerate(self.blocks)])
        events = [("messageStart", {"role": "assistant"}), *deltas, ("messageStop", {"stopReason": self.stop})]
        if self.answer.usage and not {"no_metadata", "no_usage"} & set(self.answer.quirks):
            events.append(("metadata", {"usage": usage(self.answer.usage), "metrics": {"latencyMs": 12}}))
        return [event_stream.event(kind, value, "no_padding" not in self.answer.quirks) for kind, value in events]

    def _events(self, place, block):
        """Only calls have an event that starts them."""
        where = {"contentBlockIndex": place}
        if "toolUse" in block:
            call = block["toolUse"]
            yield "contentBlockStart", {"start": {"toolUse": {"toolUseId": call["toolUseId"], "name": call["name"]}}, **where}
        for delta in self._deltas(place, block):
            yield "contentBlockDelta", {"delta": delta, **where}
        yield "contentBlockStop", where

    def _deltas(self, place, block):
        size = self.answer.size
        if "toolUse" in block:
            return [{"toolUse": {"input": piece}} for piece in pieces(self.answer.parts[place].json, size)]
        if "text" in block:
            return [{"text": piece} for piece in pieces(block["text"], size)]
        content = block["reasoningContent"]
        if "redactedContent" in content:
            return [{"reasoningContent": content}]
        sealed = content["reasoningText"].get("signature")
        return [{"reasoningContent": {"text": piece}} for piece in pieces(content["reasoningText"]["text"], size)] + (
            [{"reasoningContent": {"signature": sealed}}] if sealed else [])


class Claude:
    """Claude's own answer to InvokeModel."""

    def __init__(self, request, answer, model_id):
        self.answer, self.made = answer, message(answer, request.number, model_id.rpartition("anthropic.")[2])

    def headers(self):
        counted = self.answer.usage
        return {"x-amzn-bedrock-input-token-count": str(counted.input), "x-amzn-bedrock-output-token-count": str(counted.output),
                "x-amzn-bedrock-invocation-latency": "12"}

    def body(self):
        return json.dumps(self.made, ensure_ascii=False).encode()

    def frames(self):
        for event in messages.events(self.made, self.answer.size):
            if event["type"] == "ping":
                continue  # Bedrock sends none
            if event["type"] == "message_stop" and "no_metrics" not in self.answer.quirks:
                counted = self.answer.usage
                event = {**event, "amazon-bedrock-invocationMetrics": {
                    "inputTokenCount": counted.input, "outputTokenCount": counted.output, "invocationLatency": 12, "firstByteLatency": 3,
                    "cacheReadInputTokenCount": counted.cached, "cacheWriteInputTokenCount": counted.written}}
            data = base64.b64encode(json.dumps(event, ensure_ascii=False).encode()).decode()
            yield event_stream.event("chunk", {"bytes": data}, "no_padding" not in self.answer.quirks)


def broken(fail):
    """An exception in the middle, by its name (`throttlingException`), or an error (`error:CODE`)."""
    kind, _, code = fail.partition(":")
    if kind == "error":
        return event_stream.error(code or "InternalFailure", "Scripted.")
    assert kind.endswith("Exception") and kind[0].islower(), f"unknown failure {fail}"
    return event_stream.exception(kind, "Scripted.")
