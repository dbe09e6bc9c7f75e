"""Measure how the test accuracy of eight scikit-learn models grows with the training set, on data that scikit-learn brings along.

Ten random splits into 70 % to train on and 30 % to test on; each model is trained on the first n rows of each split's training
part, for n from a few rows to `--share` of that part. The log has one row a model and n: the mean accuracy of the ten splits and
its standard error.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit, learning_curve
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

DATA = {"digits": load_digits, "breast_cancer": load_breast_cancer, "wine": load_wine}
TEST = 0.3
FEWEST, SIZES = 20, 18  # rows of the smallest training set; sizes up to the whole


def models() -> dict[str, ClassifierMixin]:
    """The models with scikit-learn's own settings."""
    return {
        "naive-bayes": GaussianNB(),
        "nearest-neighbours": make_pipeline(StandardScaler(), KNeighborsClassifier()),
        "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        "lda": LinearDiscriminantAnalysis(),
        "decision-tree": DecisionTreeClassifier(random_state=0),
        "random-forest": RandomForestClassifier(random_state=0),
        "svm-linear": make_pipeline(StandardScaler(), SVC(kernel="linear")),
        "svm-rbf": make_pipeline(StandardScaler(), SVC()),
    }


def sizes_of(rows: int, share: float) -> NDArray[np.int64]:
    """Training sets evenly in ln n, those of at most `share` of all rows to train on."""
    sizes = np.geomspace(FEWEST, rows, SIZES).round().astype(np.int64)
    return sizes[sizes <= share * rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", choices=DATA, default="digits")
    parser.add_argument("--share", type=float, default=1.0, help="of the rows to train on, at most  [default: all]")
    parser.add_argument("--splits", type=int, default=10)
    args = parser.parse_args()
    warnings.filterwarnings("ignore", category=UserWarning, module="sklearn")  # few rows do not determine every model

    features, classes = DATA[args.data](return_X_y=True)
    splits = StratifiedShuffleSplit(args.splits, test_size=TEST, random_state=0)
    sizes = sizes_of(len(next(splits.split(features, classes))[0]), args.share)
    with args.out.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["model", "train_size", "accuracy", "se"])
        for name, model in models().items():
            start = time.perf_counter()
            _, _, scores = learning_curve(model, features, classes, train_sizes=sizes, cv=splits)
            errors = scores.std(axis=1, ddof=1) / np.sqrt(args.splits)
            for size, mean, error in zip(sizes, scores.mean(axis=1), errors, strict=True):
                writer.writerow([name, size, f"{mean:.5f}", f"{error:.5f}"])
            print(
                f"{name}: {time.perf_counter() - start:.1f} s, accuracy {scores[-1].mean():.4f} with {sizes[-1]}", file=sys.stderr
            )


if __name__ == "__main__":
    main()
