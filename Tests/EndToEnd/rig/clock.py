"""A wall clock that a test sets while the gateway runs; what measures time that passes is left alone."""

import pathlib
import shutil
import struct
import subprocess


class Clock:
    """`compile` makes the library once; `of` gives a gateway such a clock before it starts."""

    def __init__(self, library, gateway):
        self._file = gateway.folder / "shift"
        self.ahead = 0
        self._file.write_bytes(struct.pack("q", 0))
        gateway.environment |= {"LD_PRELOAD": str(library), "SHIFTED_CLOCK": str(self._file)}

    @staticmethod
    def available():
        return shutil.which("cc") is not None

    @staticmethod
    def compile(folder):
        library = folder / "shifted_clock.so"
        source = pathlib.Path(__file__).parent / "shifted_clock.c"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
        return library

    def set(self, seconds):
        """So many seconds ahead of the true time; before it, if negative."""
        self.ahead = seconds
        with open(self._file, "r+b") as file:
            file.write(struct.pack("q", seconds))
