"""2,000 streams at once."""

import contextlib
import json
import subprocess
import time

import measure
import peers
from outcome import Outcome
from process import Sampler
from rig import Compared, bound

COUNT, SECONDS_EACH = 2000, 30  # 300 deltas, 100 ms apart


def drill(rig):
    return rig.attempt_twice(lambda: once(rig))


def once(rig):
    outcome = Outcome("streams", f"{COUNT} streams at once, each an event every 100 ms for {SECONDS_EACH} s; all begun within 2 s")
    with rig.gateway() as gateway:
        quiet = [rig.window(gateway) for _ in range(3)]
        base = gateway.figures()
        with Sampler(gateway.pid) as sampler:
            attack = start(rig, gateway)
            time.sleep(4)
            attacked = [rig.window(gateway) for _ in range(4)]
            out, _ = attack.communicate(timeout=SECONDS_EACH + 40)
        quiet += [rig.window(gateway) for _ in range(2)]
        streams = json.loads(out)
        compared = Compared(quiet, attacked, base, gateway.figures(), sampler.most("rss"), sampler.most("fds"))
        rig.judge(outcome, gateway, compared, bound(base["rss"], connections=COUNT, in_flight=COUNT, rows=COUNT))
        outcome.measured.update({"whole streams": streams["requests"], "event p50": f"{streams['p50_us'] / 1000:.2f} ms",
                                 "event p99": f"{streams['p99_us'] / 1000:.2f} ms"})
        outcome.require(streams["requests"] >= COUNT and not streams["errors"], f"{streams['errors']} streams broke: {streams['error']}")
        abort(rig, gateway, outcome, base)
    outcome.survived = "every stream was whole; then 2,000 more were broken off by their clients at once, and all descriptors came back"
    return outcome


def start(rig, gateway):
    body = rig.folder / "stream.json"
    body.write_bytes(json.dumps({**json.loads(rig.body.read_bytes()), "stream": True}).encode())
    command = [rig.folder / "load", gateway.port, "/v1/messages?case=long&from=tollgate", gateway.key, body, COUNT, 2, SECONDS_EACH + 4, 1000,
               rig.answer_bytes["paced"], measure.DELTAS, "paced", "once"]
    return subprocess.Popen(peers.pinned(command, peers.RIG_CORE), stdout=subprocess.PIPE, preexec_fn=peers.go_first)


def abort(rig, gateway, outcome, base):
    attack = start(rig, gateway)
    time.sleep(3)
    attack.kill()
    attack.wait()
    took = gateway.wait_for(lambda: gateway.figures()["fds"] < base["fds"] + 64, 10)
    outcome.require(took is not None, f"{gateway.figures()['fds']} descriptors 10 s after the clients broke off")
    with contextlib.suppress(TypeError):
        outcome.measured["after broken streams"] = f"{gateway.figures()['fds']} descriptors within {took:.1f} s"
    status, _, _ = gateway.ask()
    outcome.require(status == 200, f"{status} after it")
