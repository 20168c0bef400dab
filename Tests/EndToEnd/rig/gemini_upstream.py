"""Stand-ins for the Gemini API, and for Vertex AI with Gemini and Claude.

    upstream = GeminiUpstream(key="AIza…")
    upstream = VertexUpstream(project="acme-tests", location="europe-west1")     # upstream.account goes into the key file
"""

import json
import re
import urllib.parse

from rig import messages
from rig.answers import Json
from rig.claude_reply import message
from rig.gemini_answers import Answer, broken, failure, frame
from rig.gemini_rules import Count, Rules, typed
from rig.google_tokens import Tokens
from rig.replies import Rendered, reply
from rig.strict import StrictUpstream, parse, require

KEY = "AIzaSyUpstreamCanary-8c21"
MODELS = ["gemini-2.5-pro", "gemini-3.8-flash", "gemini-4-argon"]
CLAUDE = ["claude-opus-5-5", "claude-haiku-4-5@20251001"]
VERSIONS = ("vertex-2023-10-16", "2026-10-21")
STATUS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}


class GeminiUpstream(StrictUpstream):
    """`states` holds the signatures given out, each with its call and model. `dummies` false refuses the documented dummies."""

    vertex = False
    pattern = re.compile("/v1(?:beta)?/models/(?P<model>[^/:]+):(?P<method>[a-zA-Z]+)")

    def __init__(self, key=KEY, models=None, dummies=True, **options):
        super().__init__(reply("Hello from the upstream."), **options)
        self.key, self.models, self.dummies = key, MODELS if models is None else models, dummies
        self.states = {}

    def standard_headers(self, request):
        return {"server-timing": "gfet4t7; dur=12", "x-content-type-options": "nosniff"}

    def place(self, request):
        """Model and method, from the path."""
        found = self.pattern.fullmatch(urllib.parse.unquote(request.path))
        require(found, f"no such path: {request.path}", 404)
        return found.groupdict()

    def is_call(self, request):
        return bool(re.search(":(generateContent|streamGenerateContent|rawPredict|streamRawPredict)$", request.path)) \
            and "/count-tokens:" not in request.path

    def check_key(self, request):
        given = request.header("x-goog-api-key")
        require(request.header("authorization") is None, "Expected OAuth 2 access token", 401)
        require(given, "Method doesn't allow unregistered callers", 403)
        require(given == self.key, "API key not valid. Please pass a valid API key.", reason="API_KEY_INVALID")

    def route(self, request):
        self.check_key(request)
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(request.target).query)
        require("key" not in query, "the key is in the query, where logs see it")
        if request.method == "GET" and request.path in ("/v1/models", "/v1beta/models") and not self.vertex:
            return Json({"models": [self._model(name) for name in self.models]})
        place = self.place(request)
        publisher = place.get("publisher", "google")
        self.no_leaks(request, ("anthropic-beta",) if publisher == "anthropic" else ())
        require(request.method == "POST", "only POST", 405)
        require((request.header("content-type") or "").startswith("application/json"), "the content type is not JSON")
        body = parse(request.body)
        if publisher == "anthropic":
            return self.claude(place, body)
        require(place["model"] in self.models, f"models/{place['model']} is not found for API version v1beta.", 404)
        rules = Rules(place["model"], self.states, self.vertex, self.dummies)
        if place["method"] == "countTokens":
            return self.count(rules, body, request)
        require(place["method"] in ("generateContent", "streamGenerateContent"), f"no such method: {place['method']}", 404)
        require((query.get("alt") == ["sse"]) == (place["method"] == "streamGenerateContent"), "a stream needs alt=sse, and only a stream")
        rules.check(body)
        return self._scripted()

    def count(self, rules, body, request):
        typed(body, Count)
        require(len(body) == 1, "either contents or generateContentRequest")
        inner = dict(body.get("generateContentRequest") or body)
        require(inner.pop("model", f"models/{rules.model}") == f"models/{rules.model}", "the models of path and body differ")
        rules.check(inner)
        return Json({"totalTokens": max(1, len(request.body) // 4)})

    def _model(self, name):
        return {"name": f"models/{name}", "version": "001", "displayName": name, "inputTokenLimit": 1048576, "outputTokenLimit": 65536,
                "supportedGenerationMethods": ["generateContent", "countTokens"], "thinking": True}

    def claude(self, place, body):
        raise NotImplementedError

    def refusal(self, refused):
        reason = refused.more.get("reason")
        details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}] if reason else []
        return failure(refused.status, STATUS.get(refused.status, "INVALID_ARGUMENT"), str(refused), details)

    def render(self, request, answer):
        place = self.place(request)
        if place.get("publisher") == "anthropic":
            return self._render_claude(request, answer, place)
        made = Answer(request, answer, place["model"], self.vertex)
        if place["method"] == "streamGenerateContent":
            rendered = Rendered("text/event-stream", [frame(value) for value in made.responses()])
        else:
            rendered = Rendered("application/json; charset=UTF-8", [json.dumps(made.whole(), indent=2).encode()], streamed=False)
        self.states |= {signature: (call, place["model"]) for signature, call in made.signed.items()}
        return rendered

    def _render_claude(self, request, answer, place):
        made = message(answer, request.number, place["model"].split("@")[0])
        if place["method"] == "streamRawPredict":
            return Rendered("text/event-stream; charset=utf-8", [messages.frame(event) for event in messages.events(made, answer.size)])
        return Rendered("application/json", [json.dumps(made).encode()], streamed=False)

    def broken(self, request, fail):
        if self.place(request).get("publisher") == "anthropic":
            return messages.frame(messages.envelope(fail.partition(":")[2] or "overloaded_error", "Scripted."))
        return broken(fail)


class VertexUpstream(GeminiUpstream):
    """Vertex AI, and the token endpoint that it trusts."""

    vertex = True

    def __init__(self, project="acme-tests", location="europe-west1", models=None, **options):
        super().__init__(models=MODELS + CLAUDE if models is None else models, **options)
        self.project, self.location, self.tokens = project, location, Tokens(project)
        self.pattern = re.compile(f"/v1(?:beta1)?/projects/{project}/locations/{location}/publishers/(?P<publisher>google|anthropic)"
                                  "/models/(?P<model>[^/:]+):(?P<method>[a-zA-Z]+)")

    @property
    def token_uri(self):
        return f"{self.url}/token"

    @property
    def account(self):
        """The service account's key file."""
        return self.tokens.account(self.token_uri)

    @property
    def token_requests(self):
        return [request for request in self.requests if request.path == "/token"]

    def route(self, request):
        if request.path == "/token":
            return self.tokens.answer(request, self.token_uri)
        return super().route(request)

    def check_key(self, request):
        require(request.header("x-goog-api-key") is None, "API keys are not supported by this API.", 401)
        given = request.header("authorization")
        require(self.tokens.good(given), f"Request had invalid authentication credentials. Expected OAuth 2 access token: {given}", 401)

    def count(self, rules, body, request):
        rules.check(body)
        return Json({"totalTokens": max(1, len(request.body) // 4), "totalBillableCharacters": len(request.body)})

    def claude(self, place, body):
        """Claude's body is the client's own, but for the model, which is in the path, and the version, which is in the body."""
        counting = place["model"] == "count-tokens"
        require(place["method"] in ("rawPredict", "streamRawPredict"), f"no such method: {place['method']}", 404)
        require(body.get("anthropic_version") in VERSIONS, f"anthropic_version: {body.get('anthropic_version')!r} is not one of {VERSIONS}")
        for name in ("tags", "anthropic_beta") + (() if counting else ("model",)):
            require(name not in body, f"{name}: Extra inputs are not permitted")
        require(isinstance(body.get("messages"), list) and body["messages"], "messages: Field required")
        if counting:
            require(body.get("model") in self.models, f"model: {body.get('model')!r} is not known", 404)
            return Json({"input_tokens": max(1, len(json.dumps(body)) // 4)})
        require(place["model"] in self.models, f"Publisher Model {place['model']} is not found.", 404)
        require(isinstance(body.get("max_tokens"), int), "max_tokens: Field required")
        require(bool(body.get("stream")) == (place["method"] == "streamRawPredict"), "stream and the method contradict each other")
        return self._scripted()
