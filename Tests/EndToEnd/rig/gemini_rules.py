"""What Gemini asks of a request: the SDK's types with no key besides, and the rules that types do not tell."""

import base64
import enum
import re
import typing

import pydantic
from google.genai import _common, types

from rig.openai_rules import KINDS
from rig.strict import Refused, no_attribution, require

NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}")
DUMMIES = ("skip_thought_signature_validator", "context_engineering_is_the_way_to_go")
DATA = ("text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult")
JSON_SCHEMA = {"$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems", "minItems",
               "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties", "additionalProperties", "required", "propertyOrdering"}


class Request(_common.BaseModel):
    """The body as it goes over the wire."""

    contents: list[types.Content]
    system_instruction: typing.Optional[types.Content] = None
    tools: typing.Optional[list[types.Tool]] = None
    tool_config: typing.Optional[types.ToolConfig] = None
    generation_config: typing.Optional[types.GenerationConfig] = None
    safety_settings: typing.Optional[list[types.SafetySetting]] = None
    cached_content: typing.Optional[str] = None
    service_tier: typing.Optional[types.ServiceTier] = None
    labels: typing.Optional[dict[str, str]] = None


class Count(_common.BaseModel):
    contents: typing.Optional[list[types.Content]] = None
    generate_content_request: typing.Optional[dict[str, typing.Any]] = None


def typed(value, kind):
    """Refuse what the SDK's types do not allow; names are in camel case, enumerations spelt as they are."""
    try:
        made = kind.model_validate(value, by_alias=True, by_name=False)
    except pydantic.ValidationError as broken:
        first = broken.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        text = {"extra_forbidden": f"Invalid JSON payload received. Unknown name \"{first['loc'][-1]}\" at '{place}': Cannot find field."}
        raise Refused(text.get(first["type"], f"Invalid value at '{place}': {first['msg']}")) from broken
    except AttributeError as broken:  # an enumeration that is not even a string
        raise Refused(f"Invalid value: {broken}") from broken
    spelt(made)


def spelt(value):
    if isinstance(value, enum.Enum):
        require(value.name in type(value).__members__, f"Invalid value ({type(value).__name__}), \"{value.value}\"")
    for item in [getattr(value, name) for name in type(value).model_fields] if isinstance(value, pydantic.BaseModel) else []:
        spelt(item)
    for item in value if isinstance(value, list) else value.values() if isinstance(value, dict) else []:
        spelt(item)


