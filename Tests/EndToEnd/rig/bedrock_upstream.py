"""A stand-in for the Bedrock runtime: InvokeModel for Claude, Converse for all, both streamed and whole, and CountTokens.

    upstream = BedrockUpstream()                             # keys: upstream.access_key, upstream.secret_key
    upstream = BedrockUpstream(token="…")                    # temporary keys, which need the session token
    upstream = BedrockUpstream(api_key="bedrock-api-key-…")  # a bearer instead of signatures
"""

import re
import urllib.parse

from rig.answers import Json
from rig.aws_signature import Verifier
from rig.bedrock_answers import Claude, Converse, broken
from rig.bedrock_rules import Converse as ConverseRules
from rig.bedrock_rules import check_claude, check_count, typed
from rig.replies import Rendered, reply
from rig.strict import StrictUpstream, parse, require

MODELS = ["us.anthropic.claude-opus-5-5", "us.anthropic.claude-haiku-4-5-20251001-v1:0", "amazon.nova-pro-v1:0", "openai.gpt-oss-120b-1:0",
          "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123"]
PATH = re.compile("/model/([^/]+)/(invoke|invoke-with-response-stream|converse|converse-stream|count-tokens)")
EVENT_STREAM = "application/vnd.amazon.eventstream"


class BedrockUpstream(StrictUpstream):
    """`states` holds the reasoning signatures given out, each with its model."""

    def __init__(self, access_key="AKIAUPSTREAMCANARY00", secret_key="secret/upstream+canary/77e0", token=None, api_key=None,
                 region="us-east-1", models=None, **options):
        super().__init__(reply("Hello from the upstream."), **options)
        self.access_key, self.secret_key, self.token, self.api_key, self.region = access_key, secret_key, token, api_key, region
        self.verifier = Verifier(access_key, secret_key, token, region)
        self.models = MODELS if models is None else models
        self.states = {}

    def standard_headers(self, request):
        return {"x-amzn-requestid": f"{request.number:08}-0000-4000-8000-000000000000"}

    def place(self, request):
        """Model id and operation, from the path."""
        found = PATH.fullmatch(request.path)
        require(found, f"no such path: {request.path}", 404, kind="ResourceNotFoundException")
        return urllib.parse.unquote(found[1]), found[2]

    def is_call(self, request):
        found = PATH.fullmatch(request.path)
        return bool(found) and found[2] != "count-tokens"

    def route(self, request):
        if self.api_key is None:
            self.verifier.check(request)
        else:
            require(request.header("authorization") == f"Bearer {self.api_key}", "Authentication failed: the API key is not valid.", 403,
                    kind="AccessDeniedException")
        self.no_leaks(request)
        model_id, operation = self.place(request)
        require(request.method == "POST", "only POST", 405)
        require(request.header("content-type") == "application/json", f"the content type is {request.header('content-type')}", 415)
        require(len(request.body) <= 25_000_000, "the body is too large", 413)
        require(model_id in self.models, "The provided model identifier is invalid.")
        body = parse(request.body)
        if operation.startswith("invoke"):
            require(".claude-" in model_id or ":application-inference-profile/" in model_id, "only Claude has an InvokeModel body here")
            check_claude(body)
        elif operation.startswith("converse"):
            name = "ConverseStream" if operation.endswith("stream") else "Converse"
            ConverseRules(model_id, self.states).check(typed(body, model_id, name))
        else:
            check_count(body, model_id, self.states)
            return Json({"inputTokens": max(1, len(request.body) // 4)})
        return self._scripted()

    def refusal(self, refused):
        kind = refused.more.get("kind", "ValidationException")
        return Json({"message": str(refused)}, refused.status, {"x-amzn-errortype": f"{kind}:http://internal.amazon.com/coral/"})

    def render(self, request, answer):
        model_id, operation = self.place(request)
        streamed = operation.endswith("stream")
        headers = {}
        if operation.startswith("invoke"):
            made = Claude(request, answer, model_id)
            headers = {"x-amzn-bedrock-content-type": "application/json"} if streamed else made.headers()
        else:
            made = Converse(request, answer)
            self.states |= dict.fromkeys(made.signed, model_id)
        if streamed:
            return Rendered(EVENT_STREAM, list(made.frames()), headers)
        return Rendered("application/json", [made.body()], headers, streamed=False)

    def broken(self, request, fail):
        return broken(fail)
