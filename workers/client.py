"""`nianbao batch …`: the running service's queue from a script, by NIANBAO_URL and NIANBAO_TOKEN."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

FINAL = ("done", "failed", "dead", "cancelled")
AT_ONCE = 4
"""Uploads side by side: enough to hide one fsync behind another."""
RETRIES = 8
POLL_SECONDS = 1.0


class CallFailed(Exception):
    """The service refused, or could not be reached."""


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="nianbao batch",
        description="Use a running service from a script, by NIANBAO_URL and NIANBAO_TOKEN.",
    )
    sub = p.add_subparsers(dest="action", required=True, metavar="submit|status|export|cancel")
    submit = sub.add_parser("submit", help="upload folders, files or ZIPs as one batch; prints its id")
    submit.add_argument("paths", nargs="+", type=Path, metavar="DIR|FILE")
    submit.add_argument("--name", help="the batch's name; default: that of the first path")
    submit.add_argument("--into", metavar="ID", help="add to a batch that is there")
    submit.add_argument("--wait", action="store_true", help="wait until every document has ended")
    submit.add_argument("--priority", type=int, default=6, help="0 (first) to 9; default 6")
    status = sub.add_parser(
        "status", help="a batch's progress as JSON, its failures one by one with remedies"
    )
    status.add_argument("id")
    status.add_argument(
        "--wait", action="store_true", help="wait until every document has ended, with a progress bar"
    )
    export = sub.add_parser("export", help="export a batch to standard output or a file")
    export.add_argument("id")
    export.add_argument("--format", choices=("jsonl", "csv", "xlsx", "parquet"), default="jsonl")
    export.add_argument("--out", type=Path, help="write this file; default: standard output")
    export.add_argument(
        "--as",
        dest="as_",
        choices=("settled", "extracted"),
        default="settled",
        help="as people settled it, or as it was extracted",
    )
    cancel = sub.add_parser("cancel", help="cancel what of a batch still waits")
    cancel.add_argument("id")
    return p


class Service:
    """The service behind NIANBAO_URL."""

    def __init__(self) -> None:
        import httpx

        url, token = (
            os.environ.get("NIANBAO_URL", "http://127.0.0.1:8000"),
            os.environ.get("NIANBAO_TOKEN", ""),
        )
        if not token:
            raise CallFailed("请在 NIANBAO_TOKEN 中给出 API 令牌（网页的账户页，或 POST /api/v1/tokens）")
        headers = {"Authorization": f"Bearer {token}", "User-Agent": "nianbao"}
        self.http = httpx.Client(
            base_url=url.rstrip("/"), headers=headers, timeout=httpx.Timeout(60, connect=10)
        )
        self.url = url

    def call(self, method: str, path: str, **more: Any) -> Any:
        """The JSON of an answer.  Passing troubles are tried again; raises CallFailed."""
        import httpx

        pause = 0.3
        for attempt in range(RETRIES):
            try:
                answer = self.http.request(method, path, **more)
            except httpx.TransportError as error:
                if attempt == RETRIES - 1:
                    raise CallFailed(
                        f"连不上 {self.url}（{type(error).__name__}）；服务在运行吗？"
                    ) from error
            else:
                if answer.status_code not in (429, 502, 503, 504) or attempt == RETRIES - 1:
                    return self._checked(answer)
                pause = max(pause, float(answer.headers.get("retry-after", 0) or 0))
            time.sleep(pause)
            pause = min(10.0, pause * 2)
        raise CallFailed(f"{method} {path}")

    @staticmethod
    def _checked(answer: Any) -> Any:
        try:
            body = answer.json()
        except ValueError:
            body = {}
        if answer.status_code >= 400:
            words = [str(body.get(k)) for k in ("detail", "remedy") if body.get(k)]
            raise CallFailed(f"{body.get('code', answer.status_code)}：{' '.join(words)}")
        return body

    def upload(self, path: Path, shown: str, batch: str) -> list[dict[str, Any]]:
        """One file; sent again under the same key where the answer was lost."""
        data = path.read_bytes()
        key = hashlib.sha256(f"{batch}\n{shown}\n".encode() + hashlib.sha256(data).digest()).hexdigest()
        found = self.call(
            "POST", "/api/v1/documents", params={"batch": batch}, files={"file": (shown, data)},
            headers={"Idempotency-Key": key},
        )  # fmt: skip
        return list(found["documents"])


def files_of(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """Every file under the paths, and the name it is sent under."""
    found: list[tuple[Path, str]] = []
    for path in paths:
        if path.is_dir():
            found += [
                (p, p.name) for p in sorted(path.rglob("*")) if p.is_file() and not p.name.startswith(".")
            ]
        elif path.is_file():
            found.append((path, path.name))
        else:
            raise CallFailed(f"没有这个文件或目录：{path}")
    if not found:
        raise CallFailed("没有可上传的文件")
    return found


@contextlib.contextmanager
def progress(words: str, total: int) -> Iterator[Callable[[int, str], None]]:
    """A bar on stderr where that is a terminal; call it with how many are done and a remark."""
    if not sys.stderr.isatty():
        yield lambda _done, _remark: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TextColumn("{task.fields[remark]}"),                TimeElapsedColumn())  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(words, total=total, remark="")
        yield lambda done, remark: bar.update(task, completed=done, remark=remark)


def submit(service: Service, args: argparse.Namespace) -> int:
    """Upload everything; the batch's id on stdout.  1 where a file was refused."""
    files = files_of(args.paths)
    batch = args.into
    if batch is None:
        body = {"name": args.name or args.paths[0].resolve().name or "batch", "priority": args.priority}
        batch = service.call("POST", "/api/v1/batches", json=body)["id"]
    print(batch, flush=True)
    refused: list[str] = []

    def one(item: tuple[Path, str]) -> str | None:
        try:
            service.upload(item[0], item[1], batch)
        except (CallFailed, OSError) as error:
            return f"{item[0]}：{error}"
        return None

    with ThreadPoolExecutor(AT_ONCE) as pool, progress("上传", len(files)) as show:
        for number, told in enumerate(pool.map(one, files), 1):
            show(number, "")
            if told:
                refused.append(told)
                print(told, file=sys.stderr)
    if args.wait:
        return max(_wait(service, batch), 1 if refused else 0)
    return 1 if refused else 0


