"""Keys that come, change and go while they are used."""

import asyncio
import collections
import json
import random

from rig.gateway import Key

TEAMS = ("platform", "data", "research")


class People:
    """`good` keys must work, `dead` ones must not, `doubtful` ones may do either: they are just being changed."""

    def __init__(self, gateway, seed):
        self._gateway, self._random = gateway, random.Random(seed)
        self.good, self.doubtful, self.dead = [], collections.deque(maxlen=20), collections.deque(maxlen=20)
        self.counts, self._number, self._changed = collections.Counter(), 0, set()

    def begin(self):
        for _ in range(10):
            self.good.append(self._issue())
        self.poor, self.slow = self._gateway.issue(user="pia", team="poor"), self._gateway.issue(user="sam", team="slow")
        return self

    def changes(self, key):
        """Whether anything was done to the key yet."""
        return key.id in self._changed

    def _issue(self):
        self._number += 1
        return self._gateway.issue(user=f"user-{self._number % 10}", team=TEAMS[self._number % 3])

    async def change(self):
        """One of: a new key, a key revoked, a key rotated, a key that expires."""
        what = self._random.choice(["issue", "revoke", "rotate", "expire"])
        if what == "issue" and len(self.good) > 14 or what != "issue" and len(self.good) < 8:
            what = "revoke" if what == "issue" else "issue"
        self.counts[what] += 1
        if what == "issue":
            key = await asyncio.to_thread(self._issue)
            await asyncio.sleep(1.5)  # in force within a second
            return self.good.append(key)
        old = self.good.pop(self._random.randrange(len(self.good)))
        self._changed.add(old.id)
        self.doubtful.append(old)
        made = await asyncio.to_thread(self._run, what, old)
        await asyncio.sleep(2.5)
        if made:
            self.good.append(Key(made["id"], made["key"]))
        self.doubtful.remove(old)
        self.dead.append(old)

    def _run(self, what, old):
        grace = ["--grace", "1s", "--json"] if what == "rotate" else []
        done = self._gateway.run("keys", what, old.id, *grace)
        return json.loads(done.stdout) if grace else None
