"""Two taggers that learn as they read: an averaged perceptron, and counts with suffix back-off. They see no word ahead."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from corpus import Sentence

LONGEST_SUFFIX = 4


class Context(NamedTuple):
    """What stands before a word: a tag for a word, itself for a keyword or an operator."""

    one: str
    two: str
    three: str


START = Context("<line>", "<line>", "<line>")


class Tagger(Protocol):
    """What is trained word by word, and tags word by word."""

    def learn(self, word: str, context: Context, tag: str) -> str:
        """Learn a word with its right tag; the tag that goes into the next context."""

    def freeze(self) -> None:
        """Make ready to guess."""

    def guess(self, word: str, context: Context) -> str: ...


def read(tagger: Tagger, sentences: Iterable[Sentence]) -> None:
    """Train on sentences, in one pass."""
    for sentence in sentences:
        context = START
        for text, tag in sentence:
            context = moved(context, text, None if tag is None else tagger.learn(text, context, tag))


def accuracy(tagger: Tagger, sentences: Iterable[Sentence]) -> float:
    """Share of the words that get their tag, with the guessed tags before them."""
    tagger.freeze()
    right = words = 0
    for sentence in sentences:
        context = START
        for text, tag in sentence:
            guess = None if tag is None else tagger.guess(text, context)
            right += tag is not None and guess == tag
            words += tag is not None
            context = moved(context, text, guess)
    return right / words


def moved(context: Context, text: str, tag: str | None) -> Context:
    return Context(text if tag in (None, "keyword") else str(tag), context.one, context.two)


def shape(word: str) -> str:
    """``Xx_9``: kinds of characters, repeats left out."""
    kinds = ("X" if c.isupper() else "9" if c.isdigit() else c if c == "_" else "x" for c in word)
    out = ""
    for kind in kinds:
        if not out.endswith(kind):
            out += kind
    return out


class Perceptron:
    """The averaged perceptron (Collins 2002): weights move when a guess is wrong; their mean over all words is what guesses."""

    def __init__(self) -> None:
        self.weights: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self.sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))  # of weight x word at its change
        self.means: dict[str, dict[str, float]] = {}
        self.tags: dict[str, None] = {}
        self.words = 0

    def learn(self, word: str, context: Context, tag: str) -> str:
        self.tags.setdefault(tag)
        self.words += 1
        found = features(word, context)
        guess = best(found, self.weights, self.tags)
        if guess != tag:
            for feature in found:
                for label, change in ((tag, 1.0), (guess, -1.0)):
                    self.weights[feature][label] += change
                    self.sums[feature][label] += change * self.words
        return guess

    def freeze(self) -> None:
        self.means = {
            feature: {tag: weight - self.sums[feature][tag] / (self.words + 1) for tag, weight in weights.items()}
            for feature, weights in self.weights.items()
        }

    def guess(self, word: str, context: Context) -> str:
        return best(features(word, context), self.means, self.tags)


def features(word: str, context: Context) -> list[str]:
    one, two, three = context
    return [
        "bias",
        f"w {word}",
        f"3 {word[-3:]}",
        f"2 {word[-2:]}",
        f"p {word[:2]}",
        f"s {shape(word)}",
        f"a {one}",
        f"b {one} {two}",
        f"c {one} {two} {three}",
        f"aw {one} {word}",
    ]


def best(found: Sequence[str], weights: dict[str, dict[str, float]], tags: Iterable[str]) -> str:
    scores = dict.fromkeys(tags, 0.0)
    for feature in found:
        for tag, weight in weights.get(feature, {}).items():
            scores[tag] += weight
    return max(scores, key=scores.__getitem__)


class Counts:
    """P(tag | word) P(tag | context) / P(tag), each from counts that back off: word to suffixes, contexts to shorter ones."""

    def __init__(self) -> None:
        self.seen: dict[str, Counter[str]] = defaultdict(Counter)
        self.prior: dict[str, float] = {}
        self.known: dict[str, dict[str, float]] = {}  # chances by the longest key of a chain

    def learn(self, word: str, context: Context, tag: str) -> str:
        for chain in (of_word(word), of_context(context)):
            for key in chain:
                self.seen[key][tag] += 1
        self.seen[""][tag] += 1
        return tag

    def freeze(self) -> None:
        words = self.seen[""].total()
        self.prior = {tag: count / words for tag, count in self.seen[""].items()}
        self.known = {}

    def guess(self, word: str, context: Context) -> str:
        by_word, by_context = self._backed_off(of_word(word)), self._backed_off(of_context(context))
        return max(self.prior, key=lambda tag: by_word[tag] * by_context[tag] / self.prior[tag])

    def _backed_off(self, chain: Sequence[str]) -> dict[str, float]:
        """Witten and Bell: what has been seen with few tags is trusted more; the chain goes from short to long."""
        chances = self.known.get(chain[-1], self.prior)
        if chain[-1] not in self.known:
            for key in chain:
                if (counts := self.seen.get(key)) is not None:
                    whole, kinds = counts.total(), len(counts)
                    chances = {tag: (counts[tag] + kinds * chance) / (whole + kinds) for tag, chance in chances.items()}
            self.known[chain[-1]] = chances
        return chances


def of_word(word: str) -> list[str]:
    suffixes = [f"{n} {word[-n:]}" for n in range(1, min(LONGEST_SUFFIX, len(word)) + 1)]
    return [f"s {shape(word)}", *suffixes, f"w {word}"]


def of_context(context: Context) -> list[str]:
    one, two, three = context
    return [f"a {one}", f"b {one} {two}", f"c {one} {two} {three}"]


TAGGERS: dict[str, Callable[[], Tagger]] = {"perceptron": Perceptron, "counts": Counts}