def _wait(service: Service, batch: str) -> int:
    told = service.call("GET", f"/api/v1/batches/{batch}")
    with progress("处理", told["total"]) as show:
        while told["state"] == "running":
            ended = sum(told["counts"][s] for s in FINAL)
            left = told["seconds_left"]
            show(ended, f"约剩 {left:.0f} 秒" if left else "")
            time.sleep(POLL_SECONDS)
            told = service.call("GET", f"/api/v1/batches/{batch}")
        show(told["total"], "")
    return 1 if told["counts"]["failed"] or told["counts"]["dead"] else 0


def status(service: Service, args: argparse.Namespace) -> int:
    """The batch as JSON, its failures with remedies among it; 1 where a document failed."""
    if args.wait:
        _wait(service, args.id)
    told = service.call("GET", f"/api/v1/batches/{args.id}")
    errors: list[dict[str, Any]] = []
    for state in ("failed", "dead"):
        after = None
        while True:
            params = {"batch": args.id, "state": state, "limit": 1000, **({"after": after} if after else {})}
            page = service.call("GET", "/api/v1/documents", params=params)
            errors += [
                {"id": d["id"], "filename": d["filename"], **(d["error"] or {})} for d in page["documents"]
            ]
            after = page["next"]
            if after is None:
                break
    print(json.dumps({**told, "errors": errors}, ensure_ascii=False, indent=2))
    return 1 if errors else 0


def export(service: Service, args: argparse.Namespace) -> int:
    """Stream the export; a file is whole or not there."""
    part = args.out.with_name(f".{args.out.name}.part") if args.out else None
    params = {"format": args.format, "as": args.as_}
    try:
        with service.http.stream(
            "GET", f"/api/v1/batches/{args.id}/export", params=params, timeout=None
        ) as answer:
            if answer.status_code >= 400:
                answer.read()
                service._checked(answer)
            out = part.open("wb") if part else sys.stdout.buffer
            try:
                for piece in answer.iter_bytes(1 << 16):
                    out.write(piece)
                out.flush()
            finally:
                if part:
                    out.close()
        if part:
            part.replace(args.out)
    finally:
        if part:
            part.unlink(missing_ok=True)
    return 0


def cancel(service: Service, args: argparse.Namespace) -> int:
    print(json.dumps(service.call("POST", f"/api/v1/batches/{args.id}/cancel"), ensure_ascii=False, indent=2))
    return 0


ACTIONS = {"submit": submit, "status": status, "export": export, "cancel": cancel}


def command(argv: Sequence[str]) -> int:
    """`nianbao batch …`; the exit status: 0, 1 something failed, 2 the words are off, 130 interrupted."""
    args = parser().parse_args(list(argv))
    import httpx

    try:
        return ACTIONS[args.action](Service(), args)
    except CallFailed as error:
        print(error, file=sys.stderr)
        return 1
    except httpx.TransportError as error:
        print(f"与服务的连接中断（{type(error).__name__}），请重试。", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1
    except KeyboardInterrupt:
        return 130
