"""The configuration file: strict, and helpful about mistakes."""

import pytest

GOOD = """\
listen: 127.0.0.1:0
data: ./data
providers:
  - {name: main, kind: anthropic, base_url: "http://127.0.0.1:9", api_key: "${UPSTREAM_KEY}"}
models:
  - {name: "claude-*", target: "main/claude-*"}
"""


@pytest.fixture
def check(make_gateway):
    gateway = make_gateway()
    gateway.environment["UPSTREAM_KEY"] = "k"

    def run(text):
        gateway.file.write_text(text)
        done = gateway.run("check", code=None)
        return done.returncode, done.stdout + done.stderr

    return run


def test_a_good_file_passes(check):
    assert check(GOOD)[0] == 0


MISTAKES = {
    "an unknown key": ("data: ./data", "dta: ./data", "2:1", "data"),
    "an unknown key inside": ("kind: anthropic", "knd: anthropic", "4:18", "kind"),
    "an unknown kind": ("kind: anthropic", "kind: antropic", "4", "anthropic"),
    "a target without such a provider": ("main/claude-*", "mian/claude-*", "6", "main"),
    "a variable that is not set": ("${UPSTREAM_KEY}", "${NOT_SET}", "4", "NOT_SET"),
    "a file that is missing": ("${UPSTREAM_KEY}", "${file:/no/such}", "4", "/no/such"),
    "a duplicate key": ("data: ./data", "data: ./data\ndata: ./other", "3:1", "data"),
    "a bad address": ("127.0.0.1:0", "127.0.0.1:99999", "1", "99999"),
    "a bad URL": ("http://127.0.0.1:9", "ftp://127.0.0.1", "4", "ftp"),
    "bad YAML": ("models:", "models: [", "", ""),
    "a duration without a unit": ("data: ./data", "data: ./data\nlimits: {header_timeout: soon}", "3", "soon"),
}


@pytest.mark.parametrize("old, new, place, hint", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_named_with_its_place_and_the_right_word(check, old, new, place, hint):
    assert old in GOOD
    code, said = check(GOOD.replace(old, new))
    assert code != 0 and place in said and hint in said, said
    assert "tollgate.yaml" in said


def test_an_empty_file_is_a_mistake(check):
    assert check("")[0] != 0


def test_serve_refuses_a_broken_file_in_the_same_words(check, make_gateway):
    _, said = check(GOOD.replace("data: ./data", "dta: ./data"))
    gateway = make_gateway()
    gateway.environment["UPSTREAM_KEY"] = "k"
    gateway.file.write_text(GOOD.replace("data: ./data", "dta: ./data"))
    done = gateway.run("serve", code=None)
    assert done.returncode != 0 and "2:1" in done.stderr and "2:1" in said


def test_every_file_that_is_missing_is_told(check, tmp_path):
    (tmp_path / "file").write_text("")
    code, said = check(GOOD.replace("./data", f"{tmp_path}/file") + f"""
tls: {{certificate: {tmp_path}/a.pem, key: {tmp_path}/b.pem, client_ca: {tmp_path}/c.pem}}
telemetry: {{otlp: [{{endpoint: "https://127.0.0.1:4318", tls: {{ca: {tmp_path}/d.pem}}}}]}}
""")
    assert code == 2 and "is no folder" in said
    for name in "abcd":
        assert f"{name}.pem cannot be read: No such file" in said, said


def test_a_file_that_holds_something_else_is_told_with_what_belongs_there(check, tmp_path):
    (tmp_path / "note").write_text("to be done\n")
    code, said = check(GOOD + f"tls: {{certificate: {tmp_path}/note, key: {tmp_path}/note}}\n")
    assert code == 2 and f"{tmp_path}/note holds no private key without a passphrase in PEM" in said, said
    encrypted = GOOD.replace("http:", "https:")
    code, said = check(encrypted.replace("kind: anthropic", f"kind: anthropic, ca_file: {tmp_path}/note"))
    assert code == 2 and "note holds no certificate of an authority in PEM" in said, said
    code, said = check(encrypted.replace("kind: anthropic", f"kind: anthropic, ca_file: {tmp_path}/gone"))
    assert code == 2 and f"{tmp_path}/gone cannot be read: No such file or directory" in said and "error:" not in said, said


def test_an_empty_list_of_addresses_and_an_empty_key(check):
    code, said = check(GOOD.replace("listen: 127.0.0.1:0", "listen: []"))
    assert code == 2 and "listen: is empty" in said
    code, said = check("providers: [{name: a, kind: openai, api_key: \"\"}]\nmodels: [{name: m, target: a/m}]\n")
    assert code == 2 and "api_key: is empty" in said, said
