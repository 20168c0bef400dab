"""A reply as Claude says it, for the platforms that serve Claude in its own words."""

from rig import messages
from rig.replies import AUTO, Call, Refusal, Thought

STOPS = {"length": "max_tokens", "filter": "refusal"}


def message(answer, number, model):
    content = [block(part, f"{number:06}x{place}") for place, part in enumerate(answer.parts)]
    made = messages.message(number, model, content, answer.usage.anthropic)
    if answer.stop:
        made["stop_reason"] = STOPS.get(answer.stop, answer.stop)
    elif any(isinstance(part, Refusal) for part in answer.parts):
        made["stop_reason"] = "refusal"
    return made


def block(part, suffix):
    if isinstance(part, Call):
        return {"type": "tool_use", "id": f"toolu_{suffix}" if part.id == AUTO else part.id, "name": part.name, "input": part.arguments}
    if isinstance(part, Thought):
        state = "RXNpZ25hdHVyZQ" + suffix if part.state == AUTO else part.state
        return {"type": "redacted_thinking", "data": state} if part.redacted else {
            "type": "thinking", "thinking": part.text, "signature": state or ""}
    return {"type": "text", "text": part.text}
