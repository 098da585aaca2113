"""Settings of the service: one record, filled from NIANBAO_* variables; docs/settings.md lists every one.

A secret may be given by a file instead: NIANBAO_DATABASE_URL_FILE names a file that holds the value.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

PREFIX = "NIANBAO_"
NOWHERE = Path()


def _doc(default: Any, text: str, **more: Any) -> Any:
    return field(default=default, metadata={"doc": text, **more})


def default_data() -> Path:
    """The user's data folder by the XDG rule."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "nianbao"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an operator can turn; times in seconds, sizes in bytes."""

    data: Path = _doc(NOWHERE, "服务的数据目录（数据库、文件、队列）；默认用户数据目录")  # noqa: RUF009
    database_url: str = _doc("", "数据库地址；空为数据目录下的 SQLite，亦可 postgresql+psycopg://…")
    blobs_url: str = _doc("", "原件存放处；空为数据目录下的文件夹，亦可 s3://桶/前缀")
    broker_url: str = _doc("", "消息代理地址；空为内置 Valkey（Unix 套接字），亦可 redis://主机:6379/0")
    s3_endpoint: str = _doc("", "S3 服务地址（自建时）")
    s3_access_key: str = _doc("", "S3 访问键")
    s3_secret_key: str = _doc("", "S3 密钥", secret=True)
    s3_region: str = _doc("us-east-1", "S3 区域")
    admin_token: str = _doc("", "首次启动时作为管理员 API 令牌", secret=True)
    public_url: str = _doc("", "对外网址，用于登录链接与回调；空为监听地址")
    cookie_secure: str = _doc("auto", "会话 Cookie 的 Secure 标志：auto 随请求协议，on 或 off")
    trusted_proxies: str = _doc("", "可信反向代理的地址，逗号分隔；只信它们的 X-Forwarded-* 头")
    session_seconds: int = _doc(12 * 3600, "会话自最近一次使用起的有效时间")
    login_attempts: int = _doc(5, "连续失败多少次后锁定账户")
    login_lock_seconds: int = _doc(900, "账户锁定时间")
    rate_per_minute: int = _doc(1200, "每个令牌或会话每分钟的请求数上限；0 为不限")
    rate_anonymous_per_minute: int = _doc(60, "未登录者每个地址每分钟的请求数上限；0 为不限")
    oidc_issuer: str = _doc("", "OIDC 身份提供方网址；空为不启用")
    oidc_client_id: str = _doc("", "OIDC 客户端编号")
    oidc_client_secret: str = _doc("", "OIDC 客户端密钥", secret=True)
    oidc_default_role: str = _doc("uploader", "OIDC 新用户的角色")
    max_file_bytes: int = _doc(200 * 1024 * 1024, "单个上传文件的上限；与解析的上限相同")
    max_request_bytes: int = _doc(4 * 1024 * 1024 * 1024, "单个上传请求的上限")
    max_request_files: int = _doc(2000, "单个上传请求的文件数上限")
    max_zip_members: int = _doc(5000, "上传 ZIP 的成员数上限")
    max_zip_bytes: int = _doc(2 * 1024 * 1024 * 1024, "上传 ZIP 解开后的总量上限")
    max_zip_ratio: int = _doc(200, "上传 ZIP 单个成员的压缩比上限")
    workers: int = _doc(0, "工作进程数；0 为处理器核数")
    max_attempts: int = _doc(3, "一份文档最多尝试几次，之后为 dead")
    lease_seconds: float = _doc(60.0, "任务租约；过期者由他人接手")
    renew_seconds: float = _doc(15.0, "租约续期的间隔")
    redispatch_seconds: float = _doc(30.0, "已发消息而无人接手时，多久再发")
    reconcile_seconds: float = _doc(0.25, "调度循环的间隔")
    window: int = _doc(200, "消息代理中每个优先级最多放多少条消息")
    visibility_seconds: int = _doc(3600, "消息代理把未确认消息还回队列的时间")
    restore_interval: int = _doc(10, "检查未确认消息的间隔")
    task_seconds: int = _doc(300, "Celery 任务硬时限；软时限少 30 秒；须大于沙箱总时限")
    tasks_per_child: int = _doc(1000, "一个工作进程做多少任务后重启（重启约 2 秒，即每个任务 2 毫秒）")
    child_memory_kb: int = _doc(1_500_000, "工作进程的内存上限（KB），任务后检查")
    stop_seconds: float = _doc(10.0, "停止时等待正在处理的文档的时间，之后任务退回队列")
    sandbox: str = _doc("on", "on：在沙箱中解析；off：在本进程中解析（仅调试）")
    webhook_timeout: float = _doc(10.0, "网络回调的超时")
    webhook_attempts: int = _doc(8, "网络回调最多尝试几次（间隔逐次加倍，自 10 秒起）")
    webhook_private: str = _doc("off", "on：允许回调到内网与本机地址")
    keep_idempotency_seconds: int = _doc(86_400, "Idempotency-Key 的保存时间")
    keep_parts_seconds: int = _doc(3600, "未完成的上传片段保留多久后清除")
    sample_share: float = _doc(0.01, "已接受字段中抽查的比例（分层随机）")
    review_lease_seconds: int = _doc(900, "审核任务分给一人后保留的时间")
    extractor_version: str = _doc("", "记入结果的抽取版本；空为软件版本与表样、曲线的指纹")
    log_level: str = _doc("info", "日志级别：debug、info、warning、error")
    log_format: str = _doc("json", "日志格式：json 或 text")
    failpoints: str = _doc("", "仅测试：名称=动作，逗号分隔；动作 kill、freeze、raise")

    def __post_init__(self) -> None:
        if self.data == Path():
            object.__setattr__(self, "data", default_data())
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{self.data / 'nianbao.db'}")
        if not self.blobs_url:
            object.__setattr__(self, "blobs_url", str(self.data / "blobs"))
        if not self.broker_url:
            path = self.data / "broker" / "valkey.sock"
            object.__setattr__(self, "broker_url", f"redis+socket://{path}?virtual_host=0")

    @property
    def concurrency(self) -> int:
        """Worker processes to start."""
        return self.workers or os.cpu_count() or 1

    @property
    def spool(self) -> Path:
        """Where uploads wait until they are whole."""
        return self.data / "spool"


def _convert(kind: type, text: str, name: str) -> Any:
    try:
        return kind(text)
    except ValueError as error:
        raise ValueError(f"{name}={text!r}: 应为 {kind.__name__}") from error


def _value(environ: Mapping[str, str], name: str) -> str | None:
    key = PREFIX + name.upper()
    if key in environ:
        return environ[key]
    by_file = environ.get(f"{key}_FILE")
    return Path(by_file).read_text(encoding="utf-8").strip() if by_file else None


def read(environ: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Settings from `environ` (default os.environ); `given` overrides.  Raises ValueError on bad numbers."""
    env = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for item in fields(Settings):
        text = _value(env, item.name)
        if text is not None:
            values[item.name] = _convert(type(item.default), text, PREFIX + item.name.upper())
    for name in ("data",):
        if isinstance(values.get(name), Path) and values[name] != Path():
            values[name] = values[name].absolute()
    return Settings(**{**values, **given})


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return read()
