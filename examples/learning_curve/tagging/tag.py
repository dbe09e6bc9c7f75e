"""Measure how the accuracy of two taggers grows with the words they are trained on, in steps of 5,000, as the paper does.

The paper is Vilares Ferro, Darriba Bilbao and Ribadas Pena, "Modeling of learning curves with applications to POS tagging"
(arXiv 2402.02515); the samples are nested. Both taggers read the corpus once, and are tested at each step on held-out files.
"""

from __future__ import annotations

import argparse
import csv
import platform
import sys
from pathlib import Path

from corpus import corpus, until, words_in
from taggers import TAGGERS, accuracy, read


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--words", type=int, default=300_000, help="to train on")
    parser.add_argument("--step", type=int, default=5_000)
    parser.add_argument("--pool", type=int, default=360_000, help="words of the files that those to train on are drawn from")
    parser.add_argument("--held-out", type=int, default=20_000, help="words to test on, at least")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    train, held_out = corpus(args.words, args.pool, args.held_out, args.seed)
    print(f"Python {platform.python_version()}: {words_in(train):,} words, {words_in(held_out):,} held out", file=sys.stderr)
    with args.out.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["tagger", "words", "accuracy"])
        for name, make in TAGGERS.items():
            tagger, rest, words = make(), train, 0
            while rest:
                sample = until(rest, args.step * (words // args.step + 1) - words)
                rest, words = rest[len(sample) :], words + words_in(sample)
                read(tagger, sample)
                writer.writerow([name, words, f"{accuracy(tagger, held_out):.5f}"])
                file.flush()


if __name__ == "__main__":
    main()
