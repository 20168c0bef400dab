"""The ends of the process: what it begins with, and its loops, which run until it is no more and must not find gone what they use."""

import pathlib
import shutil
import subprocess

import pytest

from rig.gateway import binary, prompt
from rig.waiting import eventually


@pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler")
@pytest.mark.parametrize("loops", ["1", "2"])
def test_loops_that_run_while_the_process_ends(make_gateway, tmp_path, loops):
    library = tmp_path / "slow_exit.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, pathlib.Path(__file__).parent / "rig/slow_exit.c"], check=True)
    gateway = make_gateway()
    gateway.environment["LD_PRELOAD"] = str(library)
    gateway.start("--loops", loops)
    key = gateway.issue()
    for stream in (False, True):
        assert gateway.messages(key, prompt(stream=stream)).status == 200
    assert gateway.stop() == 0 and not gateway.noise


def test_without_standard_streams_no_other_file_gets_what_is_said(make_gateway):
    gateway = make_gateway()
    gateway.write()
    process = subprocess.Popen(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", binary(), "serve", "--config", gateway.file],
                               env=gateway.environment, cwd=gateway.folder)
    try:
        eventually(lambda: (gateway.folder / "data" / "ledger.sqlite3").exists(), "it starts")
        places = [pathlib.Path(f"/proc/{process.pid}/fd/{number}").resolve() for number in range(3)]
        assert places == [pathlib.Path("/dev/null")] * 3
    finally:
        process.terminate()
        assert process.wait(20) == 0
