"""What a process of the service holds open: settings, store, blobs, the warm sandbox.  One of each."""

from __future__ import annotations

import os
from functools import lru_cache

from extractor.sandbox.client import Warm
from workers.renewal import Renewal
from workers.settings import Settings, settings
from workers.store.blobs import Blobs
from workers.store.engine import Store


class Context:
    """Opened lazily; `after_fork` lets a child begin with its own."""

    def __init__(self, given: Settings) -> None:
        self.settings = given
        self.store = Store(given.database_url, given.sample_share)
        self.blobs = Blobs(given)
        self.renewal = Renewal(given.renew_seconds)
        self._warm: Warm | None = None
        self._pid = os.getpid()

    @property
    def sandbox(self) -> Warm:
        """This process's warm sandbox."""
        if self._warm is None:
            self._warm = Warm()
        return self._warm

    def after_fork(self) -> None:
        """Drop what belongs to the parent."""
        self.store.after_fork()
        self.blobs = Blobs(self.settings)
        self.renewal = Renewal(self.settings.renew_seconds)
        self._warm = None
        self._pid = os.getpid()

    def close(self) -> None:
        if self._warm is not None:
            self._warm.close()
            self._warm = None
        self.renewal.close()
        self.store.close()


@lru_cache(maxsize=1)
def context() -> Context:
    """The context of this process."""
    return Context(settings())
