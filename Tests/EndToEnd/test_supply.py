"""What is delivered: the list of its parts, and that it runs with as little as its container and its unit leave it."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from rig.gateway import ROOT, binary, prompt
from rig.waiting import eventually


def bill(**environment):
    done = subprocess.run([ROOT / ".ci/sbom", binary()], capture_output=True, text=True,
                          env=os.environ | {"PATH": os.environ["PATH"] + ":/opt/swift/usr/bin", **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def document():
    return bill(SOURCE_DATE_EPOCH="1700000000")


def test_the_bill_of_materials_is_spdx(document, tmp_path):
    from spdx_tools.spdx.parser.parse_anything import parse_file
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
    file = tmp_path / "tollgate.spdx.json"
    file.write_text(document)
    parsed = parse_file(str(file))
    problems = [problem.validation_message for problem in validate_full_spdx_document(parsed)]
    assert not problems, problems
    assert parsed.creation_info.created.isoformat() == "2023-11-14T22:13:20"


def test_the_bill_of_materials_names_every_library(document):
    value = json.loads(document)
    packages = {package["name"]: package for package in value["packages"]}
    assert packages["tollgate"]["licenseDeclared"] == "Apache-2.0"
    assert packages["swift-runtime"]["licenseDeclared"] == "Apache-2.0 WITH Swift-exception"
    listed = {pathlib.Path(file["fileName"]).name for file in value["files"]}
    loaded = {os.path.basename(os.path.realpath(line.split("=> ")[1].split(" (")[0]))
              for line in subprocess.run(["ldd", binary()], capture_output=True, text=True).stdout.splitlines() if "=> /" in line}
    assert loaded and loaded <= listed, loaded - listed
    for name in ("libssl3", "libsqlite3-0", "libyaml-0-2", "zlib1g", "libprotobuf-c1", "libnghttp2-14", "libxxhash0", "libpcre2-8-0", "libc6"):
        found = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], capture_output=True, text=True).stdout
        assert packages[name]["versionInfo"] == found, name
        assert packages[name]["licenseDeclared"] != "NOASSERTION"
    hashes = {file["fileName"]: file["checksums"][1]["checksumValue"] for file in value["files"]}
    told = subprocess.run(["sha256sum", binary()], capture_output=True, text=True).stdout.split()[0]
    assert hashes["./usr/local/bin/tollgate"] == told


def test_the_bill_of_materials_is_the_same_twice(document):
    assert bill(SOURCE_DATE_EPOCH="1700000000") == document


def test_the_image_holds_what_the_bill_names():
    """The Dockerfile's second stage installs the libraries, and runs as a number that is not root."""
    stage = (ROOT / "Dockerfile").read_text().split("FROM ")[-1]
    needed = {package["name"] for package in json.loads(bill())["packages"]} - {"tollgate", "swift-runtime", "libc6", "libgcc-s1"}
    installed = set(re.search(r"install -y --no-install-recommends ([^\\]+)", stage)[1].split())
    assert needed == installed
    assert re.search(r"^USER 10001:10001$", stage, re.M)
    assert "ENTRYPOINT" in stage and "--privileged" not in stage


# Run with nothing to spare

CONFINED = r"""
set -e
mount --make-rprivate /
mount -t tmpfs -o size=8m,mode=0755 none {root}
for place in usr lib lib64 bin etc; do
    [ -e /$place ] || continue
    mkdir {root}/$place && mount --rbind /$place {root}/$place && mount -o remount,bind,ro {root}/$place
done
mkdir -p {root}/proc {root}/dev {root}/config {root}/opt {root}/var/lib/tollgate
mount -t proc proc {root}/proc
touch {root}/dev/null {root}/dev/urandom {root}/opt/tollgate
mount --bind /dev/null {root}/dev/null
mount --bind /dev/urandom {root}/dev/urandom
if [ -d /opt/swift ]; then mkdir {root}/opt/swift && mount --bind /opt/swift {root}/opt/swift && mount -o remount,bind,ro {root}/opt/swift; fi
mount --bind {binary} {root}/opt/tollgate && mount -o remount,bind,ro {root}/opt/tollgate
mount --bind {config} {root}/config && mount -o remount,bind,ro {root}/config
mount --bind {data} {root}/var/lib/tollgate
mount -o remount,ro {root}
exec chroot {root} setpriv --reuid 10001 --regid 10001 --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs \
    /opt/tollgate serve --config /config/tollgate.yaml
"""


