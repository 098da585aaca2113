"""Hostile files through the whole service: each ends, nothing dies, a good document behind is unaffected."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.hostile_files import MAKERS
from tests.service.reports import report
from tests.service.rig import alive, send, service, wait_final
from workers.store.engine import Store

NAMES = list(MAKERS)
MOST_SECONDS = 30.0
MOST_KB = 1_500_000


def test_there_are_enough_and_none_is_large() -> None:
    assert len(NAMES) >= 50
    small = [n for n in NAMES if n.startswith(("deep", "span", "page", "lying", "entities", "huge"))]
    assert all(len(MAKERS[n]()) < 8_000_000 for n in small)


@pytest.mark.service
@pytest.mark.slow
def test_each_ends_and_harms_nobody(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("nobody reads this")
    os.utime(canary, (1, 1))
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))
        port.listen()
        port.settimeout(0.1)
        env = {
            "NIANBAO_LEASE_SECONDS": "60",
            "NIANBAO_RENEW_SECONDS": "15",
            "NIANBAO_REDISPATCH_SECONDS": "30",
        }
        with service(tmp_path / "data", workers=1, **env) as found:
            store = Store(f"sqlite:///{found.data / 'nianbao.db'}")
            children = found.pids()["child"]
            hostile: dict[str, str] = {}
            with found.client() as client:
                for number, (name, make) in enumerate(MAKERS.items()):
                    hostile[send(client, name, make())["id"]] = name
                    send(client, f"good{number}.html", report(number))
            wait_final(store, 500)
            assert [p for p in children if alive(p)] == children
            with store.read() as c:
                rows = c.exec_driver_sql(
                    "SELECT d.id, d.filename, d.state, j.finished - j.started AS seconds, j.attempts,"
                    " j.error, r.peak_kb"
                    " FROM documents d JOIN jobs j ON j.id = d.job_id LEFT JOIN runs r ON r.job_id = j.id"
                ).all()
            slow, large, odd = [], [], []
            for row in rows:
                if row.filename.startswith("good"):
                    assert (row.state, row.attempts) == ("done", 1), row
                    continue
                slow += [row.filename] if row.seconds > MOST_SECONDS else []
                large += [row.filename] if (row.peak_kb or 0) > MOST_KB else []
                odd += (
                    [row.filename]
                    if row.state not in ("done", "failed") or (row.state == "failed" and not row.error)
                    else []
                )
            assert (slow, large, odd) == ([], [], [])
            store.close()
        with pytest.raises(TimeoutError):
            port.accept()
    assert canary.stat().st_atime == 1
