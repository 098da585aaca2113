"""The command line: formats, folders, names, exit codes, interrupts, cost of --help."""

from __future__ import annotations

import importlib.metadata
import io
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor import cli
from extractor.commands import extract, pool
from extractor.commands.jobs import Job, _natural, fit, jobs_of
from extractor.commands.output import Folder, Stream, in_color, write_whole
from extractor.errors import UsageError
from extractor.forms.load import load
from extractor.settings import Options
from extractor.types import Failure, Head, Report

ROOT = Path(__file__).resolve().parents[1]
FORMS = load()


def fake_report(job: Job, options: Options) -> Report:
    """Stands in for the extraction: says which file it was; names tell how it ends."""
    name = job.label
    text = Path(job.paths[0]).read_bytes().decode() if Path(job.paths[0]).exists() else "missing"
    if text == "die":
        os._exit(7)
    if text != "good":
        return Report(name, "", None, 0, error=Failure("damaged", f"{text}。", "请重试。"))
    head = Head(f"{len(job.paths)} 个文件", 2023)
    return Report(
        name,
        "00",
        "text",
        0,
        "2021",
        {"2": "2021", "3": "2021", "4": "2021"},
        head,
        notes=(str(options.narrative),),
    )


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setattr(pool, "extract_job", fake_report)


@pytest.fixture
def files(tmp_path):
    def make(**contents: str) -> list[str]:
        out = []
        for name, text in contents.items():
            path = tmp_path / "in" / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            out.append(str(path))
        return out

    return make


def run(capfdbinary, *words: str) -> tuple[int, bytes, str]:
    status = cli.main([str(w) for w in words])
    out, err = capfdbinary.readouterr()
    return status, out, err.decode()


# ---------------------------------------------------------------- words


def test_help_names_every_command_and_what_is_installed_beside_it(capfdbinary):
    status, out, _ = run(capfdbinary, "--help")
    text = out.decode()
    assert status == 0 and all(word in text for word in ("extract", "forms", "Exit status"))
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"][cli.GROUP]
    assert set(cli.EXTERNAL) == set(declared)
    assert all(f"nianbao {name}" in text for name in declared)


@pytest.mark.parametrize(
    "words",
    [[], ["extract"], ["forms"], ["forms", "show"], ["serve"], ["batch"], ["batch", "submit"],
     ["batch", "export"], ["years"], ["doctor"], ["backup"], ["restore"], ["audit"], ["calibrate"]],
)  # fmt: skip
def test_help_is_english_but_for_the_names_of_things(words, capfdbinary):
    text = run(capfdbinary, *words, "--help")[1].decode()
    assert "usage:" in text.lower()
    chinese = set(re.findall(r"[\u3400-\u9fff，。、；：“”]+", text))
    assert chinese <= {
        "年报", "政府信息公开工作年度报告", "表样", "勾稽规则", "操作记录", "跨年核对", "上年结转", "结转下年度", "现行有效",
    }


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from extractor.cli import main; main(['--help']); "
        "heavy = {'numpy','lxml','spacy','jieba','cv2','onnxruntime','docx','pdfplumber','pypdfium2','rich',"
        "'multiprocessing','tomllib','xlsxwriter','importlib.metadata'}; "
        "sys.exit(bool(heavy & set(sys.modules)) * 9)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "words",
    [[], ["--nope"], ["nope"], ["extract"], ["extract", "--jobs", "0", "x"],
     ["extract", "--format", "xml", "x"],
     ["extract", "--name", "a/b", "x"], ["extract", "--name", "n", "x", "y"], ["extract", "--nam", "n", "x"],
     ["extract", "--one", "--name", "..", "x", "y"], ["forms", "show", "1999"], ["forms", "nope"],
     ["forms", "check", "no-such.toml"]],
)  # fmt: skip
def test_wrong_words_end_with_2_and_say_so(words, capfdbinary, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capfdbinary, *words)
    assert (status, out) == (2, b"") and err.strip()
    assert err.startswith("usage:") or err.rstrip().endswith("]")  # a sentence for people, a code for scripts


