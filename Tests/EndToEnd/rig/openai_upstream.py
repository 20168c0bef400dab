"""A stand-in for the OpenAI API (Responses and Chat Completions), for Azure's and xAI's forms of it, and for compatible servers.

    upstream = OpenAIUpstream(key="sk-…")                    # profile: openai, azure, xai, compatible
    upstream.answers(reply("Looking.", Call("weather", {"city": "Bern"})), failure(429, "Slow down."), reply("Sunny."))
"""

import re

from openai.types import Model
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming, CompletionCreateParamsStreaming
from openai.types.responses import InputTokenCountResponse
from openai.types.responses.input_token_count_params import InputTokenCountParams
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming, ResponseCreateParamsStreaming

from rig import openai_chat, openai_responses
from rig.answers import Json
from rig.openai_conversation import check_input, check_messages, texts
from rig.openai_rules import check_chat_effort, check_labels, check_model, check_schema_format, check_system, check_tools, typed
from rig.replies import Rendered, reply
from rig.strict import StrictUpstream, parse, require

KEY = "sk-proj-upstream-canary-51c9"
MODELS = ["gpt-5.4", "gpt-5.5", "gpt-6.2-sol", "gpt-6.2-astra", "gpt-4.1"]
EVENT_STREAM = "text/event-stream; charset=utf-8"
FOREIGN = ("max_completion_tokens", "store", "metadata", "prompt_cache_key", "prompt_cache_options", "safety_identifier", "user",
           "service_tier", "verbosity", "reasoning_effort")  # what compatible servers need not know
LOCAL = {"top_k", "min_p", "chat_template_kwargs"}


def failure(status, text="Scripted.", code=None, kind=None, **headers):
    """An HTTP error in OpenAI's shape."""
    usual = "server_error" if status > 499 else "invalid_request_error"
    kind = kind or {429: "rate_limit_error", 401: "authentication_error"}.get(status, usual)
    value = {"error": {"message": text, "type": kind, "param": None, "code": code}}
    return Json(value, status, {name.replace("_", "-"): str(value) for name, value in headers.items()})


def filtered_by_azure():
    """What Azure answers when its filter stops the prompt."""
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {"hate": {"filtered": True, "severity": "high"}}}
    return Json({"error": {"message": "The response was filtered.", "type": None, "param": "prompt", "code": "content_filter",
                           "status": 400, "innererror": inner}}, 400)


