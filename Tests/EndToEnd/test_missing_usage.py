"""What is charged where a provider does not say what was used, or says that it was nothing."""

import json
import re

import pytest

from everywhere import GEMINI, PRICED, READERS, TRANSLATED, Everywhere, Frames, Said, ends_in_error, says, sse
from rig import event_stream, messages
from rig.answers import Message
from rig.gateway import prompt
from rig.replies import reply


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    found = Everywhere(tmp_path_factory.mktemp("answers"))
    yield found
    found.stop()


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def stream(request):
    return request.param


@pytest.mark.parametrize("kind", TRANSLATED)
def test_usage_that_is_missing_is_estimated(world, kind, stream):
    answer = world.ask(kind, reply("word " * 100, quirks=("no_usage",)), stream=stream)
    assert says(answer) == "word " * 100
    row = world.row(kind, answer)
    assert row["estimated"] and row["input_tokens"] > 0 and row["output_tokens"] >= 100
    assert row["cost_nano_usd"] > 0 or kind not in PRICED
    usage = answer.events[-2]["usage"] if stream else answer.json["usage"]
    assert usage["output_tokens"] >= 100


def usage_frames(kind, usage):
    """Changes the frames of an answer so that its usage is another one."""
    if kind == "bedrock-converse":
        return lambda frames: [*frames[:-1], event_stream.event("metadata", {"usage": usage})]
    name = b"usageMetadata" if kind in GEMINI else b"usage"
    written = b'"' + name + b'": ' + json.dumps(usage).encode()
    return lambda frames: [re.sub(b'"' + name + rb'": ?\{[^{}]*(\{[^{}]*\}[^{}]*)*\}', written, frame) for frame in frames]


@pytest.mark.parametrize("empty", [{}, {"trafficType": "ON_DEMAND"}, {"input_tokens": 0, "prompt_tokens": 0, "promptTokenCount": 0, "inputTokens": 0}],
                         ids=["empty", "traffic", "zeros"])
@pytest.mark.parametrize("kind", READERS)
def test_usage_that_counts_nothing_is_estimated(world, kind, stream, empty):
    answer = world.ask(kind, Frames(reply("word " * 100), usage_frames(kind, empty)), stream=stream)
    assert says(answer) == "word " * 100
    row = world.row(kind, answer)
    assert row["estimated"] and row["input_tokens"] > 0 and row["output_tokens"] >= 100
    assert row["cost_nano_usd"] > 0 or kind not in PRICED
    usage = answer.events[-2]["usage"] if stream else answer.json["usage"]
    assert usage["input_tokens"] > 0 and usage["output_tokens"] >= 100


@pytest.mark.parametrize("output", [None, "7", [7]], ids=["null", "text", "list"])
def test_an_answer_of_claudes_form_whose_output_is_no_number_is_estimated(gateway, upstream, key, stream, output):
    upstream.answers(Message(text="word " * 100, usage={**messages.USAGE, "output_tokens": output}))
    assert gateway.messages(key, prompt(stream=stream)).status == 200
    (row,) = gateway.ledger.closed(1)
    assert row["estimated"] and row["input_tokens"] == messages.USAGE["input_tokens"] and row["output_tokens"] >= 100 and row["cost_nano_usd"] > 0


ZEROS = {"prompt_tokens": 0, "completion_tokens": 0, "input_tokens": 0, "output_tokens": 0, "total_tokens": 0}


@pytest.mark.parametrize("kind, frames", [
    ("chat", [{"id": "x", "choices": [{"index": 0, "delta": {"role": "assistant"}, "finish_reason": "content_filter"}]}, {"id": "x", "choices": [], "usage": ZEROS}]),
    ("responses", [{"type": "response.incomplete", "response": {"id": "r", "status": "incomplete", "incomplete_details": {"reason": "content_filter"}, "output": [],
                                                               "usage": ZEROS}}]),
], ids=["chat", "responses"])
def test_a_refusal_that_counts_nothing_costs_nothing(world, kind, frames):
    answer = world.ask(kind, Said(*[sse(frame) for frame in frames], *[b"data: [DONE]\n\n"] * (kind == "chat")), stream=True)
    assert answer.events[-2]["delta"]["stop_reason"] == "refusal"
    assert answer.events[-2]["usage"]["input_tokens"] == answer.events[-2]["usage"]["output_tokens"] == 0
    row = world.row(kind, answer)
    assert row["cost_nano_usd"] == row["input_tokens"] == row["output_tokens"] == row["estimated"] == 0


@pytest.mark.parametrize("text, usage", [("word " * 200, ZEROS), ("", {name: None for name in ZEROS})], ids=["told", "no numbers"])
def test_a_refusal_that_was_not_counted_is_estimated(world, text, usage):
    frames = [{"id": "x", "choices": [{"index": 0, "delta": {"content": text}}]}, {"id": "x", "choices": [{"index": 0, "delta": {}, "finish_reason": "content_filter"}]},
              {"id": "x", "choices": [], "usage": usage}]
    answer = world.ask("chat", Said(*[sse(frame) for frame in frames], b"data: [DONE]\n\n"), stream=True)
    assert answer.events[-2]["delta"]["stop_reason"] == "refusal"
    row = world.row("chat", answer)
    assert row["estimated"] and row["input_tokens"] > 0 and row["output_tokens"] >= len(text) // 10 and row["cost_nano_usd"] > 0


def test_vertex_counts_only_at_the_end(world):
    """Before, its chunks have a usage object without a count: a stream that is cut has had a prompt all the same."""
    chunk = {"candidates": [{"content": {"role": "model", "parts": [{"text": "word " * 100}]}}], "usageMetadata": {"trafficType": "ON_DEMAND"}}
    answer = world.ask("vertex-gemini", Said(sse(chunk) * 2), stream=True)
    ends_in_error(answer)
    row = world.row("vertex-gemini", answer)
    assert row["estimated"] and row["input_tokens"] > 0 and row["output_tokens"] >= 200 and row["cost_nano_usd"] > 0
