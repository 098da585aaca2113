"""The spaCy pipeline: jieba's words, their tags from the lexicon, phrases with gaps.

`spacy.blank("zh")` with three parts: a tokenizer (quantities whole, the rest by jieba), a component that
sets `tag_` from the lexicon, and an entity ruler for phrases such as 未经复议…直接…起诉.  spaCy's import
costs 1 to 1.6 s, so it happens inside `tag`, once a process.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from extractor.language import lexicon
from extractor.language.lexicon import Roles
from extractor.language.numerals import Quantity, quantities
from extractor.language.segment import Segmenter

_PUNCTUATION = frozenset("，、。；：！？（）《》“”‘’—…·,.;:!?()")
_NONE = Roles()


@dataclass(frozen=True, slots=True)
class Token:
    """One word, quantity or phrase of a sentence."""

    text: str
    start: int
    roles: Roles
    quantity: Quantity | None = None
    known: bool = True
    """The word is in the lexicon, or is punctuation."""

    @property
    def mark(self) -> str:
        return self.roles.mark

    def is_a(self, mark: str) -> bool:
        """Whether the word has a mark, be it its first or another."""
        return mark in self.roles.marks

    @property
    def is_stop(self) -> bool:
        """Punctuation that ends a clause."""
        return self.text in "，；。！？" and self.quantity is None


def _pattern(text: str) -> list[dict[str, Any]]:
    """A phrase of the lexicon as spaCy token patterns."""
    out: list[dict[str, Any]] = []
    for part in text.split():
        word, optional = part.removesuffix("?"), part.endswith("?")
        if word == ".":
            one: dict[str, Any] = {"TAG": {"NOT_IN": ["QTY", "PUNCT"]}}
        elif word.isascii() or ":" in word:
            one = {"TAG": word}
        else:
            one = {"TEXT": word}
        out.append({**one, "OP": "?"} if optional else one)
    return out


class _Tokenizer:
    """Text to a spaCy Doc: quantities are single tokens, jieba cuts what lies between."""

    def __init__(self, vocab: Any, segmenter: Segmenter) -> None:
        self.vocab = vocab
        self.segmenter = segmenter

    def __call__(self, text: str) -> Any:
        from spacy.tokens import Doc

        words: list[str] = []
        counted: dict[int, Quantity] = {}
        at = 0
        for q in quantities(text):
            words += self.segmenter.cut(text[at : q.start])
            counted[len(words)] = q
            words.append(text[q.start : q.end])
            at = q.end
        words += self.segmenter.cut(text[at:])
        doc = Doc(self.vocab, words=words, spaces=[False] * len(words))
        doc.user_data["quantities"] = counted
        return doc


def _set_tags(doc: Any) -> Any:
    words = lexicon.load().words
    counted = doc.user_data["quantities"]
    for token in doc:
        if token.i in counted:
            token.tag_ = "QTY"
        elif token.text in _PUNCTUATION:
            token.tag_ = "PUNCT"
        else:
            token.tag_ = words.get(token.text, _NONE).tag or "X"
    return doc


@lru_cache(maxsize=1)
def _pipeline() -> Any:
    import spacy
    from spacy.language import Language

    if not Language.has_factory("nianbao_tags"):
        Language.component("nianbao_tags", func=_set_tags)
    words = lexicon.load()
    nlp = spacy.blank("zh")
    nlp.tokenizer = _Tokenizer(nlp.vocab, Segmenter(words.words))
    nlp.add_pipe("nianbao_tags")
    ruler: Any = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": None, "validate": False})
    ruler.add_patterns([{"label": label, "pattern": _pattern(p)} for label, p in words.phrases])
    return nlp


def _phrase_roles(label: str) -> Roles:
    kind, name = label.split(":")
    return Roles(families=(name,)) if kind == "F" else Roles(measures=(name,))


def tag(text: str) -> list[Token]:
    """The tokens of one plain sentence; a phrase with gaps is one token."""
    doc = _pipeline()(text)
    words = lexicon.load().words
    counted = doc.user_data["quantities"]
    out: list[Token] = []
    phrases = {ent.start: ent for ent in doc.ents}
    i = 0
    while i < len(doc):
        ent = phrases.get(i)
        if ent is not None:
            out.append(Token(ent.text, ent.start_char, _phrase_roles(ent.label_)))
            i = ent.end
            continue
        token = doc[i]
        roles = words.get(token.text)
        known = roles is not None or token.text in _PUNCTUATION or i in counted
        out.append(Token(token.text, token.idx, roles or _NONE, counted.get(i), known))
        i += 1
    return out
