"""Corpora of raw requests and answers: see corpus/requests.txt for their form."""

import codecs
import dataclasses
import pathlib
import re

FOLDER = pathlib.Path(__file__).parent.parent / "corpus"
# Of 90 bytes, hexadecimal 5a, which some cases rely on.
BODY = '{"model": "claude-sonnet-5-5", "max_tokens":9, "messages":[{"role":"user","content":"x"}]}'
REPEATED = re.compile(r"<([^<>]+?)\*(\d+)>")
NAMED = re.compile(r"<(post|auth|key|json|n|x|len|te|chunks|next|rest1|rest10|ok|from|bad|nbad|xbad|jsontail|xtail)>")
SUMS = re.compile(r"<(n|0)\+nbad(?:\+(\d+))?>")


@dataclasses.dataclass
class Case:
    """One message of a corpus: `text` is its bytes as the file has them, `reason` the name of the sentence that judges it."""

    family: str
    name: str
    text: str = ""
    reason: str = ""
    judged: str = ""

    @property
    def id(self):
        return f"{self.family}: {self.name}"

    def bytes(self, key):
        """What goes over the wire, for a caller with that key."""
        return expand(self.text, key)


def expand(text, key):
    """The bytes of a text with the corpus's escapes and macros."""
    length = len(BODY)
    auth = f"Host: gateway\\r\\nX-Api-Key: {key}\\r\\n"
    line = f"Content-Length: {length}\\r\\n"
    said = {
        "key": key, "auth": auth, "post": f"POST /v1/messages HTTP/1.1\\r\\n{auth}", "json": BODY, "n": str(length),
        "x": f"{length:x}", "len": line, "te": "Transfer-Encoding: chunked\\r\\n",
        "chunks": f"{length:x}\\r\\n{BODY}\\r\\n0\\r\\n\\r\\n",
        "next": f"POST /v1/messages?next HTTP/1.1\\r\\n{auth}{line}\\r\\n{BODY}",
        "ok": "HTTP/1.1 200 OK\\r\\nX-From: upstream\\r\\n", "from": "X-From: upstream\\r\\n",
        "rest1": f"{length - 1:x}\\r\\n{BODY[1:]}", "rest10": f"{length - 10:x}\\r\\n{BODY[10:]}",
    }
    bad = f"POST /v1/messages?smuggled HTTP/1.1\\r\\n{auth}{line}\\r\\n{BODY}"
    length_of_bad = len(codecs.escape_decode(bad)[0])
    said |= {"bad": bad, "nbad": str(length_of_bad), "xbad": f"{length_of_bad:x}", "jsontail": BODY[1:], "xtail": f"{length - 1:x}"}
    text = SUMS.sub(lambda found: str((length if found[1] == "n" else 0) + length_of_bad + int(found[2] or 0)), text)
    text = REPEATED.sub(lambda found: found[1] * int(found[2]), text)
    return codecs.escape_decode(NAMED.sub(lambda found: said[found[1]], text).encode())[0]


def load(name):
    """Every case of corpus/NAME.txt, in its order."""
    cases, reasons, family = [], {}, ""
    for line in (FOLDER / f"{name}.txt").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("@"):
            name, sentence = line[1:].split(" ", 1)
            reasons[name] = sentence
        elif line.startswith("["):
            family = line.strip("[]")
        elif line.startswith("    ! @"):
            cases[-1].reason, cases[-1].judged = line[7:], reasons[line[7:]]
        elif line.startswith("    "):
            cases[-1].text += line[4:]
        else:
            cases.append(Case(family, line))
    assert len({case.id for case in cases}) == len(cases), "names are unique"
    return cases
