"""The end of the process: its loops run until it is no more, and must not find gone what they use."""

import pathlib
import shutil
import subprocess

import pytest

from rig.gateway import prompt


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
