"""TLS on both sides, one cipher suite: Tollgate beside nginx and HAProxy."""

import statistics
import subprocess

import everything
import measure
import peers
import proxies
import table

CASES = ("1k-json", "60k-json", "60k-burst")


def certificate(folder):
    """One file with a certificate for 127.0.0.1 that is its own authority, and its key."""
    pem, key = folder / "tls.pem", folder / "tls.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1,DNS:127.0.0.1", "-keyout", key, "-out", pem], check=True, capture_output=True)
    pem.write_text(pem.read_text() + key.read_text())
    return pem


def start(house):
    """(upstream, who is measured); each counts its requests under a name of its own."""
    upstream = house.start(peers.Upstream(house.folder, certificate(house.folder), "upstream-tls"))
    running = [each(house.folder, upstream) for each in house.proxies()]
    if house.binary:
        running.append(peers.Tollgate(house.folder, house.binary, upstream, house.sink, name="tollgate-tls", more=everything.rules()))
    for peer in running:
        peer.name = peer.counted = f"{peer.name.removesuffix('-tls')}-tls"
        house.start(peer)
    return upstream, running


def one_round(bench, running, number):
    return {case: {peer.name.removesuffix("-tls"): bench.rate_and_cost(peer, case) for peer in measure.turned(running, number)} for case in CASES}


def rows(rounds, names):
    made = [["TLS on both sides", *(f"per s {name}" for name in names), "×", *(f"CPU µs {name}" for name in names), "×"]]
    for case in CASES:
        row = [table.case_name(case)]
        for column in ("rate", "cpu_us"):
            row += [table.number(statistics.median(each[case][name][column] for each in rounds)) for name in names]
            row.append(table.times([each[case] for each in rounds], names, column))
        made.append(row)
    return made
