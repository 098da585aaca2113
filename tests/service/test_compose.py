"""docker-compose.yml without an engine: checked by Compose itself, and its commands run as plain processes.

The environment comes out of the rendered file; only addresses and secrets' places are those of this machine.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, text

from tests.service import postgres
from tests.service.reports import report
from tests.service.rig import ROOT, TOKEN, quick_settings, send, wait_final
from workers.embedded import NoBroker, binary
from workers.store.engine import Store

SECRETS = (
    "database_url",
    "database_password",
    "broker_url",
    "broker_password",
    "s3_secret_key",
    "s3_config",
    "admin_token",
)
BIN = Path(sys.executable).parent


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(str(BIN / name))
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def render(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """`docker-compose config` over a copy of the file, secrets beside it."""
    compose = program("docker-compose")
    (folder / "secrets").mkdir(exist_ok=True)
    for name in SECRETS:
        path = folder / "secrets" / name
        if not path.exists():
            path.write_text("x")
    shutil.copy(ROOT / "docker-compose.yml", folder)
    clean = {k: v for k, v in os.environ.items() if not k.startswith("NIANBAO_")}
    return subprocess.run(
        [compose, "config", "--format", "json"],
        cwd=folder,
        env={**clean, **env},
        capture_output=True,
        text=True,
    )


def rendered(folder: Path) -> dict[str, Any]:
    done = render(folder, NIANBAO_PUBLIC_URL="https://nianbao.example")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_the_file_is_right(tmp_path: Path) -> None:
    services = rendered(tmp_path)["services"]
    assert set(services) == {"web", "reconciler", "worker", "valkey", "postgres", "seaweedfs", "bucket"}
    for name, one in services.items():
        assert one["read_only"] is True and one["cap_drop"] == ["ALL"], name
        assert one["user"].split(":")[0] != "0" and "no-new-privileges:true" in one["security_opt"], name
        assert "healthcheck" in one or name == "bucket", name
        for key, value in (one.get("environment") or {}).items():
            secret = re.search(r"PASSWORD|SECRET|TOKEN|(DATABASE|BROKER)_URL", key)
            assert not secret or key.endswith("_FILE"), (name, key, value)
        assert "ports" not in one or name == "web"
    assert services["worker"]["stop_grace_period"] == "5m10s"
    assert "container_name" not in services["worker"]


def test_a_missing_address_is_told(tmp_path: Path) -> None:
    done = render(tmp_path)
    assert done.returncode != 0 and "NIANBAO_PUBLIC_URL" in done.stderr


def test_dockerfile() -> None:
    done = subprocess.run([program("hadolint"), str(ROOT / "Dockerfile")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    words = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes" in words and "USER 10001" in words and words.count("FROM ") == 2


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def until(what: Any, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if what():
                return
        except (OSError, httpx.HTTPError):
            pass
        assert time.monotonic() < deadline, "not up in time"
        time.sleep(0.2)


@contextmanager
def process(command: list[str], env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as out:
        started = subprocess.Popen(command, env=env, cwd=ROOT, stdout=out, stderr=out, start_new_session=True)
    try:
        yield started
    finally:
        started.send_signal(signal.SIGTERM)
        try:
            started.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()


def tcp(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


@contextmanager
def seaweed(folder: Path, secret: str) -> Iterator[str]:
    """The S3 server; its address."""
    config = {"identities": [{"name": "nianbao", "credentials": [{"accessKey": "nianbao",
                              "secretKey": secret}],
                              "actions": ["Admin", "Read", "Write", "List"]}]}  # fmt: skip
    (folder / "s3.json").write_text(json.dumps(config))
    (folder / "weed").mkdir()
    ports = {name: free_port() for name in ("master", "volume", "filer", "s3")}
    command = [
        program("weed"), "server", "-s3", f"-s3.config={folder / 's3.json'}", f"-dir={folder / 'weed'}",
        "-ip=127.0.0.1",
        "-volume.max=0", *(f"-{name}.port={port}" for name, port in ports.items()),
        *(f"-{name}.port.grpc={free_port()}" for name in ports),
    ]  # fmt: skip
    with process(command, dict(os.environ), folder / "weed.log"):
        until(lambda: tcp(ports["s3"]) and tcp(ports["filer"]))
        until(
            lambda: (
                httpx.get(f"http://127.0.0.1:{ports['master']}/cluster/status", timeout=2).status_code == 200
            )
        )
        yield f"http://127.0.0.1:{ports['s3']}"


@pytest.mark.service
@pytest.mark.slow
def test_the_same_commands_as_plain_processes(tmp_path: Path) -> None:
    if postgres.binaries() is None:
        pytest.skip("no PostgreSQL server installed")
    try:
        valkey = str(binary())
    except NoBroker:
        pytest.skip("no Valkey")
    services = rendered(tmp_path)["services"]
    broker_port, web_port = free_port(), free_port()
    with postgres.server() as base, seaweed(tmp_path, "s3-secret") as s3:
        engine = create_engine(base, isolation_level="AUTOCOMMIT")
        with engine.connect() as c:
            c.execute(text("CREATE DATABASE many"))
        engine.dispose()
        url = base.replace("/postgres?", "/many?")
        broker = [
            valkey,
            "--port",
            str(broker_port),
            "--bind",
            "127.0.0.1",
            "--requirepass",
            "pw",
            "--dir",
            str(tmp_path),
            "--save",
            "",
        ]
        told = {
            "database_url": url,
            "broker_url": f"redis://:pw@127.0.0.1:{broker_port}/0",
            "s3_secret_key": "s3-secret",
            "admin_token": TOKEN,
        }
        for name, value in told.items():
            (tmp_path / "secrets" / name).write_text(value)

        def env(name: str) -> dict[str, str]:
            given = {k: str(v) for k, v in services[name]["environment"].items()}
            for key, value in given.items():
                given[key] = value.replace("/run/secrets", str(tmp_path / "secrets"))
            quick = {k: v for k, v in quick_settings().items() if k != "NIANBAO_ADMIN_TOKEN"}
            place = {
                "NIANBAO_DATA": str(tmp_path / name),
                "NIANBAO_S3_ENDPOINT": s3,
                "NIANBAO_LISTEN": f"127.0.0.1:{web_port}",
            }
            return {
                **os.environ,
                **quick,
                **given,
                **place,
                "PYTHONPATH": str(ROOT),
                "NIANBAO_LOG_LEVEL": "warning",
            }

        def command(name: str) -> list[str]:
            words = [str(w) for w in services[name]["command"]]
            return [sys.executable, *words[1:]] if words[0] == "python" else [sys.executable, "-m", *words]

        with process(broker, dict(os.environ), tmp_path / "log"):
            until(lambda: tcp(broker_port))
            subprocess.run(command("bucket"), env=env("bucket"), cwd=ROOT, check=True, timeout=60)
            with process(command("web"), env("web"), tmp_path / "log"):
                base_url = f"http://127.0.0.1:{web_port}"
                until(lambda: httpx.get(f"{base_url}/healthz", timeout=2).status_code == 200)
                with (
                    process(command("reconciler"), env("reconciler"), tmp_path / "log"),
                    process(command("worker"), {**env("worker"), "NIANBAO_WORKERS": "1"}, tmp_path / "log"),
                    process([*command("worker"), "--hostname=second@%h"], env("worker"), tmp_path / "log"),
                    httpx.Client(
                        base_url=base_url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30
                    ) as client,
                ):
                    found = [send(client, f"{n}.html", report(n))["id"] for n in range(20)]
                    store = Store(url)
                    assert wait_final(store, 120) == {"done": 20}
                    store.close()
                    assert client.get(f"/api/v1/documents/{found[3]}/original").content == report(3)
                    assert client.get("/readyz").json()["checks"] == {
                        "database": "ok",
                        "blobs": "ok",
                        "broker": "ok",
                    }
                    for role in ("reconciler", "worker"):
                        check = services[role]["healthcheck"]["test"]
                        words = [sys.executable, *check[2:]]
                        until(
                            lambda w=words, r=role: subprocess.run(w, env=env(r), cwd=ROOT).returncode == 0,
                            20,
                        )