def may_confine():
    if os.geteuid() != 0 or not (shutil.which("unshare") and shutil.which("setpriv")):
        return False
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not may_confine(), reason="needs root, unshare and setpriv")
def test_it_runs_without_rights_on_a_file_system_that_it_cannot_write(make_gateway, sink, upstream, tmp_path):
    """As the container runs it: a user without a name, no capability, no new privileges, a read-only root, one folder of its own."""
    gateway = make_gateway()
    root, config = tmp_path / "root", tmp_path / "config"
    root.mkdir()
    config.mkdir()
    data = gateway.folder / "data"
    data.mkdir(mode=0o700)
    os.chown(data, 10001, 10001)
    gateway.config["data"] = "/var/lib/tollgate"
    gateway.write()
    shutil.copy(gateway.file, config / "tollgate.yaml")
    config.chmod(0o755)
    script = CONFINED.format(root=root, config=config, data=data, binary=binary())
    gateway.launch(["unshare", "--mount", "--fork", "--kill-child", "sh", "-c", script])
    try:
        child = confined(gateway.process.pid)
        status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{child}/status").read_text().splitlines())
        assert status["Uid"].split() == ["10001"] * 4 and status["NoNewPrivs"].strip() == "1"
        assert {status[name].strip() for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb")} == {"0" * 16}
        mounts = pathlib.Path(f"/proc/{child}/mounts").read_text().splitlines()
        writable = [line.split()[1] for line in mounts if "rw" in line.split()[3].split(",")]
        assert set(writable) <= {"/var/lib/tollgate", "/proc", "/dev/null", "/dev/urandom"}, writable
        gateway.config["data"] = str(data)
        gateway.write()
        key = gateway.issue()
        os.chown(data / "ledger.sqlite3", 10001, 10001)
        for stream in (False, True):
            assert gateway.messages(key, prompt(stream=stream)).status == 200
        gateway.ledger.closed(2)
        sink.request_span(eventually(lambda: gateway.ledger.requests, "rows")[0]["id"])
        written = {file.relative_to(data).parts[0] for file in data.rglob("*") if file.stat().st_uid == 10001}
        assert "ledger.sqlite3" in written
    finally:
        os.kill(confined(gateway.process.pid), 15)
    assert gateway.wait() == 0, gateway.noise


def confined(parent):
    """The gateway below unshare and the shell."""
    def found():
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if (folder / "root").readlink() != pathlib.Path("/") and b"/opt/tollgate" in (folder / "cmdline").read_bytes().split(b"\0")[:1]:
                    return int(folder.name)
            except OSError:
                continue
        return None
    return eventually(found, "the confined gateway runs", 20)


# The unit

UNIT = ROOT / "docs/tollgate.service"


def analyze(*arguments):
    if not shutil.which("systemd-analyze"):
        pytest.skip("needs systemd-analyze")
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True)


def test_the_unit_is_understood(tmp_path):
    unit = tmp_path / "tollgate.service"
    unit.write_text(UNIT.read_text().replace("/usr/local/bin/tollgate", str(binary())))
    done = analyze("verify", "--man=no", str(unit))
    said = [line for line in (done.stdout + done.stderr).splitlines() if "tollgate" in line]
    assert done.returncode == 0 and not said, done.stdout + done.stderr


def test_the_unit_leaves_little_open():
    done = analyze("security", "--offline=true", "--no-pager", str(UNIT))
    found = re.search(r"exposure level for tollgate\.service: ([\d.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    assert float(found[1]) <= 1.5, done.stdout
    told = re.search(r"exposure level of ([\d.]+)", (ROOT / "docs/supply.md").read_text())
    assert told and told[1] == found[1], "docs/supply.md states the figure"