def test_an_empty_folder_is_a_wrong_word(capfdbinary, tmp_path):
    status, out, err = run(capfdbinary, "extract", tmp_path)
    assert (status, out) == (2, b"") and "没有找到" in err


def test_commands_above_are_found_by_entry_point(monkeypatch, capfdbinary):
    class Point:
        def load(self):
            return lambda argv: print(*argv) or 5

    monkeypatch.setattr(
        importlib.metadata, "entry_points", lambda group, name: [Point()] if name == "serve" else []
    )
    assert run(capfdbinary, "serve", "--port", "1")[:2] == (5, b"--port 1\n")
    assert run(capfdbinary, "batch")[0] == 2


def test_version(capfdbinary):
    status, out, _ = run(capfdbinary, "--version")
    assert status == 0 and out.startswith(b"nianbao ")


# ---------------------------------------------------------------- results on standard output


def test_one_document_is_one_object_and_several_are_lines(fake, files, capfdbinary):
    a, b = files(a_txt="good", b_txt="good")
    status, out, err = run(capfdbinary, "extract", a)
    assert (status, err) == (0, "") and out.count(b"\n") > 2
    assert json.loads(out)["document"]["filename"] == "a.txt"
    status, out, _ = run(capfdbinary, "extract", a, b, "--jobs", "1")
    assert [json.loads(x)["document"]["filename"] for x in out.splitlines()] == ["a.txt", "b.txt"]
    assert run(capfdbinary, "extract", a, b, "--jobs", "1", "--format", "json")[1] == out


def test_a_bad_file_has_its_result_and_stops_no_other(fake, files, capfdbinary):
    a, b, c = files(a_txt="good", b_txt="broken", c_txt="good")
    status, out, err = run(capfdbinary, "extract", a, b, c + "x", c, "--jobs", "1")
    got = [json.loads(x) for x in out.splitlines()]
    assert status == 1 and [g["error"] and g["error"]["message"] for g in got] == [
        None,
        "broken。",
        "missing。",
        None,
    ]
    assert got[1]["report"]["form"] is None and got[1]["fields"] == []
    assert "b.txt" in err and "请重试" in err and "[damaged]" in err and "a.txt" not in err


def test_formats(fake, files, capfdbinary):
    (a,) = files(a_txt="good")
    csv = run(capfdbinary, "extract", a, a, "--format", "csv", "--jobs", "1")[1]
    assert csv.startswith(b"filename,") and csv.count(b"filename,") == 1
    assert run(capfdbinary, "extract", a, "--format", "xlsx")[1].startswith(b"PK")
    assert "1 个文件".encode() in run(capfdbinary, "extract", a, "--format", "table")[1]
    assert run(capfdbinary, "extract", a, "--format", "jsonl")[1].count(b"\n") == 1


def test_options_reach_the_extraction(fake, files, capfdbinary):
    (a,) = files(a_txt="good")
    assert json.loads(run(capfdbinary, "extract", a)[1])["document"]["notes"] == ["True"]
    assert json.loads(run(capfdbinary, "extract", a, "--no-narrative")[1])["document"]["notes"] == ["False"]


def test_one_document_of_several_files(fake, files, capfdbinary):
    a, b = files(a_jpg="good", b_jpg="good")
    got = json.loads(run(capfdbinary, "extract", "--one", b, a)[1])
    assert (got["document"]["filename"], got["report"]["organ"]) == ("b.jpg", "2 个文件")
    assert (
        json.loads(run(capfdbinary, "extract", "--one", "--name", "合订", a, b)[1])["document"]["filename"]
        == "合订"
    )
    assert (
        json.loads(run(capfdbinary, "extract", "--one", "--name", "单", a)[1])["document"]["filename"]
        == "a.jpg"
    )


def test_standard_input_is_a_document(monkeypatch, capfdbinary):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    status, out, _ = run(capfdbinary, "extract", "-")
    got = json.loads(out)
    assert status == 1 and got["document"]["filename"] == "stdin" and got["error"]["code"] == "empty_file"


