"""A network that loses, delays, doubles and reorders packets, in a namespace of its own, without `tc netem`.

Packets for 10.9.0.2 go into a TUN device; what is read there comes back, late or not at all, with sender and receiver exchanged: so a
connection to 10.9.0.2 arrives at 10.9.0.1, through real TCP over a bad line. Checksums stay right, for a sum does not care for order.
"""

import ctypes
import fcntl
import heapq
import os
import random
import struct
import subprocess
import threading
import time

HERE, THERE = "10.9.0.1", "10.9.0.2"
NEW_NETWORK = 0x40000000
TUN, NO_INFO, SET_INTERFACE = 0x0001, 0x1000, 0x400454CA


def permitted():
    """Whether a process here may have a network namespace with a TUN device."""
    script = "ip link set lo up && ip tuntap add dev tun9 mode tun"
    return os.geteuid() == 0 and os.path.exists("/dev/net/tun") and subprocess.run(
        ["unshare", "-n", "sh", "-c", script], capture_output=True).returncode == 0


class LossyWire:
    """A context manager: the calling thread, and all that it starts, are in the namespace until it ends.

    `loss` and `double` are shares of packets; `delay` and `jitter` seconds, each way; `dead` loses all."""

    def __init__(self, seed=1, mtu=1500):
        self.loss = self.double = self.delay = self.jitter = 0.0
        self.dead = False
        self.lost = self.passed = 0
        self._random, self._mtu = random.Random(seed), mtu
        self._libc = ctypes.CDLL(None, use_errno=True)

    def __enter__(self):
        self._home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        if self._libc.unshare(NEW_NETWORK):
            raise OSError(ctypes.get_errno(), "unshare")
        self._device = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self._device, SET_INTERFACE, struct.pack("16sH22x", b"tun9", TUN | NO_INFO))
        for command in ("link set lo up", f"addr add {HERE}/24 dev tun9", f"link set tun9 mtu {self._mtu} up"):
            subprocess.run(["ip", *command.split()], check=True)
        self._late, self._change, self._over = [], threading.Condition(), False
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._write, daemon=True).start()
        return self

    def __exit__(self, *_):
        with self._change:
            self._over = True
            self._change.notify()
        if self._libc.setns(self._home, NEW_NETWORK):
            raise OSError(ctypes.get_errno(), "setns")
        os.close(self._home)
        os.close(self._device)

    def _read(self):
        while not self._over:
            try:
                packet = os.read(self._device, 65536)
            except OSError:
                return
            if packet[0] >> 4 != 4:  # what IPv6 says of itself
                continue
            if self.dead or self._random.random() < self.loss:
                self.lost += 1
                continue
            packet = packet[:12] + packet[16:20] + packet[12:16] + packet[20:]
            self.passed += 1
            for _ in range(1 + (self._random.random() < self.double)):
                due = time.monotonic() + self.delay + self._random.random() * self.jitter
                with self._change:
                    heapq.heappush(self._late, (due, self.passed, packet))
                    self._change.notify()

    def _write(self):
        while True:
            with self._change:
                while not self._over and (not self._late or self._late[0][0] > time.monotonic()):
                    self._change.wait(self._late[0][0] - time.monotonic() if self._late else None)
                if self._over:
                    return
                packet = heapq.heappop(self._late)[2]
            try:
                os.write(self._device, packet)
            except OSError:
                return
