"""Providers that answer 200 and then something else than an answer: the client always learns of it, and the row is there once."""

import base64
import gzip
import json
import zlib

import pytest

from elsewhere import PROVIDERS
from everywhere import CHAT, GEMINI, OPENAI, READERS, TRANSLATED, Everywhere, Frames, Said, ends_in_error, says, sse
from rig import event_stream
from rig.answers import Json, Whole
from rig.replies import Call, Usage, reply

WEATHER = {"name": "weather", "description": "The weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    found = Everywhere(tmp_path_factory.mktemp("answers"))
    yield found
    found.stop()


@pytest.fixture(autouse=True)
def no_violations(world):
    yield
    for other in world.others.values():
        assert not other.forget_violations()


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def stream(request):
    return request.param


# Tool calls


@pytest.mark.parametrize("arguments", ['{"city": "Be', '["Bern"]', '"Bern"', "null", "city=Bern", '{"city": "Bern"}}'])
@pytest.mark.parametrize("kind", ["responses", "chat", "bedrock-converse"])
def test_arguments_that_are_no_object_are_an_error(world, kind, stream, arguments):
    answer = world.ask(kind, reply("Looking.", Call("weather", arguments)), stream=stream, tools=[WEATHER])
    ends_in_error(answer, "api_error")
    assert b'"input":{"' not in answer.body
    row = world.failed(kind, answer)
    assert row["output_tokens"] == 40, "what the provider counted counts"


@pytest.mark.parametrize("arguments", [["Bern"], "Bern", 7])
@pytest.mark.parametrize("kind", GEMINI)
def test_geminis_arguments_that_are_no_object_are_an_error(world, kind, stream, arguments):
    part = {"functionCall": {"name": "weather", "args": arguments}}
    said = sse({"candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}]})
    answer = world.ask(kind, Said(said), stream=stream, tools=[WEATHER])
    ends_in_error(answer, "api_error")
    world.failed(kind, answer)


@pytest.mark.parametrize("kind", TRANSLATED)
def test_a_call_that_was_cut_by_the_stream_is_an_error(world, kind, stream):
    if kind in GEMINI:
        pytest.skip("a call comes in one piece")
    def cut(frames):
        at = min(place for place, frame in enumerate(frames) if b"Zuer" in frame)
        return frames[: at + 1]
    answer = world.ask(kind, Frames(reply("A.", Call("weather", '{"city": "Zuerich und Bern"}'), size=9), cut), stream=stream, tools=[WEATHER])
    ends_in_error(answer)
    assert world.failed(kind, answer)["estimated"]


# What is no stream


BODIES = {
    "nothing": (b"", "text/event-stream"),
    "HTML": (b"<!doctype html><html><body>Sign in to 123456789012</body></html>", "text/html"),
    "garbage in an event": (b"data: %PDF-1.4 \x00\x01\n\n", "text/event-stream"),
    "garbage": (b"\x00\x01\x02\xff" * 300, "application/octet-stream"),
    "half an event": (b'data: {"id": "x", "choi', "text/event-stream"),
    "a number": (b"data: 7\n\n", "text/event-stream"),
    "null": (b"data: null\n\n", "text/event-stream"),
    "an empty object": (b"data: {}\n\n", "text/event-stream"),
    "only the end": (b"data: [DONE]\n\n", "text/event-stream"),
    "JSON that is no answer": (b'{"ok": true}', "application/json"),
    "half of a frame": (event_stream.event("messageStart", {"role": "assistant"})[:40], "application/vnd.amazon.eventstream"),
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("kind", READERS)
def test_200_without_an_answer_is_an_error(world, kind, stream, name):
    data, content_type = BODIES[name]
    answer = world.ask(kind, Said(data, content_type=content_type) if data else Said(content_type=content_type), stream=stream)
    ends_in_error(answer, "api_error", "overloaded_error")
    if name != "an empty object":
        assert answer.status != 200, "nothing was said, so that it can have a status"
    row = world.failed(kind, answer)
    assert row["estimated"] or "json" in content_type, "an error in JSON costs nothing"


def early(kind):
    """An error that comes first, as the provider writes it."""
    text = "Rate limit reached for organization org-abc123 (arn:aws:bedrock:us-east-1:123456789012:x)."
    if kind in ("responses", "azure", "xai"):
        return [sse({"type": "error", "code": "rate_limit_exceeded", "message": text, "param": None, "sequence_number": 0})]
    if kind in CHAT:
        return [sse({"error": {"message": text, "type": "requests", "param": None, "code": "rate_limit_exceeded"}})]
    if kind in GEMINI:
        return [sse({"error": {"code": 429, "message": text, "status": "RESOURCE_EXHAUSTED"}})]
    return [event_stream.exception("throttlingException", text)]


@pytest.mark.parametrize("kind", TRANSLATED)
def test_an_error_that_comes_first_is_a_status(world, kind, stream):
    answer = world.ask(kind, Said(*early(kind)), stream=stream)
    assert answer.status == 429 and answer.error[0] == "rate_limit_error", answer.body
    assert "Rate limit reached" in answer.error[1]
    row = world.failed(kind, answer)
    assert not row["cost_nano_usd"] and not row["input_tokens"] and not row["estimated"], "nothing else was said"


def test_an_error_in_a_chunk_of_bedrock_is_one(world):
    """Claude's own error event, which Bedrock passes on in a frame."""
    said = json.dumps({"type": "error", "error": {"type": "overloaded_error", "message": "Scripted."}})
    chunk = event_stream.event("chunk", {"bytes": base64.b64encode(said.encode()).decode()})
    answer = world.ask("bedrock-claude", Said(chunk, content_type="application/vnd.amazon.eventstream"), stream=True)
    ends_in_error(answer, "overloaded_error")
    row = world.failed("bedrock-claude", answer)
    assert row["error_type"] == "overloaded_error" and not row["cost_nano_usd"] and not row["estimated"]


@pytest.mark.parametrize("kind", OPENAI + GEMINI)
def test_an_error_object_with_200_keeps_its_reason(world, kind, stream):
    error = {"error": {"message": "Rate limit reached.", "type": "requests", "code": "rate_limit_exceeded"}}
    if kind in GEMINI:
        error = {"error": {"code": 429, "message": "Rate limit reached.", "status": "RESOURCE_EXHAUSTED"}}
    answer = world.ask(kind, Said(json.dumps(error).encode(), content_type="application/json"), stream=stream)
    assert answer.status == 429 and answer.error[0] == "rate_limit_error", answer.body
    world.failed(kind, answer)


FAILS = {"responses": ["error", "failed", "error:rate_limit_exceeded"], "azure": ["failed:server_error"], "xai": ["error"],
         "chat": ["error"], "compatible": ["error:overloaded"], "gemini": ["error", "error:UNAVAILABLE"], "vertex-gemini": ["error"],
         "bedrock-converse": ["crc", "throttlingException", "modelStreamErrorException", "error:InternalFailure"],
         "bedrock-claude": ["crc", "modelTimeoutException", "error:InternalFailure"], "vertex-claude": ["error:overloaded_error"]}


@pytest.mark.parametrize("kind, fail", [(kind, fail) for kind, fails in FAILS.items() for fail in fails])
def test_an_error_in_the_middle_is_an_event(world, kind, fail):
    answer = world.ask(kind, reply("A long answer that does not come to its end.", size=4, pace=0.004, fail=fail, fail_after=8), stream=True)
    assert answer.status == 200
    ends_in_error(answer)
    row = world.failed(kind, answer)
    assert row["estimated"] and row["output_tokens"] > 1


def test_a_failed_response_without_a_reason_is_no_answer(world, stream):
    def change(frames):
        last = json.loads(frames[-1].partition(b"data: ")[2])
        last |= {"type": "response.failed"}
        last["response"] |= {"status": "failed", "error": None, "output": []}
        return [*frames[:-1], sse(last)]
    ends_in_error(world.ask("responses", Frames(reply("Half."), change), stream=stream))


# Ends


def doubled(kind):
    def change(frames):
        if kind in CHAT:
            at = next(place for place, frame in enumerate(frames) if b'"finish_reason":"' in frame or b'"finish_reason": "' in frame)
            return frames[:at] + [frames[at]] * 3 + frames[at + 1:]
        if kind in GEMINI:
            last = json.loads(frames[-1][6:])
            last["candidates"][0].pop("content")
            return frames + [sse(last)] * 2
        return frames + frames[-1:]
    return change


@pytest.mark.parametrize("kind", TRANSLATED)
def test_an_end_that_comes_twice_is_one(world, kind, stream):
    answer = world.ask(kind, Frames(reply("Once.", Call("weather", {"city": "B"})), doubled(kind)), stream=stream, tools=[WEATHER])
    assert says(answer) == "Once."
    if stream:
        assert [e["type"] for e in answer.events].count("message_delta") == 1
        assert answer.events[-2]["delta"]["stop_reason"] == "tool_use"
    row = world.row(kind, answer)
    assert row["output_tokens"] == 40 and not row["estimated"]


@pytest.mark.parametrize("kind", CHAT)
def test_an_end_without_its_mark_is_an_end(world, kind, stream):
    answer = world.ask(kind, reply("Well.", quirks=("no_done",)), stream=stream)
    assert says(answer) == "Well."
    assert not world.row(kind, answer)["estimated"]


@pytest.mark.parametrize("kind", PROVIDERS)
def test_one_very_large_event(world, kind, stream):
    text = "0123456789" * 300_000
    answer = world.ask(kind, reply(text, size=10**9), stream=stream)
    assert says(answer) == text
    assert world.row(kind, answer)["output_tokens"] == 40


@pytest.mark.parametrize("kind", READERS)
def test_what_is_no_utf_8_never_reaches_the_client(world, kind, stream):
    if kind == "bedrock-converse":
        payload = b'{"contentBlockIndex":0,"delta":{"text":"Gr\xff\xc3"}}'
        head = {":event-type": "contentBlockDelta", ":content-type": "application/json", ":message-type": "event"}
        change = lambda frames: [frames[0], event_stream.encode(head, payload), *frames[1:]]
    else:
        change = lambda frames: [frame.replace(b"GGG", b"GGG\xff\xc3") for frame in frames]
    answer = world.ask(kind, Frames(reply("GGG say it.", size=100), change), stream=stream)
    assert answer.body.decode().count("\ufffd") == 2
    world.row(kind, answer)


@pytest.mark.parametrize("index", [2**63 - 1, -1, 2**62])
@pytest.mark.parametrize("kind", ["responses", "chat", "bedrock-converse"])
def test_places_that_cannot_be_do_no_harm(world, kind, index):
    if kind == "responses":
        item = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather", "arguments": "{}"}
        data = [sse({"type": "response.output_item.added", "output_index": index, "item": item})]
    elif kind == "chat":
        call = {"index": index, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
        data = [sse({"id": "x", "choices": [{"index": 0, "delta": {"tool_calls": [call]}}]})]
    else:
        data = [event_stream.event("contentBlockStart", {"contentBlockIndex": index, "start": {"toolUse": {"toolUseId": "a", "name": "weather"}}})]
    ends_in_error(world.ask(kind, Said(*data), stream=True, tools=[WEATHER]))
    assert says(world.ask(kind, reply("Alive."))) == "Alive."


@pytest.mark.parametrize("number", [-5, 2**63 - 1, 10**30, 1.5, "many", None, True])
@pytest.mark.parametrize("kind", ["responses", "chat", "gemini", "bedrock-converse"])
def test_counts_that_cannot_be_do_no_harm(world, kind, number):
    if kind == "bedrock-converse":
        change = lambda frames: [*frames[:-1], event_stream.event("metadata", {"usage": dict.fromkeys(
            ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens"), number)})]
    else:
        written = json.dumps(number).encode()
        change = lambda frames: [frame.replace(b"4711", written).replace(b"4712", written) for frame in frames]
    answer = world.ask(kind, Frames(reply("Well.", usage=Usage(input=4712, cached=0, output=4711)), change), stream=True)
    assert says(answer) == "Well."
    row = world.row(kind, answer)
    assert row["input_tokens"] >= 0 and row["output_tokens"] >= 0 and row["cost_nano_usd"] >= 0


# Other ways of servers


TEXTS = {
    "in pieces": [{"type": "response.output_text.delta", "output_index": 0, "delta": "Well."}],
    "done": [{"type": "response.output_text.done", "output_index": 0, "content_index": 0, "text": "Well."}],
    "an item": [{"type": "response.output_item.done", "output_index": 0, "item": {"type": "message", "content": [{"type": "output_text", "text": "Well."}]}}],
}


@pytest.mark.parametrize("form", [*TEXTS, "completed"])
def test_texts_that_come_whole(world, stream, form):
    output = [{"type": "message", "content": [{"type": "output_text", "text": "Well."}]}]
    last = {"type": "response.completed", "response": {"id": "r", "output": output, "usage": {"input_tokens": 10, "output_tokens": 40}}}
    said = [{"type": "response.created", "response": {"id": "r"}}, *TEXTS.get(form, []), last]
    answer = world.ask("responses", Said(*map(sse, said)), stream=stream)
    assert says(answer) == "Well."
    assert world.row("responses", answer)["output_tokens"] == 40


@pytest.mark.parametrize("kind", ["responses", "chat", "gemini", "bedrock-converse"])
def test_an_answer_with_nothing_in_it_is_an_error(world, kind, stream):
    answer = world.ask(kind, reply(), stream=stream)
    ends_in_error(answer, "api_error")
    assert world.failed(kind, answer)["output_tokens"] == 40


@pytest.mark.parametrize("kind", CHAT)
def test_a_server_that_does_not_stream(world, kind, stream):
    message = {"role": "assistant", "content": "Well."}
    usage = {"prompt_tokens": 10, "completion_tokens": 40}
    whole = {"id": "x", "object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}
    answer = world.ask(kind, Json(whole), stream=stream)
    assert says(answer) == "Well."
    row = world.row(kind, answer)
    assert (row["input_tokens"], row["output_tokens"], row["estimated"]) == (10, 40, 0)


@pytest.mark.parametrize("kind", ["responses", "chat"])
def test_a_filter_in_the_middle_of_a_call_is_a_refusal(world, kind, stream):
    answer = world.ask(kind, reply("Looking.", Call("weather", '{"city": "Be'), stop="filter"), stream=stream, tools=[WEATHER])
    assert answer.status == 200, answer.body
    assert (answer.events[-2]["delta"] if stream else answer.json)["stop_reason"] == "refusal"
    world.row(kind, answer)


# Compressed, though identity was asked for


class Packed(Frames):
    """The frames of a reply, compressed."""

    def __init__(self, inner, encoding):
        super().__init__(inner)
        self.encoding = encoding

    async def __call__(self, exchange):
        rendered = exchange.upstream.render(exchange.request, self.inner)
        packer = zlib.compressobj(wbits=31 if self.encoding == "gzip" else 15)
        await exchange.head(200, {"content-type": rendered.content_type, "content-encoding": self.encoding})
        for frame in rendered.frames:
            await exchange.body(packer.compress(frame) + packer.flush(zlib.Z_SYNC_FLUSH))
        await exchange.body(packer.flush())
        await exchange.end()


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize("kind", TRANSLATED)
def test_a_compressed_answer_is_read(world, kind, stream, encoding):
    answer = world.ask(kind, Packed(reply("Well packed."), encoding), stream=stream)
    assert says(answer) == "Well packed." and answer.header("content-encoding") is None
    assert world.row(kind, answer)["output_tokens"] == 40


@pytest.mark.parametrize("kind", TRANSLATED)
def test_a_compressed_error_is_read(world, kind, stream):
    data = gzip.compress(json.dumps({"error": {"message": "Scripted words."}}).encode())
    answer = world.ask(kind, Whole(data, 400, "application/json", {"content-encoding": "gzip"}), stream=stream)
    assert answer.status == 400 and "Scripted words." in answer.error[1]
    world.failed(kind, answer)


def test_what_cannot_be_decompressed_is_an_error(world, stream):
    answer = world.ask("chat", Whole(b"\x28\xb5\x2f\xfd123", 200, "text/event-stream", {"content-encoding": "zstd"}), stream=stream)
    ends_in_error(answer, "api_error")
    world.failed("chat", answer)
