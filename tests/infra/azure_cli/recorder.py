"""Stands as `az` on the PATH: passes each command on to the real one, and records both sides.

usage: recorder.py FOLDER PYTHON WORD...
"""

import json
import subprocess
import sys
from pathlib import Path

folder, python, *words = sys.argv[1:]
ended = subprocess.run(
    [python, "-m", "azure.cli", *words], check=False, capture_output=True, text=True
)
with (Path(folder) / "recorded").open("a") as file:
    line = {"words": words, "code": ended.returncode, "out": ended.stdout, "err": ended.stderr}
    file.write(json.dumps(line) + "\n")
sys.stdout.write(ended.stdout)
sys.stderr.write(ended.stderr)
sys.exit(ended.returncode)