# ---------------------------------------------------------------- results in a folder


def test_a_file_a_document_named_after_it(fake, files, tmp_path, capfdbinary):
    names = ["空 格.txt", "引'\"号.txt", "换\n行.txt", "-横.txt", "汉字.tar.gz"]
    (tmp_path / "in").mkdir()
    paths = [tmp_path / "in" / name for name in names]
    for path in paths:
        path.write_text("good")
    status, out, err = run(capfdbinary, "extract", "--out", tmp_path / "out", "--jobs", "1", "--", *paths)
    assert (status, out, err) == (0, b"", "")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(
        n.rpartition(".")[0] + ".json" for n in names
    )
    for path in (tmp_path / "out").iterdir():
        assert json.loads(path.read_bytes())["document"]["filename"].rpartition(".")[0] == path.stem


def test_results_of_one_name_do_not_overwrite_each_other(fake, files, tmp_path, capfdbinary):
    given_files = files(x__a_pdf="good", y__a_pdf="good", z__A_txt="good", **{"w__a-2_pdf": "good"})
    status, _, err = run(capfdbinary, "extract", *given_files, "--out", tmp_path / "out", "--jobs", "1")
    assert status == 0 and len(list((tmp_path / "out").iterdir())) == 4
    assert err.count("改写为") == 2


def test_a_folder_means_every_document_under_it_in_natural_order(fake, files, tmp_path, capfdbinary):
    files(
        d__p10_txt="good",
        d__p2_txt="good",
        d__e__q_pdf="good",
        d__x_json="good",
        **{"d__.hidden_txt": "good"},
    )
    (tmp_path / "in/d/无后缀").write_bytes(b"%PDF-1.4 good")
    (tmp_path / "in/d/.git").mkdir()
    (tmp_path / "in/d/.git/r.pdf").write_text("good")
    status, out, err = run(capfdbinary, "extract", tmp_path / "in/d", "--jobs", "1")
    names = [json.loads(x)["document"]["filename"] for x in out.splitlines()]
    assert names == ["q.pdf", "p2.txt", "p10.txt", "无后缀"] and "1 个文件不是文档" in err and status == 1


def test_earlier_results_in_the_folder_are_no_input(fake, files, tmp_path):
    files(d__a_txt="good", d__out__b_txt="good")
    jobs, _ = jobs_of([str(tmp_path / "in/d")], False, None, tmp_path / "in/d/out")
    assert [j.stem for j in jobs] == ["a"]


def test_the_name_of_a_result(fake, files, tmp_path, capfdbinary):
    a, b = files(a_jpg="good", b_jpg="good")
    run(capfdbinary, "extract", a, "--out", tmp_path / "o", "--name", "x.y", "--format", "csv")
    run(capfdbinary, "extract", "--one", a, b, "--out", tmp_path / "o", "--format", "table")
    assert sorted(p.name for p in (tmp_path / "o").iterdir()) == ["a.txt", "x.y.csv"]
    assert (tmp_path / "o/x.y.csv").read_bytes().startswith(b"\xef\xbb\xbffilename,")


def test_a_name_that_is_too_long_for_the_file_system(tmp_path):
    one, other = fit("年" * 90, ".json"), fit("年" * 91, ".json")
    assert one != other and one.endswith(".json") and fit("年", ".json") == "年.json"
    for name in (one, other):
        (tmp_path / name).write_text("x")
    assert len(list(tmp_path.iterdir())) == 2


def test_a_result_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "r.json"
    write_whole(path, b"old")
    monkeypatch.setattr(Path, "replace", lambda self, target: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OSError):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old" and [p.name for p in tmp_path.iterdir()] == ["r.json"]


