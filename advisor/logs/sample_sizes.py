"""What scikit-learn's `learning_curve` returned: `train_sizes`, `train_scores` and `test_scores`, in an .npz or a JSON object."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from advisor.errors import LogError
from advisor.logs.jsonlines import decoded
from advisor.logs.records import Records, Wanted

KEY = re.compile(r'"(?:train|test)_scores"\s*:\s*\[')
NAMES = ("train_sizes", "train_scores", "test_scores")
_LARGEST = 1 << 26  # bytes of one array: eight million numbers; a curve has a few hundred
_SAVE = "write it with numpy.savez(FILE, train_sizes=..., train_scores=..., test_scores=...)"


def read_json_curve(text: str, source: str, wanted: Wanted) -> Records:
    """The rows of a JSON object with these three lists."""
    value = decoded(text, source, advice="write one JSON object with train_sizes, train_scores and test_scores")
    found = value if isinstance(value, dict) else {}
    sizes = _list(found.get(NAMES[0]), source, NAMES[0])
    scores = [[_list(row, source, name) for row in _list(found.get(name), source, name)] for name in NAMES[1:]]
    return _rows(sizes, scores[0], scores[1], source, wanted)


def read_npz_curve(data: bytes, source: str, wanted: Wanted) -> Records:
    """The rows of an .npz; an array of objects is refused, because to open it could run code."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            arrays = [_array(archive, name, source) for name in NAMES]
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError, RuntimeError, MemoryError) as error:
        raise LogError(f"is not a readable .npz file: {error}", source=source, advice=_SAVE) from None
    sizes, train, test = (array.tolist() for array in arrays)
    texts = [[list(map(repr, row)) for row in scores] for scores in (train, test)]
    return _rows([repr(size) for (size,) in sizes], texts[0], texts[1], source, wanted)


def _rows(sizes: list[Any], train: list[list[Any]], test: list[list[Any]], source: str, wanted: Wanted) -> Records:
    """One row a size and fold; rows count from 1."""
    table = Records(source)
    for name, scores in zip(NAMES[1:], (train, test), strict=True):
        if len(scores) != len(sizes) or {len(row) for row in scores} != {len(row) for row in train}:
            raise LogError("needs one row of scores for each train size", source=source, column=name, advice=_SAVE)
    for size, trained, tested in zip(sizes, train, test, strict=True):
        for fold, (train_score, test_score) in enumerate(zip(trained, tested, strict=True), start=1):
            row = {"train_size": size, "fold": str(fold), "train_score": train_score, "test_score": test_score}
            table.add(len(table.places) + 1, row, wanted)
    return table


def _list(value: object, source: str, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise LogError("is not a list as learning_curve returns it", source=source, column=name, advice="write array.tolist()")
    return value


def _array(archive: zipfile.ZipFile, name: str, source: str) -> Any:
    """One array of the archive. Its header is checked against its bytes before memory is taken for what it claims."""
    import numpy as np

    try:
        with archive.open(name + ".npy") as member:
            data = member.read(_LARGEST + 1)
    except KeyError:
        raise LogError("is not in the file", source=source, column=name, advice=_SAVE) from None
    if len(data) > _LARGEST:
        raise LogError(f"is larger than {_LARGEST} bytes", source=source, column=name, advice="write the scores alone")
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, by_column, dtype = header(stream)
    if dtype.kind not in "iuf":
        raise LogError("does not hold numbers", source=source, column=name, value=str(dtype), advice="write arrays of floats")
    if len(shape) not in (1, 2) or (name == NAMES[0] and len(shape) != 1):
        raise LogError("has the wrong number of dimensions", source=source, column=name, value=str(shape), advice=_SAVE)
    values = np.frombuffer(data, dtype, offset=stream.tell())
    return values.reshape(shape, order="F" if by_column else "C").reshape(shape[0], -1)
