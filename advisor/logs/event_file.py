"""TensorBoard's event files: scalars, in the old form (a number) and the new one (a tensor of one number)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from typing import Any

from advisor.errors import LogError
from advisor.logs.records import Record, Records, Wanted, merged, sparse_records

_REPAIR = "copy the file again, or leave it out"


def is_event_file(head: bytes) -> bool:
    """Whether `head` starts with a record's length and the checksum of that length."""
    return len(head) >= 12 and _checksum(head[:8]) == struct.unpack("<I", head[8:12])[0]


def read_event_file(data: bytes, source: str, wanted: Wanted, *, growing: bool = False) -> Records:
    """One record a step, a column a tag, and `wall_time`; a record's line is the number of its first event in the file.

    With `growing`, an event at the end that is not complete yet is passed over.
    """
    try:
        from google.protobuf.message import DecodeError
        from tensorboard.compat.proto.event_pb2 import Event
    except ImportError:
        advice = "pip install 'advisor-fits[tensorboard]'"
        raise LogError("reading event files needs tensorboard", source=source, advice=advice) from None

    def events() -> Iterator[Record]:
        plugins: dict[str, str] = {}  # only the first value of a tag tells what it is
        for number, payload in _payloads(data, source, growing):
            try:
                event = Event.FromString(payload)
            except DecodeError:
                raise LogError("is no event", source=source, line=number, advice=_REPAIR) from None
            scalars: dict[str, object] = {}
            for value in event.summary.value:
                plugin = plugins.setdefault(value.tag, value.metadata.plugin_data.plugin_name)
                number_text = _scalar(value) if plugin in ("", "scalars") else None
                if number_text is not None:
                    scalars[value.tag] = number_text
            if scalars:
                yield number, {"step": str(event.step), "wall_time": repr(event.wall_time), **scalars}

    return sparse_records(merged(events(), differing={"wall_time"}), source, wanted)


def _scalar(value: Any) -> str | None:
    """The number as text, or None for a value that is not one number."""
    if value.HasField("simple_value"):
        return str(value.simple_value)
    if not value.HasField("tensor") or any(size.size != 1 for size in value.tensor.tensor_shape.dim):
        return None
    from tensorboard.util.tensor_util import make_ndarray

    try:
        number = make_ndarray(value.tensor)
    except (TypeError, ValueError):
        return None
    return repr(number.item()) if number.size == 1 and number.dtype.kind in "iuf" else None


def _payloads(data: bytes, source: str, growing: bool) -> Iterator[tuple[int, bytes]]:
    """Number and content of each record: its length, a checksum of that, the content, a checksum of that."""
    position, number = 0, 0
    while position < len(data):
        number += 1
        head = data[position : position + 12]
        length = struct.unpack("<Q", head[:8])[0] if len(head) == 12 else 0
        end = position + 12 + length + 4
        if len(head) == 12 and _checksum(head[:8]) != struct.unpack("<I", head[8:])[0]:
            raise LogError("the checksum of an event's length is wrong", source=source, line=number, advice=_REPAIR)
        if len(head) < 12 or end > len(data):
            if growing:
                return
            raise LogError("the last event is not complete", source=source, line=number, advice=_REPAIR)
        payload = data[position + 12 : end - 4]
        if _checksum(payload) != struct.unpack("<I", data[end - 4 : end])[0]:
            raise LogError("the checksum of an event is wrong", source=source, line=number, advice=_REPAIR)
        yield number, payload
        position = end


@cache
def _table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)  # Castagnoli's polynomial, bits reversed
        table.append(byte)
    return table


def _checksum(data: bytes) -> int:
    """CRC-32C, rotated and shifted as TFRecord files have it."""
    table, found = _table(), 0xFFFFFFFF
    for byte in data:
        found = table[(found ^ byte) & 0xFF] ^ found >> 8
    found ^= 0xFFFFFFFF
    return ((found >> 15 | found << 17) + 0xA282EAD8) & 0xFFFFFFFF
