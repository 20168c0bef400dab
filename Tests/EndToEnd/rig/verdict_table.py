"""A table of verdicts: a file in golden/ with what each peer makes of each case of a corpus. GOLDEN=write writes it anew."""

import json
import os

from rig import corpus
from rig.golden import FOLDER

WRITES = os.environ.get("GOLDEN") == "write"


class Table:
    """The table of corpus/NAME.txt: golden/http_NAME.json."""

    def __init__(self, name):
        self.name, self.cases, self.file = name, corpus.load(name), FOLDER / f"http_{name}.json"

    @property
    def rows(self):
        """By the case's id, the verdicts of the peers."""
        return json.loads(self.file.read_text()) if self.file.exists() else {}

    def of(self, peer):
        return {id: verdicts[peer] for id, verdicts in self.rows.items() if peer in verdicts}

    def agree(self, peer, found):
        """Compare with the file, or write it."""
        if WRITES:
            known = self.rows
            table = {case.id: {**known.get(case.id, {}), peer: found[case.id]} for case in self.cases}
            lines = [f"  {json.dumps(id)}: {json.dumps(row, ensure_ascii=False, sort_keys=True)}" for id, row in table.items()]
            self.file.write_text("{\n" + ",\n".join(lines) + "\n}\n")
        known = self.of(peer)
        different = [f"{id}: found {verdict}, the table has {known.get(id)}" for id, verdict in found.items() if verdict != known.get(id)]
        assert not different, "\n".join(different)

    def differences(self):
        """The cases that the peers do not read alike."""
        rows = self.rows
        return [case for case in self.cases if any(verdict != rows[case.id]["tollgate"] for verdict in rows[case.id].values())]

    def check(self):
        """Every case is in it, every difference is judged, and nothing else is."""
        assert list(self.rows) == [case.id for case in self.cases], "GOLDEN=write takes new cases into the table"
        different = {case.id for case in self.differences()}
        unjudged = [case.id for case in self.cases if case.id in different and not case.judged]
        assert not unjudged, f"say in the corpus why Tollgate is right, or mend it: {unjudged}"
        assert not [case.id for case in self.cases if case.judged and case.id not in different], "there is nothing to judge"
