"""A tagged corpus that every Python has: the source code of its standard library, each name tagged with its role.

A word is a NAME token of `tokenize`; its tag is what it does, taken from `ast`: keyword, function, class, parameter, argument (the
name of a keyword argument), call, method (an attribute that is called), attribute, set-attribute, store, load, import, decorator.
Operators, numbers and strings stand between the words and need no tag. A sentence is a logical line.
"""

from __future__ import annotations

import ast
import io
import keyword
import random
import sysconfig
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TESTS = {"test", "tests", "idle_test", "site-packages"}
NO_TEXT = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER)
KINDS = {tokenize.NUMBER: "<number>", tokenize.STRING: "<string>"}


class Token(NamedTuple):
    """A word with its tag, or what stands between words, with None."""

    text: str
    tag: str | None


Sentence = list[Token]
Place = tuple[int, int]


def corpus(words: int, pool: int, held_out: int, seed: int) -> tuple[list[Sentence], list[Sentence]]:
    """Sentences to train on, with at least so many words, and the held-out ones, which are of other files.

    The files are a random part of the library, `held_out` and `pool` words of it, and the sentences to train on are in random
    order: a sample of any size is then one of the whole. The order does not depend on `words`, so that samples are nested.
    """
    root = Path(sysconfig.get_path("stdlib"))
    files = sorted(file for file in root.rglob("*.py") if not TESTS & set(file.relative_to(root).parts))
    order = random.Random(seed)
    order.shuffle(files)
    parts = (list(tagged(text)) for file in files if (text := file.read_bytes()).isascii())
    test, train = _whole_files(parts, held_out), _whole_files(parts, pool)
    order.shuffle(train)
    return until(train, words), test


def _whole_files(parts: Iterator[list[Sentence]], words: int) -> list[Sentence]:
    """The sentences of the next files, until they hold so many words."""
    out: list[Sentence] = []
    count = 0
    while count < words:
        part = next(parts)
        out += part
        count += words_in(part)
    return out


def words_in(sentences: list[Sentence]) -> int:
    return sum(token.tag is not None for sentence in sentences for token in sentence)


def until(sentences: list[Sentence], words: int) -> list[Sentence]:
    """The first sentences that hold at least so many words; all of them where they hold fewer."""
    count = 0
    for number, sentence in enumerate(sentences, 1):
        count += words_in([sentence])
        if count >= words:
            return sentences[:number]
    return sentences


def tagged(source: bytes) -> Iterator[Sentence]:
    """The logical lines of a module, those without a word left out."""
    roles = roles_in(ast.parse(source))
    sentence: Sentence = []
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type == tokenize.NEWLINE:
            if any(word.tag is not None for word in sentence):
                yield sentence
            sentence = []
        elif token.type == tokenize.NAME:
            before = sentence[-1].text if sentence else ""
            role = "keyword" if keyword.iskeyword(token.string) else roles.get(token.start) or _by_word_before(before)
            sentence.append(Token(token.string, role))
        elif token.type not in NO_TEXT:
            sentence.append(Token(KINDS.get(token.type, token.string), None))


def _by_word_before(before: str) -> str:
    """The role of names that are no nodes of the syntax tree."""
    return {"def": "function", "class": "class", "as": "store"}.get(before, "import")


def roles_in(tree: ast.AST) -> dict[Place, str]:
    """Role of each name by line and column."""
    roles: dict[Place, str] = {}
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        match node:
            case ast.Name():
                role = "call" if id(node) in called else "load" if isinstance(node.ctx, ast.Load) else "store"
                roles.setdefault((node.lineno, node.col_offset), role)
            case ast.Attribute(attr=name, end_lineno=int(line), end_col_offset=int(end)):
                role = "method" if id(node) in called else "attribute" if isinstance(node.ctx, ast.Load) else "set-attribute"
                roles[line, end - len(name)] = role
            case ast.arg():
                roles[node.lineno, node.col_offset] = "parameter"
            case ast.keyword(arg=str()):
                roles[node.lineno, node.col_offset] = "argument"
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                for decorator in node.decorator_list:
                    if isinstance(decorator, ast.Name):
                        roles[decorator.lineno, decorator.col_offset] = "decorator"
    return roles