class Rules:
    """The rules for one model. `states` are the signatures given out: the call that each is for, and the model."""

    def __init__(self, model, states, vertex=False, dummies=True):
        self.model, self.states, self.vertex, self.dummies = model, states, vertex, dummies
        found = re.match(r"gemini-(\d+)", model)
        self.major = int(found[1]) if found else 0

    def check(self, body):
        typed(body, Request)
        require("labels" not in body or self.vertex, "Unknown name \"labels\": Cannot find field.")
        system = body.get("systemInstruction")
        if system is not None:
            require(system.get("parts"), "systemInstruction.parts must not be empty")
            for part in system["parts"]:
                require(part.get("text", "").strip(), "systemInstruction holds a part without text")
                no_attribution(part["text"])
        self.check_config(body.get("generationConfig") or {})
        names = self.check_tools(body)
        self.check_choice(body, names)
        self.check_contents(body["contents"])

    def check_config(self, config):
        thinking = config.get("thinkingConfig") or {}
        level, budget = thinking.get("thinkingLevel"), thinking.get("thinkingBudget")
        require(level is None or budget is None, "You can only set only one of thinking budget and thinking level.")
        require(level is None or self.major >= 3, "Thinking level is not supported for this model.")
        require(budget is None or self.major < 4, "Thinking budget is not supported for this model.")
        require(level is None or self.major < 4 or level in ("LOW", "MEDIUM", "HIGH"), f"Thinking level {level} is not supported.")
        require(level is None or level.isupper(), f"Invalid value (ThinkingLevel): {level}")
        require(budget is None or -1 <= budget <= 32768, f"The thinking budget {budget} is invalid.")
        require(len(config.get("stopSequences") or []) <= 5, "There are too many stop sequences, at most 5.")
        require(1 <= config.get("maxOutputTokens", 1) <= 65536, "max_output_tokens must be from 1 to 65536")
        require(0 <= config.get("temperature", 0) <= 2 and 0 <= config.get("topP", 0) <= 1, "temperature or topP is out of range")
        require(not ("responseSchema" in config and "responseJsonSchema" in config), "one schema for the response, not two")
        if "responseSchema" in config or "responseJsonSchema" in config:
            require(config.get("responseMimeType") == "application/json", "a schema needs responseMimeType application/json")
        if "responseSchema" in config:
            check_schema(config["responseSchema"], "responseSchema")
        if "responseJsonSchema" in config:
            check_json_schema(config["responseJsonSchema"], "responseJsonSchema")

    def check_tools(self, body):
        declared = [function for tool in body.get("tools") or [] for function in tool.get("functionDeclarations") or []]
        require("tools" not in body or body["tools"], "tools is empty")
        for tool in body.get("tools") or []:
            require(tool, "tool must have one initialized field")
            require(tool.get("functionDeclarations") != [], "functionDeclarations is empty")
        names = [function.get("name") or "" for function in declared]
        for name in names:
            require(NAME.fullmatch(name), f"Invalid function name {name!r}. Must start with a letter or an underscore.")
        require(len(set(names)) == len(names), f"Duplicate function declaration found: {names}")
        for function in declared:
            require(not ("parameters" in function and "parametersJsonSchema" in function),
                    "parameters and parametersJsonSchema exclude each other")
            if "parameters" in function:
                check_schema(function["parameters"], f"functionDeclarations[{function['name']}].parameters", root=True)
            if "parametersJsonSchema" in function:
                require(function["parametersJsonSchema"].get("type") == "object", "the root of a function's schema is an object")
                check_json_schema(function["parametersJsonSchema"], function["name"])
        return names

    def check_choice(self, body, names):
        config = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
        allowed = config.get("allowedFunctionNames") or []
        require("mode" not in config or config["mode"] in ("AUTO", "ANY", "NONE", "VALIDATED"), f"Invalid mode {config.get('mode')}")
        require(not allowed or config.get("mode") in ("ANY", "VALIDATED"), "allowedFunctionNames needs the mode ANY or VALIDATED")
        require(set(allowed) <= set(names), f"allowedFunctionNames names what is not declared: {allowed}")
        require(names or config.get("mode") in (None, "NONE", "AUTO"), "Function calling config is set without function_declarations.")

    # The conversation

    def check_contents(self, contents):
        require(contents, "contents is not specified")
        require(contents[0].get("role") == "user", "Please ensure that the conversation begins with a user turn.")
        waiting = None
        for content in contents:
            require(content.get("role") in ("user", "model"), "Please use a valid role: user, model.")
            require(content.get("parts"), "contents.parts must not be empty.")
            for part in content["parts"]:
                self.check_part(part, content["role"])
            waiting = self.check_turn(content, waiting)
        require(not waiting, "a function call has no function response")
        require(contents[-1]["role"] == "user", "the conversation ends with the model")
        self.check_signatures(contents)

    def check_turn(self, content, waiting):
        """Each turn with calls is followed at once by their responses, all of them; gives the calls that wait now."""
        answers = [part["functionResponse"] for part in content["parts"] if "functionResponse" in part]
        if waiting is None:
            require(not answers, "Please ensure that function response turn comes immediately after a function call turn.")
        else:
            require(len(answers) == len(waiting), "Please ensure that the number of function response parts is equal to the number of "
                    f"function call parts of the function call turn: {len(answers)} and {len(waiting)}.")
            for call, answer in zip(waiting, answers):
                same = [other for other in waiting if other.get("id") == answer.get("id")] if answer.get("id") else [call]
                require(same and same[0].get("name") == answer["name"], f"the response {answer['name']} answers no call")
                require(bool(call.get("id")) == bool(answer.get("id")), "a response has an id exactly if its call has one")
            ids = [answer["id"] for answer in answers if answer.get("id")]
            require(len(ids) == len(set(ids)), "two responses answer the same call")
        return [part["functionCall"] for part in content["parts"] if "functionCall" in part] or None

    def check_part(self, part, role):
        data = [name for name in DATA if name in part]
        require(len(data) == 1, f"required oneof field 'data' must have one initialized field, not {data}")
        [kind] = data
        require(kind != "text" or part["text"] or part.get("thoughtSignature"),
                "Unable to submit request because it has an empty text parameter.")
        require(kind != "functionCall" or role == "model", "functionCall is for the role model")
        require(kind != "functionResponse" or role == "user", "functionResponse is for the role user")
        if kind in ("functionCall", "functionResponse"):
            require(NAME.fullmatch(part[kind].get("name") or ""), f"Invalid function name {part[kind].get('name')!r}.")
        if kind == "functionResponse":
            require(isinstance(part[kind].get("response"), dict), "functionResponse.response is not an object")
        if kind == "inlineData":
            check_blob(part[kind])
        for inner in (part.get("functionResponse") or {}).get("parts") or []:
            require(self.major >= 3, "functionResponse.parts is not supported for this model")
            check_blob(inner["inlineData"]) if "inlineData" in inner else None

    def check_signatures(self, contents):
        """All that come back are ours and where they were; in the current turn the first call of each step has one."""
        current = 0
        for place, content in enumerate(contents):
            if content["role"] == "user" and any("functionResponse" not in part for part in content["parts"]):
                current = place
        for place, content in enumerate(contents):
            calls = [part for part in content["parts"] if "functionCall" in part]
            if calls and place > current and self.major >= 3:
                require(calls[0].get("thoughtSignature"), f"Function call is missing a thought_signature in functionCall parts: "
                        f"{calls[0]['functionCall']['name']}, position {place}.")
            for part in content["parts"]:
                if part.get("thoughtSignature"):
                    self.check_signature(part)

    def check_signature(self, part):
        found = part["thoughtSignature"]
        plain = decoded(found)
        if found in DUMMIES or plain in [dummy.encode() for dummy in DUMMIES]:
            return require(self.dummies, "a dummy stands where a real signature was given out")
        require(found in self.states, "Corrupted thought signature.")
        call, model = self.states[found]
        require(model == self.model, f"The thought signature was made by {model}.")
        mine = part.get("functionCall") and (part["functionCall"].get("name"), part["functionCall"].get("args") or {})
        require(call == mine, f"The thought signature belongs to {call}, not to {mine}.")


