"""`nianbao forms`: the editions known, one in full, a folder of others, the check of a file."""

from __future__ import annotations

import json
import shutil

from extractor import cli
from extractor.forms.load import FORMS_DIR, load

FORMS = load()


def run(capfdbinary, *words: str) -> tuple[int, bytes, str]:
    status = cli.main([str(w) for w in words])
    out, err = capfdbinary.readouterr()
    return status, out, err.decode()


def test_the_editions_known(capfdbinary):
    status, out, _ = run(capfdbinary, "forms")
    assert status == 0 and all(form.edition in out.decode() and form.notice in out.decode() for form in FORMS)
    listed = json.loads(run(capfdbinary, "forms", "--format", "json")[1])
    assert [(f["edition"], f["fields"]) for f in listed] == [(f.edition, len(f.fields)) for f in FORMS]


def test_one_edition_in_full(capfdbinary):
    text = run(capfdbinary, "forms", "show", "2021")[1].decode()
    form = next(f for f in FORMS if f.edition == "2021")
    assert all(f.id in text and f.column in text for f in form.fields)
    assert all(r.name in text for t in form.tables for r in t.rules)
    for words in (
        ["forms", "show", "2021", "--format", "json"],
        ["forms", "--format", "json", "show", "2021"],
    ):
        whole = json.loads(run(capfdbinary, *words)[1])
        assert [f["id"] for t in whole["tables"] for f in t["fields"]] == [f.id for f in form.fields]


def test_another_folder_of_forms(capfdbinary, tmp_path):
    shutil.copy(FORMS_DIR / "2019.toml", tmp_path / "own.toml")
    text = (tmp_path / "own.toml").read_text().replace('edition = "2019"', 'edition = "own-1"')
    (tmp_path / "own.toml").write_text(text)
    status, out, _ = run(capfdbinary, "forms", "--forms-dir", tmp_path, "show", "own-1")
    assert status == 0 and "own-1" in out.decode()
    assert run(capfdbinary, "extract", "--forms-dir", tmp_path / "none", "x.pdf")[0] == 2


def test_a_form_file_is_checked(capfdbinary, tmp_path):
    good = FORMS_DIR / "2021.toml"
    assert run(capfdbinary, "forms", "check", good)[0] == 0
    bad = tmp_path / "bad.toml"
    bad.write_text(good.read_text().replace('edition = "2021"', 'edition = "2021"\nsurprise = 1'))
    status, out, err = run(capfdbinary, "forms", "check", bad)
    assert (status, out) == (1, b"") and "surprise" in err
