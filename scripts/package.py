"""Build what is deployed to Azure: the app, its packages, and bytecode that cannot be stale.

usage: python scripts/package.py PLAN

Writes ``.package/PLAN/`` (for ``func azure functionapp publish NAME --python --no-build``) and
``.package/PLAN.zip``. Runs on the plan's own Python: bytecode belongs to one version. The same
files give the same bytes.
"""

import compileall
import fcntl
import hashlib
import py_compile
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLANS = {"consumption": (3, 12), "flex": (3, 13)}
# Where Azure mounts the package; tracebacks name the files by it.
MOUNT = "/home/site/wwwroot"
PACKAGES = Path(".python_packages/lib/site-packages")
# Linux on x86-64 with glibc 2.28 or later: that of the platform's images.
PLATFORM = "x86_64-manylinux_2_28"
APP = ("function_app.py", "host.json", "requirements.txt", "petstore")
# As scripts/swagger-ui builds it.
BUILT_IN = "petstore/http/swagger-ui/*.gz"
# Never imported: stubs, sources of extensions, tests, programs, and notes of the installer.
UNUSED = (
    *("**/*.pyi", "**/*.pyx", "**/*.pxd", "**/*.c", "**/*.h", "**/*.hash", "**/tests", "bin"),
    *("*.dist-info/RECORD", "*.dist-info/INSTALLER", "*.dist-info/REQUESTED"),
    *("*.dist-info/*.json", ".lock"),
)


def main() -> None:
    """Build the plan's folder and zip, and say what they weigh."""
    plan = sys.argv[1] if len(sys.argv) == 2 else ""  # noqa: PLR2004 - the program and the plan
    if plan not in PLANS:
        sys.exit(f"Say which plan: {' or '.join(PLANS)}.")
    if sys.version_info[:2] != PLANS[plan]:
        sys.exit(f"The {plan} plan runs Python {_text(PLANS[plan])}: run this script on it.")
    target = ROOT / ".package" / plan
    archive = target.with_suffix(".zip")
    target.parent.mkdir(exist_ok=True)
    with (target.parent / "lock").open("w") as lock:
        # Two at once would build in one folder.
        fcntl.flock(lock, fcntl.LOCK_EX)
        build(target, PLANS[plan])
        pack(target, archive)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    files = [path for path in target.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    print(f"{target.relative_to(ROOT)}: {len(files):,} files, {size / 1e6:.1f} MB")
    packed = archive.stat().st_size
    print(f"{archive.relative_to(ROOT)}: {packed / 1e6:.1f} MB, sha256 {digest}")


def build(target: Path, python: tuple[int, int]) -> None:
    """Put the app, its packages and their bytecode into a folder; replaces what is there."""
    half_done = target.with_name(f"{target.name}.new")
    shutil.rmtree(half_done, ignore_errors=True)  # of a run that was killed
    for name in _app_files():
        place = half_done / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, place)
    _install(half_done / PACKAGES, python)
    _remove_unused(half_done / PACKAGES)
    _compile(half_done)
    shutil.rmtree(target, ignore_errors=True)
    half_done.rename(target)


def pack(folder: Path, archive: Path) -> None:
    """Zip a folder; names in order and one fixed time, so that equal folders give equal bytes."""
    half_done = archive.with_suffix(".new")
    with zipfile.ZipFile(half_done, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, path.read_bytes())
    half_done.replace(archive)


def _app_files() -> Iterator[str]:
    """Return the app's files: what git tracks, and Swagger UI where it is built in; no others."""
    listed = subprocess.run(  # noqa: S603 - git, on our own folder
        ["git", "ls-files", "-z", "--", *APP],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    yield from (name for name in listed.stdout.decode().split("\0") if name)
    yield from (str(path.relative_to(ROOT)) for path in sorted(ROOT.glob(BUILT_IN)))


def _install(target: Path, python: tuple[int, int]) -> None:
    """Install the locked packages as wheels for the plan's system, whatever this machine is."""
    found = subprocess.check_output([ROOT / "scripts/uv"], cwd=ROOT, text=True)  # noqa: S603 - ours
    uv = found.strip()
    subprocess.run(  # noqa: S603 - uv, as scripts/setup installed it
        [
            *(uv, "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"),
            "--require-hashes",
            *("--python-platform", PLATFORM, "--python-version", _text(python)),
            *("--link-mode", "copy", "--target", str(target)),
            *("--requirements", str(ROOT / "requirements.txt")),
        ],
        cwd=ROOT,
        check=True,
    )


def _remove_unused(packages: Path) -> None:
    for pattern in UNUSED:
        for path in list(packages.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _compile(folder: Path) -> None:
    """Compile every module to bytecode that is used without a look at the source's time."""
    done = compileall.compile_dir(
        folder,
        maxlevels=20,
        quiet=1,
        stripdir=str(folder),
        prependdir=MOUNT,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not done:
        sys.exit("Some modules do not compile.")


def _text(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))


if __name__ == "__main__":
    main()
