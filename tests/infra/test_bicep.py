"""The compiler accepts every file, and each of these checks fails on a planted fault."""

from pathlib import Path

import pytest

from tests.infra import bicep
from tests.infra.conftest import EVERYTHING

pytestmark = pytest.mark.infra


def test_format_changes_nothing(copy: Path) -> None:
    """Every file is in the one layout."""
    assert bicep.misformatted(copy) == []


def test_format_sees_a_crooked_line(copy: Path) -> None:
    """Two spaces too many are noticed."""
    bicep.break_file(copy / "main.bicep", "var queueName =", "var   queueName =")
    assert bicep.misformatted(copy) == ["main.bicep"]


def test_lint_says_nothing(infra: Path) -> None:
    """No file has an error, a warning or a hint."""
    assert bicep.lint(infra) == []


_FAULTS = [
    ("main.bicep", "var queueName =", "var unused = 1\nvar queueName =", "no-unused-vars"),
    ("modules/storage.bicep", "location: location", "location: 'westus'", "no-hardcoded-location"),
    (
        "modules/cosmos.bicep",
        "sqlDatabases@2026-03-15",
        "sqlDatabases@2021-06-15",
        "use-recent-api",
    ),
    ("modules/identity.bicep", "  tags: tags", "  tagz: tags", "BCP089"),
    ("modules/vault.bicep", "@secure()\nparam jwtSecret", "param jwtSecret", "secure-secrets-in"),
    (
        "modules/app.bicep",
        "output name string = site.name",
        "output name string = storage.listKeys().keys[0].value",
        "outputs-should-not-contain-secrets",
    ),
]


def test_lint_sees_faults(copy: Path) -> None:
    """A dead name, a fixed place, an old version, a wrong property, a bare secret: all are seen."""
    for file, old, new, _ in _FAULTS:
        bicep.break_file(copy / file, old, new)
    found = " ".join(bicep.lint(copy))
    assert [code for *_, code in _FAULTS if code not in found] == []


def test_parameters_build(infra: Path, plan: str) -> None:
    """Both parameter files fit the template, without a warning."""
    assert bicep.lint_parameters(infra, plan) == []


def test_a_wrong_parameter_does_not_build(copy: Path) -> None:
    """A plan that does not exist is refused."""
    bicep.break_file(copy / "flex.bicepparam", "'flex'", "'premium'")
    assert "Error BCP033" in " ".join(bicep.lint_parameters(copy, "flex"))


_BAD_NAMES = ("a_b", "a-b", "a", "123456789", "bär")
_STAGING, _CAPITALS, _NO_NAME = ({"ENVIRONMENT_NAME": name} for name in ("staging", "Staging", ""))
bicep.expect(*({"ENVIRONMENT_NAME": name} for name in _BAD_NAMES), _STAGING, _CAPITALS, _NO_NAME)


@pytest.mark.parametrize("name", _BAD_NAMES)
def test_a_name_that_providers_refuse_is_refused_here(copy: Path, plan: str, name: str) -> None:
    """A name that would fail in the middle of a deployment fails before it, and says the rule."""
    (found,) = bicep.lint_parameters(copy, plan, {"ENVIRONMENT_NAME": name})
    assert "Error" in found
    assert "ENVIRONMENT_NAME must be 2 to 8 letters and digits" in found


def test_a_name_in_capitals_is_lowered(copy: Path, plan: str) -> None:
    """Capitals in the name of the environment change nothing; an empty one is prod."""
    lower = bicep.resources(copy, plan, _STAGING)
    assert bicep.resources(copy, plan, _CAPITALS) == lower
    assert bicep.resources(copy, plan, _NO_NAME) == bicep.resources(copy, plan) != lower


def test_the_template_itself_refuses_a_name(copy: Path) -> None:
    """Who names the environment in another way than by the parameter files is told too."""
    (copy / "flex.bicepparam").write_text("using 'main.bicep'\nparam environmentName = 'a_b'\n")
    refusal = bicep.refusal(copy, "flex")
    assert "environmentName must be 2 to 8 letters and digits" in refusal


def test_the_kept_snapshot_is_true(infra: Path, plan: str) -> None:
    """What would be deployed is what the snapshot next to the parameters shows."""
    ended = bicep.validate(infra, plan)
    assert ended.clean, ended.out + ended.err


def test_a_changed_resource_shows(copy: Path) -> None:
    """A change of one property shows as one changed resource."""
    bicep.break_file(
        copy / "modules/cosmos.bicep", "disableLocalAuth: true", "disableLocalAuth: false"
    )
    ended = bicep.validate(copy, "flex")
    assert ended.code != 0
    assert "disableLocalAuth" in ended.out + ended.err


_SECRET = {"JWT_SECRET": "a-secret-of-some-length-0123456789"}
_KEPT = {"KEEP_SECRETS": "JWT_SECRET"}
_KEYS = {name: EVERYTHING[name] for name in ("JWT_JWKS_URL", "JWT_ISSUER", "JWT_AUDIENCE")}
_INCOMPLETE = {missing: _KEYS | {missing: ""} for missing in ("JWT_ISSUER", "JWT_AUDIENCE")}
bicep.expect(_SECRET, _KEPT, *_INCOMPLETE.values())


def test_a_secret_shows_as_a_vault(copy: Path) -> None:
    """With a secret given a key vault joins the deployment; the secret itself is not shown."""
    shown, without = bicep.resources(copy, "flex", _SECRET), bicep.resources(copy, "flex")
    kind = "Microsoft.KeyVault/vaults/secrets"
    assert [kind in {one["type"] for one in several} for several in (shown, without)] == [
        True,
        False,
    ]
    assert "a-secret-of-some-length" not in str(shown)


@pytest.mark.parametrize("missing", _INCOMPLETE)
def test_a_key_set_needs_issuer_and_audience(copy: Path, missing: str) -> None:
    """A deployment whose tokens could be anybody's ends with the names of what is missing."""
    refusal = bicep.refusal(copy, "flex", _INCOMPLETE[missing])
    assert "JWT_JWKS_URL needs JWT_ISSUER and JWT_AUDIENCE" in refusal


def test_a_kept_secret_stays(copy: Path) -> None:
    """A deployment without the secret's value leaves vault and reference in place."""
    assert "SecretName=jwt-secret" in str(bicep.resources(copy, "flex", _KEPT))
