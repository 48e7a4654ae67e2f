"""``python -m devhost``."""

import sys
from importlib.util import find_spec

if find_spec("azure_functions_runtime") is None:
    sys.exit("devhost: azure-functions-runtime is not installed; it needs Python 3.13 or later.")

try:
    from devhost.cli import main
except KeyboardInterrupt:  # during the imports
    sys.exit(130)

sys.exit(main())
