"""What people read is in plain English: a short list of phrases stays out."""

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents import tracked
from tests.tree import ROOT

# Each with what to write instead.
_PHRASES = {
    r"\banew\b": "again",
    r"\bbeside\b": "next to",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\bmelts?\b": "merges",
    r"\bat the (most|least)\b": "at most, at least",
    r"\b(can|cannot|could|may|are|be|is) be had\b|\bare had\b": "is available",
    r"(?<!there )(?<!where )\bis no (?!longer\b|more\b|less\b|one\b|other\b|matter\b)": "is not a",
    r"\bthat is not good\b|\bis not good\b": "is invalid",
    r"\bhalf a surrogate\b": "an unpaired surrogate",
    r"\bno luck\b": "gave up",
    r"\btakes? (it |them |a member )?away\b": "removes",
    r"\bas it is meant\b": "what it does",
}
# How a docstring begins.
_OPENERS = {
    r"Gives? ": "Return",
    r"Tells? (whether|how|what|of|that) ": "Return whether, report",
    r"Makes? (an? |the )(?!\w+ (due|older|younger|old))": "Create, build",
}
_WRITTEN = {".bicep", ".bicepparam", ".js", ".md", ".sh", ".toml", ".yaml", ".yml", ".in"}
# Kept as they were recorded, or words of others.
_FOREIGN = ("tests/devhost/probe_", "tests/importer/written/", "tests/architecture/test_words.py")


def _plain(text: str) -> str:
    """Return a text with the marks of comments and the line ends taken out."""
    return re.sub(r"\s+", " ", re.sub(r"^\s*(#|//|\*)+", "", text, flags=re.MULTILINE))


def _constant(part: ast.expr) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else "X"


def _of_python(source: str) -> Iterator[tuple[str, bool]]:
    """Yield the docstrings, comments and other texts of a module, and whether it is a docstring."""
    tree = ast.parse(source)
    docstrings = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found = ast.get_docstring(node)
            if found:
                docstrings.add(found)
                yield found, True
    whole = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    parts = {part for text in whole for part in text.values}
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr():
                yield "".join(_constant(part) for part in node.values), False
            case ast.Constant(value=str(text)) if node not in parts:
                yield text, False
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    yield "\n".join(token.string for token in tokens if token.type == tokenize.COMMENT), False


def _texts(name: str, content: str) -> Iterator[tuple[str, bool]]:
    """Yield what people read in a file."""
    if name.endswith(".py") or content.startswith("#!/usr/bin/env python3"):
        yield from _of_python(content)
    elif name.endswith("openapi.json"):
        yield json.dumps(json.loads(content)), False
    elif Path(name).suffix in _WRITTEN or "." not in Path(name).name or name.startswith("scripts/"):
        yield content, False


def _found(name: str, content: str) -> list[str]:
    """Return the phrases of the list that a file holds, with what to write instead."""
    found = []
    for text, is_docstring in _texts(name, content):
        plain = _plain(text)
        rules: list[tuple[str, str, int]] = [(phrase, plain, re.IGNORECASE) for phrase in _PHRASES]
        rules += [(f"^{opener}", plain, 0) for opener in _OPENERS if is_docstring]
        for rule, where, flags in rules:
            instead = _PHRASES.get(rule) or _OPENERS[rule.removeprefix("^")]
            for match in re.finditer(rule, where, flags):
                context = where[max(0, match.start() - 30) : match.end() + 30]
                found.append(f"{name}: ...{context}... (write: {instead})")
    return sorted(set(found))


def _files() -> list[str]:
    return [name for name in tracked() if not name.startswith(_FOREIGN)]


def test_plain_english() -> None:
    """No docstring, comment, text of the code, document or script holds a phrase of the list."""
    found = []
    for name in _files():
        path = ROOT / name
        if path.suffix not in {".png", ".gz", ".csv", ".txt", ".tsv"}:
            found += _found(name, path.read_text())
    assert found == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.py", '"""Give the answer."""\n'),
        ("a.py", "x = 1  # written\n# anew\n"),
        ("a.py", 'log.error("the keys cannot be had: %s", error)\n'),
        ("a.py", 'raise Error(f"{name} is no number")\n'),
        ("docs/a.md", "It stands beside\nthe other.\n"),
        ("Makefile", "start: ## make it anew\n"),
        ("scripts/a", "#!/bin/sh\necho 'Mend it.'\n"),
        ("petstore/http/openapi.json", '{"description": "100 at the most"}'),
        ("infra/a.bicep", "@description('Kept beside it.')\nparam a string\n"),
    ],
)
def test_a_planted_phrase_is_found(name: str, content: str) -> None:
    """Each kind of text is read, across the ends of its lines."""
    assert len(_found(name, content)) == 1


@pytest.mark.parametrize("text", ["There is no pet.", "It is no longer there.", "besides", "amend"])
def test_plain_sentences_pass(text: str) -> None:
    """What only looks like a phrase of the list is left alone."""
    assert _found("a.md", text) == []
