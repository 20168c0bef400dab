"""What the OpenAI API asks of every request beyond the types: models, tools, media."""

import base64
import re

from rig.strict import Refused, no_attribution, require
from rig.typed import problems

TOOL_NAME = re.compile("[a-zA-Z0-9_-]{1,64}")
KINDS = {"image/png": (b"\x89PNG",), "image/jpeg": (b"\xff\xd8",), "image/gif": (b"GIF8",), "image/webp": (b"RIFF",),
         "application/pdf": (b"%PDF",)}
IMAGES = set(KINDS) - {"application/pdf"}
NO_REST = ("gpt-6-astra", "gpt-6.1", "gpt-6.2")  # they always reason
ALWAYS_REASONING_IN_CHAT = ("gpt-5.6", "gpt-6-sol", "gpt-6-luna")  # unless told not to


def typed(body, kind):
    """Refuse what the SDK's types do not allow."""
    found = problems(body, kind)
    if found:
        path, text, code = found[0]
        raise Refused(text, param=path, code=code, all=[text for _, text, _ in found])


def reasons(model):
    return re.match(r"gpt-[56]|o[34]", model) is not None


def check_model(body, effort, output_limit):
    """Sampling, effort and length, by model."""
    model = body["model"]
    if reasons(model):
        for name in ("temperature", "top_p", "top_logprobs", "logprobs", "stop", "presence_penalty", "frequency_penalty", "max_tokens"):
            advice = " Use 'max_completion_tokens' instead." if name == "max_tokens" else ""
            require(body.get(name) is None, f"Unsupported parameter: '{name}' is not supported with this model.{advice}",
                    param=name, code="unsupported_parameter")
    else:
        require(effort is None, "Unsupported parameter: 'reasoning_effort' is not supported with this model.",
                param="reasoning.effort", code="unsupported_parameter")
    if model.startswith(NO_REST):
        require(effort not in ("none", "minimal"), f"Unsupported value: '{effort}' is not supported with {model}.",
                param="reasoning.effort", code="unsupported_value")
    limit = 128000 if reasons(model) else 32768
    require(output_limit is None or 1 <= output_limit <= limit, f"max_tokens is too large or too small: {output_limit}.",
            code="invalid_value")
    require(0 <= (body.get("temperature") or 0) <= 2, "temperature is out of range", param="temperature")
    require(0 <= (body.get("top_p") or 0) <= 1, "top_p is out of range", param="top_p")


def check_chat_effort(model, effort, tools):
    """Function tools and effort exclude each other in Chat Completions from gpt-5.4 on."""
    refused = (model.startswith(("gpt-5.4", "gpt-5.5")) and effort not in (None, "none")
               or model.startswith(ALWAYS_REASONING_IN_CHAT) and effort != "none" or model.startswith(NO_REST))
    require(not (tools and refused), f"Function tools with reasoning_effort are not supported for {model} in /v1/chat/completions. "
            "Please use /v1/responses instead.", param="reasoning_effort", code="unsupported_parameter")
    require(not (model.startswith("gpt-6.1-sol") and effort == "max"), "Unsupported value: 'max'", param="reasoning_effort")


def check_labels(body):
    metadata = body.get("metadata") or {}
    require(len(metadata) <= 16 and all(len(k) <= 64 and len(v) <= 512 for k, v in metadata.items()), "metadata is too large")
    for name, limit in (("safety_identifier", 128), ("user", 64), ("prompt_cache_key", 64)):
        require(len(body.get(name) or "") <= limit, f"Invalid '{name}': string too long. Maximum length {limit}.",
                param=name, code="string_above_max_length")
    require(body.get("stream") or not body.get("stream_options"), "'stream_options' is only allowed when 'stream' is enabled.",
            param="stream_options")


