"""What the stand-ins of other providers have in common: they refuse what the provider would, and remember that they had to."""

import json
import re
import traceback

from rig.answers import Json
from rig.upstream import Upstream


class Refused(Exception):
    """A request that the provider would not take."""

    def __init__(self, text, status=400, **more):
        super().__init__(text)
        self.status, self.more = status, more


def require(condition, text, status=400, **more):
    if not condition:
        raise Refused(text, status, **more)


def parse(body):
    """Strict JSON: no key twice, no NaN."""

    def pairs(found):
        names = [name for name, _ in found]
        require(len(names) == len(set(names)), f"duplicate keys in the body: {names}")
        return dict(found)

    def constant(name):
        raise Refused(f"{name} is not JSON")

    try:
        value = json.loads(body, object_pairs_hook=pairs, parse_constant=constant)
    except ValueError as broken:
        raise Refused(f"We could not parse the JSON body of your request. {broken}") from broken
    require(isinstance(value, dict), "the body is not an object")
    return value


LEAKS = re.compile("anthropic-|x-api-key$|cookie|x-claude|x-app$|x-stainless")
ATTRIBUTION = "x-anthropic-billing-header"


def no_attribution(text):
    require(ATTRIBUTION not in (text or ""), f"the system text holds {ATTRIBUTION}")


class StrictUpstream(Upstream):
    """`violations` lists what had to be refused; a test that does not expect any lets its fixture check that."""

    def __init__(self, script, **options):
        super().__init__(**options)
        self._script = [script]
        self.violations = []
        self.direct = False  # true: an official client calls, which has headers of its own

    def _choose(self, request):
        if request.path in self.other_paths:
            return self.other_paths[request.path]
        try:
            return self.route(request)
        except Refused as refused:
            self.violations.append(f"{request.method} {request.target}: {refused}")
            return self.refusal(refused)
        except Exception:
            self.violations.append(f"{request.method} {request.target}: the stand-in broke\n{traceback.format_exc()}")
            return Json({"error": {"message": "The stand-in broke."}}, 500)

    async def _answer(self, exchange):
        try:
            return await super()._answer(exchange)
        except (AssertionError, LookupError, TypeError, ValueError):
            self.violations.append(f"{exchange.request.target}: the stand-in broke\n{traceback.format_exc()}")
            return False

    def route(self, request):
        """The answer to a request; raises Refused."""
        raise NotImplementedError

    def refusal(self, refused):
        """The answer to one that was refused, in the provider's shape."""
        raise NotImplementedError

    def is_call(self, request):
        raise NotImplementedError

    @property
    def calls(self):
        return [request for request in self.requests if request.method == "POST" and self.is_call(request)]

    def no_leaks(self, request, allowed=()):
        """Nothing that only Anthropic or only the gateway should see."""
        for name, _ in request.headers:
            found = name.lower()
            require(self.direct or found in allowed or not LEAKS.match(found), f"the header {found} does not belong here")

    def forget_violations(self):
        """What was refused so far; from now on it does not count."""
        found, self.violations = self.violations, []
        return found


def checked(server):
    """For a fixture: the running stand-in, which must not have refused anything unless the test took note."""
    server.start()
    try:
        yield server
    finally:
        server.stop()
    assert not server.violations, "\n".join(server.violations)
