"""A name server of the test's own, and a gateway that asks it: with an /etc/resolv.conf in a mount namespace of its own."""

import os
import random
import shutil
import socket
import struct
import subprocess
import threading
import time

from rig import gateway as gateways

NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3
A = 1


def permitted():
    """Whether a process here may have a mount namespace, and a server port 53."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return False
    return subprocess.run(["unshare", "-m", "mount", "--bind", "/dev/null", "/dev/null"], capture_output=True).returncode == 0


class NameServer:
    """Answers for every name. `says` is an address, SERVFAIL, NXDOMAIN, or None: it is silent; `wait` seconds before each answer."""

    def __init__(self, says="127.0.0.1", wait=0):
        self.says, self.wait, self.asked = says, wait, 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        while True:
            # An address of its own on the loopback, so that tests may run side by side.
            self.address = f"127.53.{random.randrange(256)}.{random.randrange(1, 255)}"
            try:
                self._socket.bind((self.address, 53))
                break
            except OSError as problem:
                if problem.errno != 98:
                    raise
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self):
        self._socket.close()

    def _serve(self):
        while True:
            try:
                question, sender = self._socket.recvfrom(4096)
            except OSError:
                return
            threading.Thread(target=self._answer, args=(question, sender), daemon=True).start()

    def _answer(self, question, sender):
        end = question.index(b"\0", 12) + 5
        kind = struct.unpack("!H", question[end - 4:end - 2])[0]
        self.asked += kind == A
        time.sleep(self.wait)
        says = self.says
        if says is None:
            return
        status, answers = (NOERROR, []) if isinstance(says, str) else (says, [])
        if isinstance(says, str) and kind == A:
            answers = [b"\xc0\x0c" + struct.pack("!HHIH", A, 1, 1, 4) + socket.inet_aton(says)]
        head = question[:2] + struct.pack("!HHHHH", 0x8180 | status, 1, len(answers), 0, 0)
        try:
            self._socket.sendto(head + question[12:end] + b"".join(answers), sender)
        except OSError:
            pass

    def used_by(self, folder, monkeypatch, seconds=2):
        """From now on gateways ask this server, and give up after so many seconds."""
        file, program = folder / "resolv.conf", folder / "tollgate-with-names"
        file.write_text(f"nameserver {self.address}\noptions timeout:{seconds} attempts:1\n")
        program.write_text(
            f'#!/bin/sh\nexec unshare -m sh -c \'mount --bind "{file}" "$(readlink -f /etc/resolv.conf)" && exec "$@"\' sh "{gateways.binary()}" "$@"\n')
        program.chmod(0o755)
        monkeypatch.setattr(gateways, "binary", lambda: program)
