"""What Bedrock asks of a request: botocore's model of the service, and the rules that the model does not tell."""

import base64
import functools
import re

import botocore.loaders
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from rig.openai_rules import KINDS
from rig.strict import Refused, no_attribution, parse, require

VERSIONS = ("bedrock-2023-05-31", "2026-10-21")
FORMATS = {"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}


@functools.cache
def service():
    return ServiceModel(botocore.loaders.Loader().load_service_model("bedrock-runtime", "service-2"), "bedrock-runtime")


def check_claude(body, counting=False):
    """Claude's body is the client's own, but for the model, the stream and the version."""
    require(body.get("anthropic_version") in VERSIONS, f"anthropic_version: {body.get('anthropic_version')!r} is not one of {VERSIONS}")
    for name in ("model", "stream", "tags"):
        require(name not in body, f"{name}: Extra inputs are not permitted")
    betas = body.get("anthropic_beta", [])
    require(isinstance(betas, list) and all(isinstance(beta, str) for beta in betas), "anthropic_beta: Input should be a valid list")
    require(isinstance(body.get("max_tokens"), int), "max_tokens: Field required")
    require(isinstance(body.get("messages"), list) and body["messages"], "messages: Field required")
    require(not counting or body.get("tools") != [], "tools: empty")


def typed(body, model_id, operation):
    """Check a body against the operation's input; gives it with the blobs decoded."""
    shape = service().operation_model(operation).input_shape
    body = decoded({**body, "modelId": model_id}, shape, "")
    report = ParamValidator().validate(body, shape)
    require(not report.has_errors(), report.generate_report())
    return body


def decoded(value, shape, path):
    """The value with its blobs as bytes; what ParamValidator does not look at is checked on the way."""
    if shape.type_name == "blob" and isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except ValueError as broken:
            raise Refused(f"{path}: not base64") from broken
    if shape.type_name == "structure" and not shape.is_document_type and isinstance(value, dict):
        for name in value:
            require(name in shape.members, f"Unknown parameter in {path or 'input'}: \"{name}\", "
                    f"must be one of: {', '.join(shape.members)}")
        return {name: decoded(item, shape.members[name], f"{path}.{name}") for name, item in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [decoded(item, shape.member, f"{path}[{place}]") for place, item in enumerate(value)]
    if shape.type_name == "map" and isinstance(value, dict):
        return {name: decoded(item, shape.value, f"{path}.{name}") for name, item in value.items()}
    check_scalar(value, shape, path)
    return value


def check_scalar(value, shape, path):
    bounds = shape.metadata
    if isinstance(value, str):
        require(not bounds.get("enum") or value in bounds["enum"], f"Value '{value}' at '{path}' failed to satisfy constraint: Member must "
                f"satisfy enum value set: {bounds.get('enum')}")
        require("pattern" not in bounds or re.fullmatch(bounds["pattern"], value), f"Value '{value}' at '{path}' failed to satisfy "
                f"constraint: Member must satisfy regular expression pattern: {bounds.get('pattern')}")
        require(len(value) <= bounds.get("max", len(value)), f"Value at '{path}' failed to satisfy constraint: too long")
    elif isinstance(value, (int, float)):
        require(value <= bounds.get("max", value), f"Value {value} at '{path}' failed to satisfy constraint: too large")


class Converse:
    """The rules of a conversation. `states` are the signatures given out, each with its model."""

    def __init__(self, model_id, states):
        self.model_id, self.states = model_id, states

    def check(self, body):
        for block in body.get("system") or []:
            require("text" not in block or block["text"].strip(), "The text field in the system ContentBlock object is blank.")
            no_attribution(block.get("text"))
        tools = [tool["toolSpec"] for tool in (body.get("toolConfig") or {}).get("tools", []) if "toolSpec" in tool]
        names = [tool["name"] for tool in tools]
        require(len(names) == len(set(names)), f"The tool names are not unique: {names}")
        for tool in tools:
            require((tool["inputSchema"]["json"] or {}).get("type") == "object", f"The schema of {tool['name']} is not of type object.")
        choice = (body.get("toolConfig") or {}).get("toolChoice") or {}
        require("tool" not in choice or choice["tool"]["name"] in names, "The tool of toolChoice is not in tools.")
        self.check_messages(body.get("messages") or [], "toolConfig" in body)

    def check_messages(self, messages, has_tools):
        require(messages, "messages is empty")
        require(messages[0]["role"] == "user", "A conversation must start with a user message.")
        waiting = []
        for before, message in zip([{"role": None}, *messages], messages):
            require(message["role"] in ("user", "assistant"), f"the role {message['role']} is only for Claude")
            require(message["role"] != before["role"], "A conversation must alternate between user and assistant roles.")
            require(message["content"], "The content field in the Message object is empty.")
            results = [block["toolResult"]["toolUseId"] for block in message["content"] if "toolResult" in block]
            calls = [block["toolUse"]["toolUseId"] for block in message["content"] if "toolUse" in block]
            require(has_tools or not (results or calls), "The toolConfig field must be defined "
                    "when using toolUse and toolResult content blocks.")
            require(sorted(results) == sorted(waiting), f"Expected toolResult blocks for the following Ids: {waiting}, not {results}")
            require(len(calls) == len(set(calls)), f"The ids of the calls are not unique: {calls}")
            self.check_order(message["content"])
            for block in message["content"]:
                self.check_block(block, message["role"])
            waiting = calls
        require(not waiting, f"Expected toolResult blocks for the following Ids: {waiting}")
        require(messages[-1]["role"] == "user", "The conversation ends with the assistant.")

    def check_order(self, content):
        """Results before what else the user says; text before calls."""
        kinds = [next(iter(block)) for block in content if "cachePoint" not in block]
        results = kinds.count("toolResult")
        require(kinds[:results] == ["toolResult"] * results, "toolResult blocks come first")
        if "toolUse" in kinds:
            require("text" not in kinds[kinds.index("toolUse"):], "text comes before toolUse")
        names = [block["document"]["name"] for block in content if "document" in block]
        require(len(names) == len(set(names)), f"The names of documents are not unique: {names}")
        require(not names or "text" in kinds or results, "a document needs a text beside it")

    def check_block(self, block, role):
        require("text" not in block or block["text"].strip(), "The text field in the ContentBlock object is blank.")
        require(role == "user" or not {"image", "document", "toolResult"} & set(block), f"{set(block)} is only for the user")
        require(role == "assistant" or not {"toolUse", "reasoningContent"} & set(block), f"{set(block)} is only for the assistant")
        if "toolUse" in block:
            require(isinstance(block["toolUse"]["input"], dict), "The value at toolUse.input is invalid. Provide a json object.")
        if "toolResult" in block:
            result = block["toolResult"]
            require(result.get("status") != "error" or any(inner.get("text") or "text" not in inner for inner in result["content"]),
                    "The content of an error must not be empty.")
        if "reasoningContent" in block:
            self.check_reasoning(block["reasoningContent"])
        for image in [block.get("image"), *(inner.get("image") for inner in block.get("toolResult", {}).get("content", []))]:
            if image and "bytes" in image["source"]:
                require(image["source"]["bytes"].startswith(KINDS[FORMATS[image["format"]]]), f"The image is not {image['format']}.")
        if "document" in block:
            name = block["document"]["name"]
            require(re.fullmatch(r"[a-zA-Z0-9\s()\[\]-]+", name) and not re.search(r"\s\s", name),
                    f"The document name {name!r} is not allowed.")

    def check_reasoning(self, content):
        sealed = content.get("redactedContent") or content.get("reasoningText", {}).get("signature")
        found = self.states.get(base64.b64encode(sealed).decode() if isinstance(sealed, bytes) else sealed)
        require(found == self.model_id, f"The reasoning was made by {found}, not by {self.model_id}.")


def check_count(body, model_id, states):
    """The input of CountTokens: one of two bodies."""
    found = typed(body, model_id, "CountTokens")["input"]
    if "invokeModel" in found:
        check_claude(parse(found["invokeModel"]["body"]), counting=True)
    else:
        Converse(model_id, states).check(found["converse"])