def decoded(text):
    try:
        return base64.b64decode(text, altchars=b"-_" if set(text) & set("-_") else None, validate=True)
    except ValueError as broken:
        raise Refused("Invalid value (TYPE_BYTES): Base64 decoding failed") from broken


def check_blob(blob):
    raw = decoded(blob.get("data") or "")
    kind = blob.get("mimeType") or ""
    require(raw and kind, "inlineData needs data and mimeType")
    require(kind not in KINDS or raw.startswith(KINDS[kind]), f"The data is not {kind}.")


def check_schema(schema, where, root=False):
    """The subset of OpenAPI: that no keyword is unknown is the types' business."""
    kind = schema.get("type")
    require(kind or "anyOf" in schema or "$ref" in schema or "ref" in schema, f"{where}: a schema has no type")
    require(kind is None or kind in types.Type.__members__, f"{where}: Invalid value (Type), \"{kind}\"")
    require(not root or kind == "OBJECT", f"{where}: schema should be of type OBJECT")
    require("properties" not in schema or schema["properties"], f"{where}.properties: should be non-empty for OBJECT type")
    require(set(schema.get("required") or []) <= set(schema.get("properties") or {}), f"{where}.required: property is not defined")
    require("enum" not in schema or kind == "STRING", f"{where}.enum: only allowed for STRING type")
    require(kind != "STRING" or schema.get("format", "enum") in ("enum", "date-time"), f"{where}: only 'enum' and 'date-time' are "
            "supported for STRING type")
    require(kind != "ARRAY" or "items" in schema, f"{where}.items: missing field")
    for name, inner in (schema.get("properties") or {}).items():
        check_schema(inner, f"{where}.properties[{name}]")
    for inner in [schema.get("items"), *(schema.get("anyOf") or [])]:
        if inner is not None:
            check_schema(inner, where)


def check_json_schema(schema, where):
    if not isinstance(schema, dict):
        return
    require(set(schema) <= JSON_SCHEMA, f"{where}: unsupported keywords {sorted(set(schema) - JSON_SCHEMA)}")
    require(set(schema.get("required") or []) <= set(schema.get("properties") or {}), f"{where}.required: property is not defined")
    for group in ("properties", "$defs"):
        for name, inner in (schema.get(group) or {}).items():
            check_json_schema(inner, f"{where}.{name}")
    for name in ("items", "additionalProperties"):
        check_json_schema(schema.get(name), f"{where}.{name}")
    for name in ("anyOf", "oneOf", "prefixItems"):
        for inner in schema.get(name) or []:
            check_json_schema(inner, where)
