"""Everything that runs in a measurement, and whether each request is accounted for at its end."""

import functools

import everything
import peers
import proxies


class House:
    def __init__(self, folder, binary, with_proxies, stack):
        """`binary`: None leaves Tollgate out. What is started ends with the stack."""
        self.folder, self.binary, self.with_proxies, self.stack = folder, binary, with_proxies, stack
        self.upstreams, self.gateways, self.others = [], [], []
        peers.compile_programs(folder)
        self.upstream, self.sink = self.start(peers.Upstream(folder)), self.start(peers.Sink(folder))

    def start(self, process):
        self.stack.callback(process.stop)
        kinds = ((peers.Sink, []), (peers.Upstream, self.upstreams), (peers.Tollgate, self.gateways), (peers.Process, self.others))
        next(kept for kind, kept in kinds if isinstance(process, kind)).append(process)
        return process.start()

    def retire(self, process):
        """Ends it now; its rows are counted at the end."""
        code = process.stop()
        if code != 0 and isinstance(process, peers.Tollgate):  # a proxy may well end by the signal
            raise peers.Failure(f"{process.name} exits with {code}: {process.log_end()}")

    @functools.cached_property
    def spread_upstream(self):
        """On whatever core is free."""
        made = peers.Upstream(self.folder, name="upstream-spread")
        made.core = None
        return self.start(made)

    def proxies(self):
        return [proxies.Nginx, proxies.HAProxy] if self.with_proxies else []

    def everybody(self, others):
        running = [self.start(each(self.folder, self.upstream)) for each in self.proxies()]
        if self.binary:
            running.append(self.start(peers.Tollgate(self.folder, self.binary, self.upstream, self.sink, others, more=everything.rules())))
        return running

    def seen(self):
        """Requests at all upstreams, by the name they are counted for."""
        total = {}
        for upstream in self.upstreams:
            for name, count in upstream.count().items():
                if name != "bytes":
                    total[name] = total.get(name, 0) + count
        return total

    def check(self, bench):
        """Nothing may be lost or made twice between load, upstream and ledger. Stops the gateways. Gives a line to print."""
        seen = self.seen()
        for peer in self.others + self.gateways:
            if seen.get(peer.counted, 0) != bench.sent.get(peer.counted, 0):
                raise peers.Failure(f"{peer.name}: {bench.sent.get(peer.counted, 0)} requests answered, {seen.get(peer.counted, 0)} at the upstream")
        if seen["unnamed"]:
            raise peers.Failure(f"{seen['unnamed']} requests reached the upstream without the query")
        if not self.gateways:
            return ""
        rows = sum(self.rows_of(gateway, seen.get(gateway.counted, 0)) for gateway in self.gateways)
        posts = self.sink.count()["posts"]
        if not posts:
            raise peers.Failure("no telemetry reached the sink")
        return f"Ledgers: {rows:,} rows, one for each request that the upstream saw. Telemetry: {posts:,} exports."

    def rows_of(self, gateway, seen):
        if gateway.process.poll() is None:
            self.retire(gateway)
        rows = gateway.rows()
        if rows != seen:
            raise peers.Failure(f"the ledger of {gateway.name} has {rows} rows, the upstream saw {seen} requests")
        return rows
