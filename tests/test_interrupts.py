"""`nianbao extract` when it is stopped: by Ctrl-C, by SIGTERM, by a reader that goes away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def _heed_interrupts() -> None:
    """A shell's background job ignores SIGINT, and so does all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(
    ("jobs", "number"), [("1", signal.SIGINT), ("2", signal.SIGINT), ("2", signal.SIGTERM)]
)
def test_an_interrupt_leaves_finished_results_whole(tmp_path, jobs, number):
    source = tmp_path / "in"
    source.mkdir()
    for i in range(300):
        (source / f"{i:03d}.txt").write_text("没有表格的文字\n" * 50)
    call = [
        sys.executable,
        "-m",
        "extractor.cli",
        "extract",
        str(source),
        "--out",
        str(tmp_path / "out"),
        "--jobs",
        jobs,
    ]
    process = subprocess.Popen(
        call, cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True, preexec_fn=_heed_interrupts
    )
    while process.poll() is None and len(list((tmp_path / "out").glob("*.json"))) < 2:
        time.sleep(0.01)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does: every process of the call gets it
    else:
        process.send_signal(number)
    _, err = process.communicate()
    written = list((tmp_path / "out").iterdir())
    assert process.returncode == 130 and "Traceback" not in err.decode()
    assert 2 <= len(written) < 300 and all(json.loads(p.read_bytes())["error"] for p in written)


def test_a_reader_that_has_gone_ends_the_run_quietly(tmp_path):
    for i in range(30):
        (tmp_path / f"{i}.txt").write_text("没有表格的文字\n")
    call = f'"{sys.executable}" -m extractor.cli extract "{tmp_path}" --jobs 1 2>err | head -c 10'
    subprocess.run(call, shell=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    assert "Traceback" not in (tmp_path / "err").read_text()
