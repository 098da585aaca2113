"""Prometheus metrics, all from the database: any web process tells the same, and a restart loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from sqlalchemy import func, select

from workers.store.engine import Store
from workers.store.tables import STATES, counters, deliveries, documents, jobs

COUNTERS = {
    "jobs_finished": ("已结束的任务", "state"),
    "attempts": ("已结束任务用去的尝试次数", ""),
    "fenced_commits": ("因租约已失而被拒绝的写入", ""),
    "leases_lost": ("被收回的租约", ""),
    "wait_seconds": ("从上传到开始处理的等待时间之和", ""),
    "wait_jobs": ("计入等待时间的任务数", ""),
    "stage_seconds": ("各阶段用时之和", "stage"),
    "stage_jobs": ("计入各阶段用时的任务数", "stage"),
    "fields": ("已抽取字段数", ""),
    "fields_to_review": ("需人工核对的字段数", ""),
    "documents_by_source": ("按来源种类计的文档数（pdf_scan、image 等经过文字识别）", "source"),
}


class _Collector:
    def __init__(self, store: Store) -> None:
        self.store = store

    def describe(self) -> list[Any]:
        return []

    def collect(self) -> Iterator[Any]:
        with self.store.read() as c:
            now = self.store.now(c)
            states = {
                r[0]: r[1] for r in c.execute(select(jobs.c.state, func.count()).group_by(jobs.c.state))
            }
            oldest = c.execute(select(func.min(jobs.c.created)).where(jobs.c.state == "queued")).scalar()
            review = c.execute(
                select(func.count(), func.coalesce(func.sum(documents.c.review_fields), 0))
                .where(documents.c.state == "done", documents.c.review_fields > 0)
            ).one()  # fmt: skip
            hooks = c.execute(select(func.count()).where(deliveries.c.state == "waiting")).scalar_one()
            told = c.execute(select(counters)).all()
        depth = GaugeMetricFamily("nianbao_jobs", "任务数，按状态", labels=["state"])
        for state in STATES:
            depth.add_metric([state], states.get(state, 0))
        yield depth
        age = max(0.0, now - oldest) if oldest else 0.0
        yield GaugeMetricFamily("nianbao_queue_age_seconds", "最早排队任务已等待的时间", value=age)
        yield GaugeMetricFamily("nianbao_review_documents", "等待人工核对的文档数", value=review[0])
        yield GaugeMetricFamily("nianbao_review_fields", "等待人工核对的字段数", value=int(review[1]))
        yield GaugeMetricFamily("nianbao_webhook_deliveries_waiting", "等待发送的网络回调", value=hooks)
        yield from _counters(told)


def _counters(told: Any) -> Iterator[Any]:
    for name, (words, label) in COUNTERS.items():
        family = CounterMetricFamily(f"nianbao_{name}", words, labels=[label] if label else [])
        rows = [r for r in told if r.name == name]
        for row in rows:
            family.add_metric([row.labels] if label else [], row.value)
        if not rows and not label:
            family.add_metric([], 0)
        yield family


def exposition(store: Store) -> bytes:
    """The text that Prometheus reads."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(store))
    return bytes(generate_latest(registry))
