"""Every line gets one line in reply: the requests, what is refused and why, and that nothing at all ends the loop."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.serving.protocol import LONGEST, Server

ASK = b'{"ask": {"c": 0.25}}'


@pytest.fixture
def server(dial) -> Server:
    return new_server()


def new_server() -> Server:
    from toy_dial.schema import PolicyOptions
    from toy_dial.solver import policy

    return Server(policy(PolicyOptions()))


def answer(server: Server, data: bytes, line: int = 1) -> dict[str, Any]:
    text = server.answer(data, line)
    assert "\n" not in text
    reply: dict[str, Any] = json.loads(text)
    return reply


def code(reply: dict[str, Any]) -> str | None:
    error = reply.get("error")
    assert error is None or list(error) == ["code", "message", "line"]
    return error["code"] if error else None


def test_ask_and_tell(server):
    assert server.answer(ASK, 1) == '{"id":1,"dial":0.25}'
    assert server.answer(b'{"tell": {"id": 1, "cost": 4}}', 2) == '{"told":1}'
    assert server.policy.told == [(1, 4.0)]


def test_both_in_one_line_tells_first(server):
    answer(server, ASK)
    reply = answer(server, b'{"ask": {"c": 0.25}, "tell": {"cost": 4, "id": 1}}')
    assert list(reply) == ["told", "id", "dial"]
    assert (reply["told"], reply["id"]) == (1, 2)
    assert reply["dial"] != 0.25, "the decision knows the outcome"


def test_if_the_tell_fails_nothing_is_asked(server):
    answer(server, ASK)
    for outcome in (b'{"id": 9, "cost": 1}', b'{"id": 1, "cost": "x"}', b'{"id": 1}'):
        reply = answer(server, b'{"tell": ' + outcome + b', "ask": {"c": 0.25}}')
        assert list(reply) == ["error"]
    assert server.policy.next_id == 2
    assert code(answer(server, b'{"tell": {"id": 1, "cost": 1}}')) is None, "the decision still waited"


def test_if_the_ask_fails_the_tell_has_counted(server):
    answer(server, ASK)
    reply = answer(server, b'{"tell": {"id": 1, "cost": 4}, "ask": {}}')
    assert (reply["told"], code(reply)) == (1, "bad-query")
    assert server.tells == 1


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"hello", "bad-json"),
        (b'{"ask": {"c": NaN}}', "bad-json"),
        (b'{"ask": {"c": -Infinity}}', "bad-json"),
        (b'{"ask": {"c": 1e999}}', "bad-json"),
        (b'{"ask": {"c": ' + b"9" * 5000 + b"}}", "bad-json"),
        (b'{"ask": {"c": 1, "c": 2}}', "bad-json"),
        (b'{"ask": {"c": 1}, "ask": {"c": 2}}', "bad-json"),
        (b'{"ask": {"c": 1}', "bad-json"),
        (b'{"ask": {"c": 1}} {"ask": {"c": 1}}', "bad-json"),
        (b'{"ask": {"\xff": 1}}', "bad-json"),
        (b"\xff\xfe{\x00", "bad-json"),
        (b"\x00", "bad-json"),
        (b"[" * 60_000, "bad-json"),
        (b'{"ask":' * 9_000, "bad-json"),
        (b" " * (LONGEST + 1), "too-long"),
        (b"[]", "bad-request"),
        (b"null", "bad-request"),
        (b"{}", "bad-request"),
        (b'{"ask": null}', "bad-request"),
        (b'{"ask": [1]}', "bad-request"),
        (b'{"tell": {}}', "bad-request"),
        (b'{"tell": {"id": "1", "cost": 1}}', "bad-request"),
        (b'{"tell": {"id": 1.0, "cost": 1}}', "bad-request"),
        (b'{"tell": {"id": true, "cost": 1}}', "bad-request"),
        (b'{"tell": {"id": null, "cost": 1}}', "bad-request"),
        (b'{"tell": [1]}', "bad-request"),
        (b'{"ask": {"c": 1}, "ref": 1}', "bad-request"),
        (b'{"save": false}', "bad-request"),
        (b'{"save": 1}', "bad-request"),
        (b'{"save": true, "ask": {"c": 1}}', "bad-request"),
        (b'{"save": true}', "not-saved"),
        (b'{"ask": {}}', "bad-query"),
        (b'{"ask": {"c": "1"}}', "bad-query"),
        (b'{"ask": {"c": -1}}', "cannot-answer"),  # the toy's decision then has a value named "id"
        (b'{"tell": {"id": 1}}', "bad-outcome"),
        (b'{"tell": {"id": 2, "cost": 1}}', "unknown-id"),
        (b'{"tell": {"id": 0, "cost": 1}}', "unknown-id"),
        (b'{"tell": {"id": -1, "cost": 1}}', "unknown-id"),
        (b'{"tell": {"id": 1' + b"0" * 300 + b', "cost": 1}}', "unknown-id"),
    ],
)
def test_a_line_that_cannot_be_answered_gets_an_error_and_changes_nothing(server, data, expected):
    answer(server, ASK)
    reply = answer(server, data, line=7)
    assert code(reply) == expected
    assert reply["error"]["line"] == 7
    assert len(reply["error"]["message"]) <= 300
    assert server.policy.told == []
    assert code(answer(server, b'{"tell": {"id": 1, "cost": 4}}')) is None


def test_a_decision_is_told_once(server):
    answer(server, ASK)
    tell = b'{"tell": {"id": 1, "cost": 4}}'
    assert [code(answer(server, tell)) for _ in range(3)] == [None, "unknown-id", "unknown-id"]
    assert server.policy.told == [(1, 4.0)]


def test_messages_are_safe_for_a_terminal(server):
    reply = answer(server, b'{"ask": {"c": "\\u001b[31m\\u202e\\u009b"}}')
    assert reply["error"]["message"].isprintable()
    reply = answer(server, b'{"\\u001b[31m": 1, "\\u001b[31m": 1}')
    assert reply["error"]["message"].isprintable()


def test_a_byte_order_mark_and_carriage_returns_do_no_harm(server):
    assert code(answer(server, b"\xef\xbb\xbf" + ASK + b"\r\n")) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["c", "id", "cost", "x"]), inner, max_size=3),
    max_leaves=8,
)
REQUESTS = st.dictionaries(st.sampled_from(["ask", "tell", "save", "x"]), VALUES, max_size=3)
LINES = st.binary(max_size=60) | REQUESTS.map(lambda request: json.dumps(request).encode())


@given(lines=st.lists(LINES, max_size=20))
@settings(max_examples=150, deadline=None)
def test_whatever_comes_gets_one_reply_and_the_next_request_is_served(dial_path, lines):
    with pytest.MonkeyPatch.context() as patch:
        for folder in dial_path:
            patch.syspath_prepend(folder)
        server = new_server()
        for number, data in enumerate(lines, start=1):
            reply = answer(server, data.replace(b"-1", b"1"), number)  # -1 makes the toy misbehave
            assert (code(reply) is None) or reply["error"]["line"] == number
            assert code(reply) is not None or {"id", "told", "saved"} & reply.keys()
        assert len({id_ for id_, _ in server.policy.told}) == server.tells
        reply = answer(server, ASK)
        assert answer(server, b'{"tell": {"id": %d, "cost": 1}}' % reply["id"]) == {"told": reply["id"]}
