"""`nianbao serve`: one command, one folder, no process left behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.service.reports import report
from tests.service.rig import ROOT, Service, alive, command_of, quick_settings, send, service, wait_final
from workers.store.engine import Store

pytestmark = pytest.mark.service


def store_of(found: Service) -> Store:
    return Store(f"sqlite:///{found.data / 'nianbao.db'}")


def test_a_document_from_upload_to_result(tmp_path: Path) -> None:
    with service(tmp_path / "data") as found:
        with found.client() as client:
            document = send(client, "一.html", report(5))["id"]
            wait_final(store_of(found), 60)
            told = client.get(f"/api/v1/documents/{document}").json()
            assert (told["state"], told["attempts"]) == ("done", 1)
            result = client.get(f"/api/v1/documents/{document}/result").json()
            assert result["fields"][0]["value"] == 5
        assert found.process is not None and found.process.stdout is not None
        link = found.process.stdout.readline().strip()
        assert re.fullmatch(r"sign in: http://127\.0\.0\.1:\d+/sign-in\?once=\S+", link)
        assert found.stop(signal.SIGINT) == 0
        assert found.survivors() == []
        assert not list(found.data.glob("**/*.sock")) and not list(found.data.glob("**/*.part"))


def listening(pids: set[int]) -> set[int]:
    """TCP ports that these processes listen on."""
    inodes: dict[str, int] = {}
    for path in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(path).read_text().splitlines()[1:]:
            parts = line.split()
            if parts[3] == "0A":
                inodes[parts[9]] = int(parts[1].rpartition(":")[2], 16)
    found: set[int] = set()
    for pid in pids:
        for handle in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                target = str(handle.readlink())
            except OSError:
                continue
            if target.startswith("socket:[") and target[8:-1] in inodes:
                found.add(inodes[target[8:-1]])
    return found


def test_only_the_web_listens_and_a_killed_launcher_leaves_nothing(tmp_path: Path) -> None:
    with service(tmp_path / "data") as found:
        assert found.process is not None
        found.pids()
        assert listening({found.process.pid, *found.seen}) == {found.port}
        found.kill()
        assert found.survivors(5.0) == []


@pytest.mark.slow
@pytest.mark.parametrize("lost", ["nothing", "the broker's folder"])
def test_goes_on_where_it_was(tmp_path: Path, lost: str) -> None:
    with service(tmp_path / "data") as found:
        with found.client() as client:
            for n in range(12):
                send(client, f"{n}.html", report(n))
        found.kill()
        assert found.survivors(5.0) == []
        if lost != "nothing":
            shutil.rmtree(found.data / "broker")
        found.start()
        assert wait_final(store_of(found), 60) == {"done": 12}


@pytest.mark.slow
def test_what_dies_is_started_again(tmp_path: Path) -> None:
    with service(tmp_path / "data") as found:
        for kind in ("broker", "web", "worker", "reconciler"):
            before = found.pids()[kind]
            os.kill(before[0], signal.SIGKILL)
        with found.client() as client:
            send(client, "1.html", report(1))
        assert wait_final(store_of(found), 60) == {"done": 1}


@pytest.mark.slow
def test_one_service_a_folder(tmp_path: Path) -> None:
    with service(tmp_path / "data") as found:
        code = "import sys; from web.serve import command; sys.exit(command(sys.argv[1:]))"
        env = {**os.environ, **quick_settings()}

        def second(*words: str) -> subprocess.CompletedProcess[str]:
            command = [sys.executable, "-c", code, *words]
            return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)

        folder = second("--data", str(found.data), "--port", "0")
        assert folder.returncode == 1 and "--data" in folder.stderr and "Traceback" not in folder.stderr
        port = second("--data", str(tmp_path / "other"), "--port", str(found.port))
        assert port.returncode == 1 and "--port" in port.stderr and "Traceback" not in port.stderr


@pytest.mark.slow
def test_a_long_data_path(tmp_path: Path) -> None:
    """A Unix socket's path has 107 bytes; data folders have more."""
    folder = tmp_path / ("很长的目录名" * 12) / "data"
    folder.parent.mkdir()
    with service(folder) as found, found.client() as client:
        send(client, "1.html", report(1))
        assert wait_final(store_of(found), 60) == {"done": 1}


@pytest.mark.slow
def test_stopping_gives_a_running_document_back(tmp_path: Path) -> None:
    with service(tmp_path / "data") as found:
        store = store_of(found)
        with found.client() as client:
            for n in range(30):
                send(client, f"{n}.html", report(n))
        assert found.stop() == 0
        with store.read() as c:
            rows = c.exec_driver_sql("SELECT state, attempts FROM jobs").all()
        assert {r[0] for r in rows} <= {"queued", "done"}
        assert all(r[1] == (1 if r[0] == "done" else 0) for r in rows)
        assert all(not alive(p) for p in found.seen), [command_of(p) for p in found.seen if alive(p)]
        found.start()
        assert wait_final(store, 60) == {"done": 30}


@pytest.mark.slow
def test_connections_wait_while_the_web_restarts(tmp_path: Path) -> None:
    with service(tmp_path / "data") as found:
        os.kill(found.pids()["web"][0], signal.SIGKILL)
        with socket.create_connection(("127.0.0.1", found.port), timeout=20) as waiting:
            waiting.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            began, answer = time.monotonic(), b""
            while time.monotonic() - began < 20 and b"200" not in answer:
                answer += waiting.recv(1000)
            assert b"200" in answer
