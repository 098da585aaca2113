"""The sandbox: what a parser may not do, and how each way of dying is told."""

from __future__ import annotations

import hashlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from extractor.errors import Bomb, Crashed
from extractor.sandbox import run
from extractor.sandbox.bounds import Bounds, wall_for
from extractor.sandbox.client import Warm
from extractor.sandbox.fork import Ended, forked
from extractor.sandbox.unpack import report_from
from extractor.types import Report, Source
from tests.service.reports import report

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
QUICK = Bounds(wall=3.0, memory=300_000_000)


def source(data: bytes, name: str = "report.html") -> Source:
    return Source(name, hashlib.sha256(data).hexdigest(), ((name, data),))


def told(action: str, bounds: Bounds = QUICK, **names: object) -> Ended:
    """Run a line of Python in the confined child; its value's repr is the body."""

    def work(_out: int) -> bytes:
        return repr(
            eval(action, {"os": os, "socket": socket, "subprocess": subprocess, "Path": Path, **names})
        ).encode()

    return forked(work, 10, bounds)


def test_fonts_that_a_pdf_only_names_are_drawn() -> None:
    """A page in a font that it does not hold looks in the sandbox as it looks outside."""
    from workers.fonts import _ink

    outside = _ink(0)
    if outside == b"0":
        pytest.skip("no Chinese font installed")
    assert forked(_ink, 0, Bounds(wall=20)).body == outside


def test_body_comes_back() -> None:
    assert told("6 * 7").body == b"42"


@pytest.mark.parametrize(
    "action",
    [
        "Path('/etc/passwd').read_text()",
        "Path(canary).read_text()",
        "Path(canary).write_text('x')",
        "os.unlink(canary)",
        "os.mkdir(folder + '/new')",
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "socket.socketpair()",
        "os.fork()",
        "subprocess.run(['/bin/true'])",
        "os.execv('/bin/true', ['true'])",
        "os.kill(parent, 0)",
        "os.setsid()",
        "os.listdir('/tmp')",
        "os.open('/dev/mem', 0)",
        "os.memfd_create('x')",
        "__import__('resource').setrlimit(9, (-1, -1))",
        "Path('/proc/%d/environ' % parent).read_bytes()",
        "Path('/proc/self/environ').read_bytes()",
    ],
)
def test_refused(action: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("secret")
    ended = told(action, canary=str(canary), folder=str(tmp_path), parent=os.getpid())
    assert ended.body is None and ended.failure is not None and ended.failure.code == "crashed"
    assert canary.read_text() == "secret"
    assert [p.name for p in tmp_path.iterdir()] == ["canary"]


def test_threads_and_own_code_are_allowed() -> None:
    assert told("__import__('threading').Thread(target=print).start()").body == b"None"
    assert told("__import__('encodings.utf_16_le').__name__").body is not None


def test_no_descriptor_of_the_parent_is_open(tmp_path: Path) -> None:
    with (tmp_path / "open").open("w") as handle:
        assert told(f"os.write({handle.fileno()}, b'x')").body is None
    assert (tmp_path / "open").read_text() == ""


def test_ways_to_die() -> None:
    assert told("[b'x' * (1 << 20) for _ in range(1000)]").failure.code == "too_much_memory"  # type: ignore[union-attr]
    assert told("os.abort()").failure.code == "crashed"  # type: ignore[union-attr]
    assert told("(lambda f: f(f))(lambda f: f(f))").failure.code == "damaged"  # type: ignore[union-attr]
    began = time.monotonic()
    spin = told("[None for _ in iter(int, 1)]", Bounds(wall=1.0, memory=50_000_000_000))
    assert spin.failure is not None and spin.failure.code in ("too_slow", "too_much_memory")
    assert time.monotonic() - began < 20
    busy = told("any(_ for _ in iter(int, 1))", Bounds(wall=1.0))
    assert busy.failure is not None and busy.failure.code == "too_slow"


def test_killed_from_outside_is_lost_not_failed() -> None:
    lost = told("__import__('time').sleep(30)", Bounds(wall=2.0))
    assert lost.lost and lost.failure is None
    ended: list[Ended] = []
    thread = threading.Thread(
        target=lambda: ended.append(told("__import__('time').sleep(30)", Bounds(wall=20.0)))
    )
    before = children()
    thread.start()
    while not (new := children() - before):
        time.sleep(0.01)
    for pid in new:
        os.kill(pid, signal.SIGKILL)
    thread.join()
    assert ended[0].lost


def children() -> set[int]:
    listed = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return {int(n) for path in listed for n in path.read_text().split()}


def test_typed_errors_pass_through() -> None:
    def work(_out: int) -> bytes:
        raise Bomb("比例 5000")

    failure = forked(work, 10, QUICK).failure
    assert failure is not None and failure.code == "bomb" and "5000" in failure.message


def test_time_is_earned_by_weight() -> None:
    given = Bounds()
    assert wall_for(given, 0, 0) == given.wall
    assert wall_for(given, 100_000, 4_000) == given.wall
    assert wall_for(given, 40, 40 * given.page_bytes) > given.wall
    assert wall_for(given, 10_000, 1 << 30) == given.wall_most


@pytest.mark.parametrize(
    "payload", [b"", b"cos\nsystem\n(S'true'\ntR.", pickle.dumps(print), pickle.dumps([1])]
)
def test_a_pickle_is_never_trusted(payload: bytes) -> None:
    with pytest.raises(Crashed):
        report_from(payload)


def test_run_is_the_whole_extraction() -> None:
    found = run(source(report(7)))
    assert isinstance(found, Report) and found.error is None
    assert len(found.fields) == 200 and found.fields[0].value == 7
    assert run(source(b"")).error is not None


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    opened = Warm()
    yield opened
    opened.close()


def test_warm_process_serves_many(warm: Warm) -> None:
    for number in (1, 2, 3):
        ended = warm.call("json", source(report(number)))
        assert ended.body is not None and f'"value":{number}' in ended.body.decode()
    assert warm.pid is not None and ended.meta["means"] == {"landlock": True, "seccomp": True}


def test_warm_process_is_replaced(warm: Warm) -> None:
    warm.start()
    assert warm.pid is not None
    os.kill(warm.pid, signal.SIGKILL)
    first = warm.call("json", source(report(4)))
    second = first if first.body else warm.call("json", source(report(4)))
    assert second.body is not None


def test_warm_process_sees_no_secrets(warm: Warm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIANBAO_S3_SECRET_KEY", "hidden")
    fresh = Warm()
    try:
        fresh.start()
        assert b"hidden" not in Path(f"/proc/{fresh.pid}/environ").read_bytes()
    finally:
        fresh.close()


def test_nothing_outlives_the_owner(tmp_path: Path) -> None:
    code = (
        "from extractor.sandbox.client import Warm; import time; w = Warm(); w.start();"
        "print(w.pid, flush=True);"
        "time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    owner.kill()
    owner.wait()
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            break
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()
