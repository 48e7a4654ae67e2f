"""docs/operations.md: the sums add up, the commands exist, the warnings stand there."""

import ast
import operator
import re
from collections.abc import Callable

import pytest

from tests.infra import bicep
from tests.tree import ROOT

pytestmark = pytest.mark.infra

_TEXT = (ROOT / "docs/operations.md").read_text()
_SUM = re.compile(r"`([\d.()*/+ -]+) = ([\d.]+)`")
_OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    assert isinstance(node, ast.Constant)
    assert isinstance(node.value, int | float)
    return float(node.value)


def _result(text: str) -> float:
    return _value(ast.parse(text, mode="eval").body)


def test_the_sums_add_up() -> None:
    """Every sum in the text gives the result that stands next to it."""
    sums = _SUM.findall(_TEXT)
    assert len(sums) > 20
    wrong = [line for line in sums if _result(line[0]) != pytest.approx(float(line[1]), rel=0.02)]
    assert wrong == []


def test_a_wrong_sum_is_seen() -> None:
    """The check itself can fail."""
    ((text, result),) = _SUM.findall("`2 * (3 + 4) = 15`")
    assert _result(text) != float(result)


def test_the_end_of_the_classic_plan_is_said() -> None:
    """Nobody takes the classic plan without knowing when it ends."""
    assert "retires on 30 September 2028" in _TEXT
    assert "retires on 30 September 2028" in (bicep.INFRA / "main.bicep").read_text()


@pytest.mark.parametrize(
    "name", ["Deploy", "Publish", "Smoke test", "Roll back", "Rotate the secret"]
)
def test_every_task_has_its_section(name: str) -> None:
    """What an operator looks for has a heading and a command."""
    section = _TEXT.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    assert re.search(r"az |func |make ", section)


def test_named_files_exist() -> None:
    """Each file of the tree that the text names is there."""
    named = set(re.findall(r"`((?:infra|\.github|scripts)/[\w./-]+\.\w+)`", _TEXT))
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_environment_of_the_parameter_files_is_documented() -> None:
    """Each variable that the parameter files read is named in the text."""
    for plan in bicep.PLANS:
        text = (bicep.INFRA / f"{plan}.bicepparam").read_text()
        for name in re.findall(r"readEnvironmentVariable\(\s*'(\w+)'", text):
            assert f"`{name}`" in _TEXT, name