def check_tools(functions, strict_by_default, choice, parallel):
    """Functions by their declarations; `choice` is the name that is forced, if any."""
    names = [function["name"] for function in functions]
    for function in functions:
        name = function["name"]
        require(TOOL_NAME.fullmatch(name), f"Invalid 'tools': '{name}' does not match '^[a-zA-Z0-9_-]{{1,64}}$'.", param="tools")
        require("defer_loading" not in function, "Unknown parameter: 'defer_loading'.", code="unknown_parameter")
        schema = function.get("parameters") or {}
        require(not schema or schema.get("type") == "object",
                f"Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"', got {schema.get('type')!r}.",
                param="tools", code="invalid_function_parameters")
        if function.get("strict", strict_by_default):
            check_strict_schema(schema, f"function '{name}'")
    require(len(names) == len(set(names)), f"tool names are not unique: {names}", param="tools")
    require(len(names) <= 128, "too many tools", param="tools")
    require(choice is None or choice in names, f"Tool choice '{choice}' not found in 'tools' parameter.", param="tool_choice")
    require(functions or parallel is None, "'parallel_tool_calls' is only allowed when 'tools' are specified.",
            param="parallel_tool_calls")


def check_strict_schema(schema, where):
    """With `strict` every object names all its properties as required and allows no others."""
    if isinstance(schema, list):
        for item in schema:
            check_strict_schema(item, where)
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object" or "properties" in schema:
        complaint = f"Invalid schema for {where}: "
        require(schema.get("additionalProperties") is False, complaint + "'additionalProperties' is required to be false.",
                code="invalid_function_parameters")
        require(sorted(schema.get("required", [])) == sorted(schema.get("properties", {})),
                complaint + "'required' is required to include every key in properties.", code="invalid_function_parameters")
    for name in ("allOf", "oneOf", "not", "if"):
        require(name not in schema, f"Invalid schema for {where}: '{name}' is not permitted.", code="invalid_function_parameters")
    for name in ("items", "anyOf"):
        check_strict_schema(schema.get(name), where)
    for name in ("properties", "$defs", "definitions"):
        check_strict_schema(list((schema.get(name) or {}).values()), where)


def check_schema_format(found):
    """A JSON schema for the answer."""
    require(TOOL_NAME.fullmatch(found["name"]), f"Invalid name of a response format: {found['name']!r}")
    if found.get("strict"):
        check_strict_schema(found.get("schema"), "response_format")


def check_data_url(url, allowed):
    found = re.fullmatch(r"data:([a-z]+/[a-z]+);base64,(.*)", url, re.DOTALL)
    require(found, f"Invalid data URL: {url[:40]!r}", code="invalid_value")
    kind, data = found.groups()
    require(kind in allowed, f"Unsupported media type {kind}.", code="unsupported_image_media_type")
    try:
        raw = base64.b64decode(data, validate=True)
    except ValueError as broken:
        raise Refused("Invalid base64 data.", code="invalid_base64_image") from broken
    require(raw.startswith(KINDS[kind]), f"The data is not {kind}.", code="invalid_image_format")


def check_image(url):
    if not url.startswith("https://"):
        check_data_url(url, IMAGES)


def check_file(part):
    require(sum(bool(part.get(name)) for name in ("file_data", "file_id", "file_url")) == 1, "a file has one source")
    if part.get("file_data"):
        require(part.get("filename"), "Missing required parameter: 'filename'.", code="missing_required_parameter")
        check_data_url(part["file_data"], {"application/pdf"})


def check_call(call_id, name, arguments):
    require(1 <= len(call_id) <= 64, f"Invalid call id: string too long, {len(call_id)} instead of at most 64.",
            code="string_above_max_length")
    require(TOOL_NAME.fullmatch(name), f"Invalid name of a called function: '{name}'", param="name")
    require(arguments.lstrip().startswith("{"), f"the arguments are not an object: {arguments[:40]!r}")


def check_system(text):
    no_attribution(text)
    require(text.strip(), "a system message is empty")