def test_results_that_cannot_be_written(fake, files, tmp_path, capfdbinary):
    (a,) = files(a_txt="good")
    (tmp_path / "file").write_text("")
    assert run(capfdbinary, "extract", a, "--out", tmp_path / "file")[0] == 2
    (tmp_path / "out/a.json").mkdir(parents=True)
    status, _, err = run(capfdbinary, "extract", a, "--out", tmp_path / "out")
    assert status == 1 and "写不下来" in err and [p.name for p in (tmp_path / "out").iterdir()] == ["a.json"]


@given(
    st.lists(
        st.sampled_from(["a.pdf", "A.txt", "a-2.pdf", "x/a.htm", "b.pdf", "a-2-2.txt"]),
        min_size=1,
        max_size=9,
    )
)
def test_no_two_results_share_a_name(paths):
    jobs, _ = jobs_of(paths, False, None)
    assert [j.paths[0] for j in jobs] == paths
    stems = [j.stem.casefold() for j in jobs]
    assert len(set(stems)) == len(stems)


def test_natural_order():
    assert sorted(["第10页", "第2页", "第1页", "a"], key=_natural) == ["a", "第1页", "第2页", "第10页"]


# ---------------------------------------------------------------- processes


def test_results_keep_the_order_of_the_files_over_processes(monkeypatch, files):
    monkeypatch.setattr(pool, "extract_job", fake_report)
    paths = files(**{f"f{i:02d}_txt": "good" for i in range(9)})
    jobs, _ = jobs_of(paths, False, None)
    got = [(job.stem, report.filename) for job, report in pool.reports(jobs, Options(), 2)]
    assert got == [(f"f{i:02d}", f"f{i:02d}.txt") for i in range(9)]


def test_a_document_that_kills_its_process_costs_no_other(monkeypatch, files):
    monkeypatch.setattr(pool, "extract_job", fake_report)
    paths = files(a_txt="good", b_txt="die", c_txt="good", d_txt="good", e_txt="die", f_txt="good")
    jobs, _ = jobs_of(paths, False, None)
    got = [(job.stem, report.error and report.error.code) for job, report in pool.reports(jobs, Options(), 2)]
    assert got == [("a", None), ("b", "crashed"), ("c", None), ("d", None), ("e", "crashed"), ("f", None)]


def test_a_defect_of_the_program_is_said_and_costs_one_document(monkeypatch, files):
    import extractor.sandbox

    def boom(source, options):
        raise ZeroDivisionError("x")

    monkeypatch.setattr(extractor.sandbox, "run", boom)
    (a,) = files(a_txt="good")
    report = pool.extract_job(Job((a,), "a"), Options())
    assert (
        report.error is not None
        and report.error.code == "internal"
        and "ZeroDivisionError" in report.error.message
    )


# ---------------------------------------------------------------- terminal


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_report_is_a_table(fake, files, monkeypatch):
    (a,) = files(a_txt="good")
    screen = Terminal(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("NO_COLOR", "1")
    assert cli.main(["extract", a]) == 0
    shown = screen.buffer.getvalue().decode()
    assert "┌" in shown and "1 个文件" in shown and "\x1b" not in shown
    with pytest.raises(UsageError):
        Stream("xlsx", FORMS, False)


def test_colours(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert in_color(True) and not in_color(False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not in_color(True)
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not in_color(True)


def test_a_progress_bar_where_a_person_watches(fake, files, tmp_path, monkeypatch):
    a, b = files(a_txt="good", b_txt="broken")
    screen = Terminal(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr(sys, "stderr", screen)
    assert extract.command([a, b, "--out", str(tmp_path / "out"), "--jobs", "1"]) == 1
    screen.flush()
    shown = screen.buffer.getvalue().decode()
    assert "2/2" in shown and "broken" in shown


def test_a_folder_sink_gives_every_format_its_ending(tmp_path):
    for form, ending in (
        ("json", "json"),
        ("jsonl", "jsonl"),
        ("csv", "csv"),
        ("xlsx", "xlsx"),
        ("table", "txt"),
    ):
        Folder(tmp_path, form, FORMS).put(Job(("x",), "r"), Report("x", "", None, 0))
        assert (tmp_path / f"r.{ending}").stat().st_size > 0
