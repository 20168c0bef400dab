"""The release executable under callgrind, with one loop and everything on, and one thread that plays client and upstream in step."""

import contextlib
import pathlib
import subprocess
import tempfile
import time

import callgrind
import everything
import instep
import peers


class Counted(peers.Tollgate):
    """The gateway under callgrind, with everything on."""

    core = None

    def __init__(self, folder, binary, provider, sink, linkers_names):
        # Swift writes debug information that valgrind cannot read.
        self.run_of = callgrind.Run(folder, linkers_names)
        subprocess.run(["strip", "-g", "-o", folder / "tollgate", binary], check=True)
        super().__init__(folder, folder / "tollgate", provider, sink, more={
            **everything.rules(), "limits": {"connections": 20000, "idle_timeout": "600s"}})

    def command(self):
        return self.run_of.command(super().command())

    def part(self):
        return self.run_of.part(self.process.pid)


class Address:
    scheme, pem = "http", None

    def __init__(self, port):
        self.port = port


def settle():
    time.sleep(0.7)  # ledger and exporter are done with what came before


@contextlib.contextmanager
def counting(binary, linkers_names=False):
    """(the gateway, what sends it requests). `linkers_names`: functions are called as the linker knows them."""
    with tempfile.TemporaryDirectory(prefix="tollgate-budget-") as name:
        folder, running = pathlib.Path(name), []
        try:
            peers.compile_programs(folder)
            upstream, sink = peers.Upstream(folder), peers.Sink(folder)
            for each in (upstream, sink):
                running.append(each.start())
            texts = {case: instep.whole_answer(upstream, case) for case in ("json", "burst")}
            provider = instep.listener()
            gateway = Counted(folder, binary.resolve(), Address(provider.getsockname()[1]), sink, linkers_names)
            running.append(gateway.start())
            yield gateway, instep.Rig(gateway, provider, texts)
        finally:
            for each in reversed(running):
                each.stop()
