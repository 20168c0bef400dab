import json, time, pytest
from test_tokens import *
def test_probe(make_gateway, provider, keys, upstream, tmp_path):
    from rig.claude import Claude
    gateway = trust(make_gateway(), provider.url).start()
    folder = tmp_path / "developer"
    folder.mkdir()
    claude = Claude(folder, gateway.url, None, limit=280)
    (folder / "token").write_text(keys["ES256"].token(exp=1600000000))
    settings = claude.home / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"apiKeyHelper": f"echo x >> {folder}/calls; cat {folder / 'token'}"}))
    t=time.time()
    run = claude.run("Say hello.", CLAUDE_CODE_API_KEY_HELPER_TTL_MS="60000")
    print("took", time.time()-t, run.code, run.text, run.stderr[-2000:])
    print("helper calls", (folder/"calls").read_text().count("x"))
    for l in gateway.log: print(json.dumps(l)[:300])
    print(json.dumps(run.result)[:600], len(run.events))
    assert 0