class OpenAIUpstream(StrictUpstream):
    """`states` holds the encrypted contents given out, each with its item and model. `alternating`: roles must take turns."""

    def __init__(self, key=KEY, profile="openai", models=None, alternating=False, **options):
        super().__init__(reply("Hello from the upstream."), **options)
        self.key, self.profile, self.alternating = key, profile, alternating
        self.models = MODELS if models is None else models
        self.states = {}

    def standard_headers(self, request):
        return {"x-request-id": f"req_{request.number:032x}", "openai-processing-ms": "12", "x-ratelimit-remaining-requests": "4999",
                "x-ratelimit-reset-requests": "12ms"}

    def path(self, request):
        """The path in OpenAI's own form; Azure has others in front of it."""
        found = re.sub(r"^/openai/deployments/[^/]+", "/v1", re.sub("^/openai/v1", "/v1", request.path))
        return found if self.profile == "azure" or found == request.path else ""

    def is_call(self, request):
        return self.path(request) in ("/v1/responses", "/v1/chat/completions")

    def route(self, request):
        path = self.path(request)
        self._check_key(request)
        self.no_leaks(request)
        if request.method == "GET" and path == "/v1/models":
            data = [Model(id=name, object="model", created=1, owned_by="system").to_dict() for name in self.models]
            return Json({"object": "list", "data": data})
        known = {"/v1/responses": self._check_response, "/v1/responses/input_tokens": self._check_count,
                 "/v1/chat/completions": self._check_completion}
        require(request.method == "POST" and path in known, f"Invalid URL ({request.method} {request.path})", 404)
        require((request.header("content-type") or "").startswith("application/json"), "the content type is not JSON", 415)
        body = parse(request.body)
        known[path](body)
        if path.endswith("input_tokens"):
            counted = InputTokenCountResponse(object="response.input_tokens", input_tokens=max(1, len(request.body) // 4))
            return Json(counted.to_dict())
        require(body["model"] in self.models, f"The model '{body['model']}' does not exist or you do not have access to it.", 404,
                param="model", code="model_not_found")
        return self._scripted()

    def _check_key(self, request):
        given = request.header("authorization"), request.header("api-key")
        good = [(f"Bearer {self.key}", None)] + [(None, self.key)] * (self.profile == "azure")
        if self.key is not None:
            status = 400 if self.profile == "xai" and given[0] else 401
            require(given in good, f"Incorrect API key provided: {given}", status, code="invalid_api_key")

    def refusal(self, refused):
        if self.profile == "xai":
            return Json({"code": "Client specified an invalid argument", "error": str(refused)}, refused.status)
        answer = failure(refused.status, str(refused), refused.more.get("code"))
        answer.value["error"]["param"] = refused.more.get("param")
        return answer

    # Responses

    def _check_response(self, body):
        require(body.get("model") and "input" in body, "Missing required parameter: 'input'.", code="missing_required_parameter")
        lenient(body)
        typed(body, ResponseCreateParamsStreaming if body.get("stream") else ResponseCreateParamsNonStreaming)
        require(body.get("store") is False, "`store` is not false", param="store")
        for name in ("previous_response_id", "conversation", "background", "user", "prompt"):
            require(not body.get(name), f"{name} is not for a stateless client", param=name)
        length = body.get("max_output_tokens")
        require(length is None or length >= 16, f"Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, "
                f"but got {length} instead.", param="max_output_tokens", code="integer_below_min_value")
        check_model(body, (body.get("reasoning") or {}).get("effort"), length)
        check_labels(body)
        self._check_common(body)

    def _check_count(self, body):
        lenient(body)
        typed(body, InputTokenCountParams)
        require(body.get("model"), "Missing required parameter: 'model'.", param="model")
        self._check_common(body)

    def _check_common(self, body):
        if "instructions" in body:
            check_system(body["instructions"] or "")
        tools = body.get("tools") or []
        choice = body.get("tool_choice")
        require(choice is None or tools, "Tool choice is only allowed when 'tools' are specified.", param="tool_choice")
        forced = choice.get("name") if isinstance(choice, dict) and choice["type"] == "function" else None
        functions = [tool for tool in tools if tool["type"] == "function"]
        check_tools(functions, True, forced, None if tools else body.get("parallel_tool_calls"))
        form = (body.get("text") or {}).get("format") or {}
        if form.get("type") == "json_schema":
            check_schema_format(form)
        check_input(body.get("input"), body["model"], self.states)

    # Chat Completions

    def _check_completion(self, body):
        require(body.get("model"), "you must provide a model parameter")
        known = {name: value for name, value in body.items() if self.profile != "compatible" or name not in LOCAL}
        typed(known, CompletionCreateParamsStreaming if body.get("stream") else CompletionCreateParamsNonStreaming)
        if self.profile == "compatible":
            self._check_local(body)
        else:
            length = body.get("max_completion_tokens", body.get("max_tokens"))
            check_model(body, body.get("reasoning_effort"), length)
            check_chat_effort(body["model"], body.get("reasoning_effort"), body.get("tools"))
            require(not body.get("store"), "`store` is not false", param="store")
        check_labels(body)
        stops = body.get("stop") or []
        require(isinstance(stops, str) or len(stops) <= 4, "Invalid 'stop': array too long.", param="stop", code="array_above_max_length")
        tools, choice = body.get("tools"), body.get("tool_choice")
        require(tools is None or tools, "Invalid 'tools': empty array.", param="tools", code="empty_array")
        require(choice is None or tools, "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.")
        forced = choice["function"]["name"] if isinstance(choice, dict) and choice["type"] == "function" else None
        check_tools([tool["function"] for tool in tools or []], False, forced, None if tools else body.get("parallel_tool_calls"))
        form = body.get("response_format") or {}
        if form.get("type") == "json_schema":
            check_schema_format(form["json_schema"])
        check_messages(body["messages"])

    def _check_local(self, body):
        """What a local server and its template may stumble over."""
        for name in FOREIGN:
            require(name not in body, f"{name} is unknown to many servers", param=name)
        require(not any("strict" in tool["function"] for tool in body.get("tools") or []), "strict is unknown to many servers")
        roles = [message["role"] for message in body["messages"]]
        require("developer" not in roles, "Unexpected role developer")
        require("system" not in roles[1:], "System message must be at the beginning")
        require(all(texts(message.get("content")) or message.get("tool_calls") or message["role"] == "tool"
                    or isinstance(message.get("content"), list) for message in body["messages"]), "a message is empty")
        turns = [role for role in roles if role in ("user", "assistant")]
        if self.alternating:
            require(all(a != b for a, b in zip(turns, turns[1:])) or "tool" in roles, "conversation roles must alternate user/assistant")

    # Answers

    def render(self, request, answer):
        streamed = bool(request.json.get("stream"))
        if self.path(request) == "/v1/responses":
            made = openai_responses.Responses(request, answer)
            self.states |= {item["encrypted_content"]: (item["id"], request.json["model"])
                            for item in made.items if item.get("encrypted_content")}
        else:
            made = openai_chat.Chat(request, answer, self.profile)
        if streamed:
            return Rendered(EVENT_STREAM, list(made.frames()))
        return Rendered("application/json", [made.body()], streamed=False)

    def broken(self, request, fail):
        return openai_responses.broken(request, fail) if self.path(request) == "/v1/responses" else openai_chat.broken(fail)


def lenient(body):
    """The API fills in what the SDK's types require: the marks of an assistant's message, the strictness of a tool."""
    for number, item in enumerate(body["input"] if isinstance(body.get("input"), list) else []):
        if item.get("role") == "assistant" and isinstance(item.get("content"), list):
            for name, value in (("type", "message"), ("id", f"msg_{number}"), ("status", "completed")):
                item.setdefault(name, value)
            for part in item["content"]:
                if part.get("type") == "output_text":
                    part.setdefault("annotations", [])
    for tool in body.get("tools") or []:
        if tool.get("type") == "function":
            tool.setdefault("strict", True)
            tool.setdefault("parameters", None)
