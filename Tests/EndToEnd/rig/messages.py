"""Messages as the Anthropic API sends them: whole, and as the events that stream them."""

import json

USAGE = {
    "input_tokens": 10,
    "cache_creation_input_tokens": 200,
    "cache_read_input_tokens": 3000,
    "output_tokens": 40,
}


def full_usage(usage):
    """A usage object as the API writes it, with the cache writes split by lifetime."""
    written = usage["cache_creation_input_tokens"]
    hour = usage.get("cache_write_1h", 0)
    counts = {name: value for name, value in usage.items() if name != "cache_write_1h"}
    split = {"ephemeral_5m_input_tokens": written - hour, "ephemeral_1h_input_tokens": hour}
    return {**counts, "cache_creation": split, "service_tier": "standard"}


def message(number, model, content, usage, safeguards=False):
    """A whole message; with the verdicts that a client in auto mode asks for."""
    called = [block["id"] for block in content if block["type"] == "tool_use"]
    answer = {
        "id": f"msg_upstream{number:06}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": "tool_use" if called else "end_turn",
        "stop_sequence": None,
        "usage": full_usage(usage),
    }
    if safeguards:
        verdict = {"type": "evaluated", "outcome": "not_flagged"}
        status = {"type": "available", "tool_uses": {call: verdict for call in called}}
        answer["safeguard_results"] = [{"type": "dangerous_tool_use", "status": status}]
    return answer


def pieces(text, size):
    return [text[at : at + size] for at in range(0, len(text), size)] or [""]


def block_events(index, block, size):
    if block["type"].endswith("thinking"):
        yield from thinking_events(index, block, size)
        return
    if block["type"] == "text":
        empty, kind, field, whole = {**block, "text": ""}, "text_delta", "text", block["text"]
    else:
        empty, kind, field, whole = {**block, "input": {}}, "input_json_delta", "partial_json", json.dumps(block["input"])
    yield {"type": "content_block_start", "index": index, "content_block": empty}
    for piece in pieces(whole, size):
        yield {"type": "content_block_delta", "index": index, "delta": {"type": kind, field: piece}}
    yield {"type": "content_block_stop", "index": index}


def thinking_events(index, block, size):
    """Thoughts come with their signature at the end; redacted ones come whole."""
    readable = block["type"] == "thinking"
    opened = {**block, "thinking": "", "signature": ""} if readable else block
    yield {"type": "content_block_start", "index": index, "content_block": opened}
    for piece in pieces(block["thinking"], size) if readable else []:
        yield {"type": "content_block_delta", "index": index, "delta": {"type": "thinking_delta", "thinking": piece}}
    if readable:
        yield {"type": "content_block_delta", "index": index, "delta": {"type": "signature_delta", "signature": block["signature"]}}
    yield {"type": "content_block_stop", "index": index}


def events(whole, size=12):
    """The events that stream a message, its text in pieces of the given size."""
    outcome = {name: whole[name] for name in ("stop_reason", "stop_sequence", "safeguard_results") if name in whole}
    opening = {name: value for name, value in whole.items() if name not in outcome}
    opening |= {"content": [], "stop_reason": None, "stop_sequence": None}
    opening["usage"] = {**whole["usage"], "output_tokens": 1}
    yield {"type": "message_start", "message": opening}
    yield {"type": "ping"}
    for index, block in enumerate(whole["content"]):
        yield from block_events(index, block, size)
    totals = {name: count for name, count in whole["usage"].items() if name.endswith("_tokens")}
    yield {"type": "message_delta", "delta": outcome, "usage": totals}
    yield {"type": "message_stop"}


def frame(event):
    """One server-sent event."""
    return f"event: {event['type']}\ndata: {json.dumps(event, separators=(',', ':'))}\n\n".encode()


def envelope(kind, text):
    return {"type": "error", "error": {"type": kind, "message": text}}
