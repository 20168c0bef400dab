"""Amazon's binary event stream: frames of headers and a payload, each with two checksums."""

import json
import zlib


def header(name, value):
    """A header of type string."""
    name, value = name.encode(), value.encode()
    return bytes([len(name)]) + name + b"\x07" + len(value).to_bytes(2, "big") + value


def encode(headers, payload):
    packed = b"".join(header(name, value) for name, value in headers.items())
    prelude = (len(packed) + len(payload) + 16).to_bytes(4, "big") + len(packed).to_bytes(4, "big")
    data = prelude + zlib.crc32(prelude).to_bytes(4, "big") + packed + payload
    return data + zlib.crc32(data).to_bytes(4, "big")


def event(kind, value, padding=True):
    """An event; with `p`, which is there to hide the length."""
    pad = {"p": "abcdefghijklmnopqrstuvwxyz"[: 1 + len(json.dumps(value)) % 25]} if padding else {}
    payload = json.dumps({**value, **pad}, separators=(",", ":"), ensure_ascii=False).encode()
    return encode({":event-type": kind, ":content-type": "application/json", ":message-type": "event"}, payload)


def exception(kind, text):
    headers = {":exception-type": kind, ":content-type": "application/json", ":message-type": "exception"}
    return encode(headers, json.dumps({"message": text}).encode())


def error(code, text):
    """What the service sends when it has not even an exception."""
    return encode({":error-code": code, ":error-message": text, ":message-type": "error"}, b"")
