"""Credentials that are looked for in everything that a gateway writes and says, in every form that they could have there."""

import base64
import gzip
import json
import re
import urllib.parse
import zlib

PIECE = 12  # characters of a half that is worth looking for


def forms(secret):
    """A secret as it is, its halves, and what encoding makes of it."""
    raw = secret.encode()
    made = {raw, raw.hex().encode(), raw.hex().upper().encode(), urllib.parse.quote(secret, safe="").encode(),
            json.dumps(secret)[1:-1].encode(), json.dumps(secret)[1:-1].replace("/", "\\/").encode()}
    half = len(raw) // 2
    if half >= PIECE:
        made |= {raw[:half], raw[half:]}
    for shift in range(3):  # where in a group of three its first byte may stand; letters that its neighbours change are left out
        letters = base64.b64encode(bytes(shift) + raw)[-(-shift * 8 // 6):(shift + len(raw)) * 8 // 6]
        made |= {letters, letters.translate(bytes.maketrans(b"+/", b"-_"))}
    return made


def unpacked(data):
    """The bytes, and those of every gzip member in them."""
    yield data
    for found in re.finditer(rb"\x1f\x8b\x08", data):
        try:
            yield zlib.decompressobj(wbits=31).decompress(data[found.start():])
        except zlib.error:
            continue


class Canaries:
    """The secrets of a test by what they are, and what was written and said, by where."""

    def __init__(self, **secrets):
        self.secrets, self.said = dict(secrets), []

    def hear(self, place, data):
        if data:
            self.said.append((place, data if isinstance(data, bytes) else str(data).encode()))

    def hear_answer(self, place, answer):
        self.hear(place, str(answer.status).encode() + str(answer.headers).encode() + answer.body)
        if answer.header("content-encoding") == "gzip":
            self.hear(place, gzip.decompress(answer.body))
        return answer

    def hear_gateway(self, gateway, *given):
        """Its log, its files but for those that it was given, and what its commands say."""
        self.hear("log", json.dumps(gateway.log) + "".join(gateway.noise))
        known = {gateway.file, *given}
        for file in gateway.folder.rglob("*"):
            if file.is_file() and file not in known and not known.intersection(file.parents):
                for data in unpacked(file.read_bytes().replace(bytes(256), b"")):
                    self.hear(str(file.relative_to(gateway.folder)), data)

    def hear_sink(self, sink):
        """What arrived at a collector; the headers that it was sent are meant for it."""
        for data in sink.raw:
            self.hear("OTLP", data)

    def leaks(self):
        """(secret, place, what stands around it)."""
        whole = b"\n".join(data for _, data in self.said)
        found = []
        for name, secret in self.secrets.items():
            for form in forms(secret):
                if form not in whole:
                    continue
                for place, data in self.said:
                    at = data.find(form)
                    if at >= 0:
                        found.append((name, place, data[max(0, at - 60):at + len(form) + 20]))
        return found

    def assert_silent(self):
        assert self.said
        leaks = self.leaks()
        assert not leaks, "\n".join(f"{name} in {place}: {around!r}" for name, place, around in leaks[:30])
