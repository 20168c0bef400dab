"""Many reloads: what a configuration that is no more has held is given back."""


def test_accounts_of_before_are_let_go(make_gateway):
    """An account over TLS knows the authorities of the system: a megabyte and more, which would be there once for each reload."""
    gateway = make_gateway("https://localhost:1")
    gateway.config["telemetry"] = {"metrics": {"labels": ["team"]}}
    gateway.start("--loops", "2")
    sizes = []
    for turn in range(60):
        gateway.config["providers"][0]["timeouts"] = {"connect": f"{turn + 1}s"}
        gateway.reload()
        sizes.append(gateway.resident())
    assert sizes[-1] - sizes[19] < 12 << 20, [size >> 20 for size in sizes]
