"""Chinese words by jieba with a small dictionary of the domain.

jieba's own dictionary takes 0.6 to 1 s to load and is never read: models/lexicon/words.txt and the words
that callers add are all there is, every word as likely as the next, so that the fewest (longest) words
win.  Characters outside every word come out one by one; the hidden Markov guesser stays off, because a
guessed word is one that no rule knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from extractor.settings import MODELS

_FREQUENCY = 100


def _read_words(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


class Segmenter:
    """Cuts text into words.  `words` are added to the dictionary of models/lexicon/words.txt.

    Digits and Latin letters stay together; every other character that is not Chinese is a word by itself.
    Loading jieba costs 0.1 s and is put off until the first cut.
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._words = tuple(words)
        self._tokenizer: Any = None

    def _load(self) -> Any:
        import logging

        import jieba

        jieba.setLogLevel(logging.CRITICAL)
        tokenizer = jieba.Tokenizer()
        entries: dict[str, int] = {}
        total = 0
        for word in {*_read_words(MODELS / "lexicon" / "words.txt"), *self._words}:
            entries[word] = _FREQUENCY
            total += _FREQUENCY
        for word in tuple(entries):
            for end in range(1, len(word)):
                entries.setdefault(word[:end], 0)
        # What `initialize` would do from a file, without its cache in the temporary folder.
        tokenizer.FREQ, tokenizer.total, tokenizer.initialized = entries, total, True
        return tokenizer

    def cut(self, text: str) -> list[str]:
        """The words of `text` in order; joined they are `text` again."""
        if self._tokenizer is None:
            self._tokenizer = self._load()
        return list(self._tokenizer.cut(text, HMM=False))


@lru_cache(maxsize=1)
def domain() -> Segmenter:
    """The segmenter of the domain dictionary alone."""
    return Segmenter()
