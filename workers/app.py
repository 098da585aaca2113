"""The Celery application.  A message only says 'look at job N': the database decides everything else.

Settings as measured for this design: no result backend (a broker's fault must not fail finished work),
late acknowledgement, one message at a time, Redis transport that gives back lost messages early.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals

from workers.settings import settings

QUEUE = "nianbao"
PRIORITY_STEPS = (0, 3, 6, 9)


def configuration() -> dict[str, Any]:
    """Celery's settings out of ours."""
    given = settings()
    return {
        "broker_url": given.broker_url,
        "result_backend": None,
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,  # safe because the claim caps the attempts
        "task_acks_on_failure_or_timeout": True,
        "task_default_queue": QUEUE,
        "task_default_priority": 6,
        "worker_prefetch_multiplier": 1,
        "worker_concurrency": given.concurrency,
        "task_soft_time_limit": max(1, given.task_seconds - 30),
        "task_time_limit": given.task_seconds,
        "worker_max_tasks_per_child": given.tasks_per_child,
        "worker_max_memory_per_child": given.child_memory_kb,
        "worker_hijack_root_logger": False,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "worker_cancel_long_running_tasks_on_connection_loss": False,  # the fence covers it
        "worker_send_task_events": False,
        "worker_enable_remote_control": False,
        "broker_transport_options": {
            "visibility_timeout": given.visibility_seconds,
            "unacked_restore_interval": given.restore_interval,
            "unacked_restore_throttle": 1,
            "queue_order_strategy": "priority",
            "priority_steps": list(PRIORITY_STEPS),
            "socket_connect_timeout": 3,
            "socket_timeout": 30,
            "health_check_interval": 10,
        },
        "accept_content": ["json"],
        "imports": ["workers.tasks"],
    }


app = Celery("nianbao")
app.conf.update(configuration())


@signals.setup_logging.connect  # type: ignore[untyped-decorator]
def _logging(**_: Any) -> None:
    from workers.logs import setup

    setup()


@signals.worker_init.connect  # type: ignore[untyped-decorator]
def _master(**_: Any) -> None:
    """The master ends with its launcher, when it has one, and opens nothing that children would share."""
    from extractor.sandbox.confine import die_with_parent

    launcher = os.environ.get("NIANBAO_LAUNCHER")
    if launcher:
        die_with_parent(int(launcher))


@signals.worker_process_init.connect  # type: ignore[untyped-decorator]
def _child(**_: Any) -> None:
    """A pool process: own connections, own sandbox (started at once, so that the first job finds it warm)."""
    from extractor.sandbox.confine import die_with_parent
    from workers.context import context

    die_with_parent(os.getppid())
    context().after_fork()
    if settings().sandbox == "on":
        context().sandbox.start()


@signals.worker_process_shutdown.connect  # type: ignore[untyped-decorator]
def _child_ends(**_: Any) -> None:
    from workers.context import context

    context().close()


@signals.worker_ready.connect  # type: ignore[untyped-decorator]
def _ready(**_: Any) -> None:
    """Tell the launcher, which waits for it before it says 'ready'."""
    from workers import watchdog
    from workers.processes import tell_ready

    watchdog.start()
    tell_ready()
