# SPDX-License-Identifier: Apache-2.0
"""Has the repository tests find their own module."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
