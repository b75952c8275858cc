"""Children that do not outlive their parent: workers of a killed server would go on answering on its port."""

import ctypes
import os
import signal
import sys

PARENT = "SAPA_PARENT"  # the process number of the supervisor, in the environment of a role that it started
_PR_SET_PDEATHSIG = 1


def end_with_parent(parent: int) -> None:
    """Ask the kernel for SIGTERM when `parent`, who must be ours, ends. Other systems than Linux know no such thing."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it ended before we asked
        signal.raise_signal(signal.SIGTERM)


def end_with_supervisor() -> None:
    """The same for a role, when a supervisor started it."""
    if parent := os.environ.pop(PARENT, ""):
        end_with_parent(int(parent))
