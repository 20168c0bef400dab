"""A strict reader of HTTP/1.1 requests, made from RFC 9112 and from nothing of Tollgate's: what a client may be said to have asked."""

import dataclasses
import re

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
REQUEST_LINE = re.compile(rb"(%s) ([!-~]+) HTTP/1\.(\d)" % TOKEN)
FIELD = re.compile(rb"(%s):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*" % TOKEN)
SIZE = re.compile(rb"([0-9A-Fa-f]+)(?:[ \t]*;[^\x00-\x08\x0a-\x1f\x7f]*)?\r\n")


@dataclasses.dataclass(frozen=True)
class Asked:
    method: bytes
    target: bytes
    identity: bytes
    body: bytes


def asked(data):
    """Every request that the bytes of a connection hold, up to the first that is none."""
    found, at = [], 0
    while True:
        if data.startswith(b"\r\n", at):
            at += 2
        end = data.find(b"\r\n\r\n", at)
        parsed = end >= 0 and _head(data[at:end])
        if not parsed:
            return found
        line, fields = parsed
        framed = _body(data, end + 4, fields, line[3])
        if framed is None:
            return found
        body, at = framed
        found.append(Asked(line[1], line[2], b"".join(fields.get(b"x-id", [])), body))
        options = [word.strip().lower() for value in fields.get(b"connection", []) for word in value.split(b",")]
        if b"close" in options or (line[3] == b"0" and b"keep-alive" not in options):
            return found


def _head(text):
    first, *lines = text.split(b"\r\n")
    line = REQUEST_LINE.fullmatch(first)
    fields = {}
    for each in lines:
        field = FIELD.fullmatch(each)
        if not field:
            return None
        fields.setdefault(field[1].lower(), []).append(field[2])
    hosts = len(fields.get(b"host", []))
    return (line, fields) if line and hosts <= 1 and (hosts or line[3] == b"0") else None


def _body(data, at, fields, minor):
    """The body and where it ends; None where that is not certain, or not there."""
    lengths, codings = fields.get(b"content-length", []), fields.get(b"transfer-encoding", [])
    if len(lengths) + len(codings) > 1 or (codings and (codings[0].lower() != b"chunked" or minor == b"0")):
        return None
    if codings:
        return _chunks(data, at)
    if not lengths:
        return b"", at
    if not re.fullmatch(rb"[0-9]+", lengths[0]) or at + int(lengths[0]) > len(data):
        return None
    return data[at : at + int(lengths[0])], at + int(lengths[0])


def _chunks(data, at):
    body = b""
    while size := SIZE.match(data, at):
        count, at = int(size[1], 16), size.end()
        if not count:
            while not data.startswith(b"\r\n", at):
                end = data.find(b"\r\n", at)
                if end < 0 or not FIELD.fullmatch(data, at, end):
                    return None
                at = end + 2
            return body, at + 2
        if not data.startswith(b"\r\n", at + count) or at + count > len(data):
            return None
        body, at = body + data[at : at + count], at + count + 2
    return None
