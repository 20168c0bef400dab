"""Thousands of twisted requests before an upstream that takes anything: nobody ever sees a second one."""

import collections
import importlib.util
import itertools
import os
import pathlib
import random
import sys
import threading
import time

from outcome import Outcome
from strict_reader import asked
from twisted import twisted

RIG = pathlib.Path(__file__).resolve().parents[1] / "EndToEnd/rig"
SECONDS, WORKERS, PATIENCE = 45, 6, 0.04  # judging takes another 15
STOLEN, TWISTED = b"stolen", b"twisted"
LAST = b"GET /healthz HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n"


def part(name):
    """A module of the end-to-end tests, which needs nothing but the standard library."""
    specification = importlib.util.spec_from_file_location(f"end_to_end_{name}", RIG / f"{name}.py")
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


corpus, lenient = part("corpus"), part("lenient")


class Misbehaving(lenient.Lenient):
    """Errs in all ways at once: each connection is read in a way of its own, and now and then an answer has another behind it, or comes
    before the body was read."""

    def __init__(self):
        super().__init__(self.answer)
        self.answers = [case for case in corpus.load("answers") if len(case.text) < 2000]
        self.spoiled, self.counted = [], 0

    def answer(self, line):
        reading = lenient.READINGS[line.number * 7 % len(lenient.READINGS)]
        # One that takes no bodies at all never answers rightly to anybody: that is its own fault.
        reading = reading if reading.prefers != "neither" else lenient.STRICT
        while True:
            self.counted += 1
            early = line.head() if self.counted % 17 == 0 else None
            if early:
                line.send(lenient.echo(early.identity))
                self._take_body(line)
                continue
            seen = line.request(reading)
            if seen is None:
                return
            if seen.identity.startswith(TWISTED):
                line.send(self.twisted_answer(seen.identity))
                continue
            if self.counted % 13:
                line.send(lenient.echo(seen.identity))
                continue
            line.send(lenient.echo(seen.identity) + lenient.echo(STOLEN))
            self.spoiled.append((line, len(line.received)))
            return line.drain()

    def twisted_answer(self, identity):
        """Made from the id alone, so that a seed repeats it."""
        dice = random.Random(identity)
        data = corpus.expand(dice.choice(self.answers).text.removesuffix("<end>"), "")
        for _ in range(dice.choice((0, 1, 1, 2, 3))):
            data = twisted(data, dice)
        return data

    def _take_body(self, line):
        """Take the body of the request whose head was taken last."""
        line.used = bytes(line.received).rfind(b"POST ", 0, line.used)
        line.request()


class Attacker:
    """Sends variants until the time is over. What a strict reader finds in them is what may arrive."""

    def __init__(self, gateway, cases, seed, worker, until):
        self.gateway, self.cases, self.until = gateway, cases, until
        self.seed, self.random = seed, random.Random(f"{seed}/{worker}")
        self.worker, self.sent, self.asked, self.wrong = worker, 0, collections.Counter(), []
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while time.monotonic() < self.until and not self.wrong:
            self.sent += 1
            identity = f"v{self.worker}-{self.sent}"
            data = self.variant(identity)
            for request in asked(data):
                self.asked[(request.body, request.identity)] += 1
            back = self._send(data)
            if STOLEN in back:
                self.wrong.append(f"another one's answer came back for {data!r}: {back[-300:]!r}")
            if self.sent % 10 == 0:
                # Whatever comes of this one, it is the next one's answer that counts.
                self._ask(f"{TWISTED.decode()}-{self.seed}-{self.worker}-{self.sent}")
                self._legitimate(f"legitimate-{self.worker}-{self.sent}")

    def variant(self, identity):
        case = self.random.choice(self.cases)
        key = f"{self.gateway.key}\\r\\nX-Id: {identity}"
        data = case.bytes(key)[:20_000]
        for _ in range(self.random.choice((0, 1, 1, 2, 2, 3, 5))):
            data = twisted(data, self.random)
        # A request that would be seen, where one reader ends the one before too early.
        return data + corpus.expand("<bad>", key) * (self.random.random() < 0.5) + LAST

    def _send(self, data, patience=PATIENCE):
        back = b""
        try:
            with self.gateway.connect() as connection:
                connection.settimeout(patience)
                connection.sendall(data)
                while piece := connection.recv(65536):
                    back += piece
        except OSError:
            pass
        return back

    def _ask(self, identity):
        """A request like any other; what comes back."""
        self.asked[(corpus.BODY.encode(), identity.encode())] += 1
        return self._send(corpus.expand("<post><len>Connection: close\\r\\n\\r\\n<json>", f"{self.gateway.key}\\r\\nX-Id: {identity}"),
                          20 if identity.startswith("legitimate") else PATIENCE)

    def _legitimate(self, identity):
        back = self._ask(identity)
        if not (back.startswith(b"HTTP/1.1 200") and f'"{identity}"'.encode() in back):
            self.wrong.append(f"{identity} did not get its own answer: {back!r}")


def drill(rig):
    seed = int(os.environ.get("SEED") or 20261121)
    cases = corpus.load("requests") + corpus.load("smuggling")
    outcome = Outcome("smuggling", f"variants of {len(cases)} requests for {SECONDS} s (SEED={seed}), each before a request that nobody may see, "
                                   "through an upstream that reads in many ways, answers early, twice, and with variants of answers")
    upstream = Misbehaving().start()
    provider = {"name": "bench", "kind": "anthropic", "api_key": "k", "base_url": upstream.url}
    with rig.gateway({"providers": [provider]}) as gateway:
        attackers = [Attacker(gateway, cases, seed, worker, time.monotonic() + SECONDS) for worker in range(WORKERS)]
        for each in attackers:
            each.thread.start()
        for each in attackers:
            each.thread.join()
        outcome.require(gateway.alive(), f"the gateway has ended: {gateway.log_end()}")
    judge(outcome, upstream, attackers)
    upstream.stop()
    return outcome


def judge(outcome, upstream, attackers):
    """What arrived is what was asked, and every reader says so."""
    asked_for = sum((each.asked for each in attackers), collections.Counter())
    seen = [request for request in upstream.requests() if request.whole]
    arrived = collections.Counter((request.body, request.identity) for request in seen)
    outcome.measured |= {"variants": sum(each.sent for each in attackers), "requests upstream": len(seen), "connections upstream": len(upstream.lines),
                         "answers with another behind": len(upstream.spoiled)}
    for each in attackers:
        for wrong in each.wrong:
            outcome.require(False, wrong)
    for request, times in (arrived - asked_for).items():
        outcome.require(False, f"{times} that nobody asked: {request!r}")
    for line, used in upstream.spoiled:
        outcome.require(len(line.received) == used, f"a connection with too many answers was used again: {bytes(line.received[used:])!r}")
    disagreements = upstream.disagreements()
    outcome.measured["readings that differ"] = len(disagreements)
    for number, reading, right, other in disagreements[:5]:
        first = next((pair for pair in itertools.zip_longest(right, other) if pair[0] != pair[1]), None)
        outcome.require(False, f"connection {number}, read as {reading}: {len(right)} requests become {len(other)}, first {first}: "
                              f"{bytes(upstream.lines[number].received)[:400]!r}")
    outcome.require(len(seen) > 100, "hardly anything went through: the drill shows nothing")
    outcome.survived = "each request upstream is one that a strict reader finds, all ways to read them agree, nobody got another one's answer"
