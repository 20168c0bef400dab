"""What OpenAI asks of the conversation: every call answered at once and once, media only where they may be."""

from rig.openai_rules import check_call, check_file, check_image, check_system
from rig.strict import Refused, require


def texts(content):
    """All text of a content that is a string or parts."""
    if content is None:
        return ""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


class Open:
    """The calls that wait for their results."""

    def __init__(self):
        self.waiting, self.seen, self.answering = [], set(), False

    def call(self, call_id):
        require(not (self.answering and self.waiting), f"The call {call_id} comes before the results of {self.waiting}.")
        self.answering = False
        require(call_id not in self.seen, f"Duplicate call id '{call_id}'.")
        self.seen.add(call_id)
        self.waiting.append(call_id)

    def result(self, call_id):
        self.answering = True
        require(call_id in self.waiting, f"No tool call found for function call output with call_id {call_id}.", param="input")
        self.waiting.remove(call_id)

    def settled(self):
        require(not self.waiting, f"No tool output found for function call {', '.join(self.waiting)}.", param="input")


# Chat Completions


def check_messages(messages):
    require(messages, "Invalid 'messages': empty array.", param="messages", code="empty_array")
    calls = Open()
    for message in messages:
        role = message["role"]
        if role == "tool":
            require(calls.waiting or message["tool_call_id"] in calls.seen, "Invalid parameter: messages with role 'tool' must be a "
                    "response to a preceding message with 'tool_calls'.", param="messages")
            calls.result(message["tool_call_id"])
            continue
        require(not calls.waiting, "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(calls.waiting)}",
                param="messages")
        if role == "assistant":
            check_assistant(message, calls)
        elif role == "user":
            check_user(message["content"])
        else:
            check_system(texts(message["content"]))
    calls.settled()


def check_assistant(message, calls):
    said = message.get("tool_calls")
    require(said is None or said, "Invalid 'tool_calls': empty array.", code="empty_array")
    require(said or texts(message.get("content")) or message.get("refusal"), "an assistant message says nothing")
    for call in said or []:
        require(call["type"] == "function", "only functions are known here")
        check_call(call["id"], call["function"]["name"], call["function"]["arguments"])
        calls.call(call["id"])


def check_user(content):
    require(content, "a user message is empty")
    for part in content if isinstance(content, list) else []:
        if part["type"] == "image_url":
            check_image(part["image_url"]["url"])
        elif part["type"] == "file":
            check_file(part["file"])
        else:
            require(part["type"] == "text", f"unexpected part {part['type']}")


# Responses


def check_input(items, model, states):
    """`states` are the encrypted contents that this upstream has given out, each with its item and model."""
    require(items, "Invalid 'input': empty.", param="input")
    if isinstance(items, str):
        return
    calls = Open()
    for place, item in enumerate(items):
        kind = item.get("type", "message")
        if kind == "function_call":
            check_call(item["call_id"], item["name"], item["arguments"])
            check_id(item, "fc")
            calls.call(item["call_id"])
        elif kind == "function_call_output":
            calls.result(item["call_id"])
            check_parts(item["output"])
        elif kind == "reasoning":
            check_reasoning(item, items[place + 1 : place + 2], model, states)
        elif kind == "message":
            check_message(item, calls)
        else:
            raise Refused(f"unexpected item {kind}", param="input")
    calls.settled()


def check_id(item, prefix):
    require(str(item.get("id") or prefix).startswith(prefix), f"Invalid 'id': '{item.get('id')}'. Expected an ID that begins with "
            f"'{prefix}'.", param="input", code="invalid_value")


def check_reasoning(item, following, model, states):
    sealed = item.get("encrypted_content")
    require(sealed, f"Item with id '{item['id']}' not found. Items are not persisted when `store` is set to false.", 404)
    require(sealed in states, f"The encrypted content for item {item['id']} could not be verified.", code="invalid_encrypted_content")
    require(states[sealed] == (item["id"], model), f"The encrypted content belongs to {states[sealed]}, not {(item['id'], model)}.",
            code="invalid_encrypted_content")
    after = following[0] if following else {}
    require(after.get("type") in ("function_call", "reasoning") or after.get("role") == "assistant",
            f"Item '{item['id']}' of type 'reasoning' was provided without its required following item.", param="input")


def check_message(item, calls):
    if item["role"] == "assistant":
        check_id(item, "msg")
        require(texts(item["content"]) or any(part.get("refusal") for part in item["content"]), "an assistant message says nothing")
        for part in item["content"] if isinstance(item["content"], list) else []:
            require(part["type"] in ("output_text", "refusal"), f"Invalid value: '{part['type']}'. Supported values are: "
                    "'output_text' and 'refusal'.", code="invalid_value")
        return
    calls.settled()
    if item["role"] == "user":
        require(item["content"], "a user message is empty")
        check_parts(item["content"])
    else:
        check_system(texts(item["content"]))


def check_parts(content):
    for part in content if isinstance(content, list) else []:
        if part["type"] == "input_image":
            require(part.get("image_url") or part.get("file_id"), "an image has no source")
            check_image(part.get("image_url") or "https://")
        elif part["type"] == "input_file":
            check_file(part)
        else:
            require(part["type"] == "input_text", f"unexpected part {part['type']}")


