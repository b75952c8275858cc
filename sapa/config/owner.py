"""The operating system account that PostgreSQL runs as: ourselves, or, for root, an account without rights.

PostgreSQL refuses to run as root. An account must also reach its files: no parent folder is ever opened up for it;
where one is closed (0700, as /root), the files get a place of their own under /var/lib/sapa instead.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ACCOUNT = "sapa-postgres"
ELSEWHERE = Path("/var/lib/sapa")


class NoAccount(Exception):
    """There is no account without rights to run PostgreSQL as. Carries one sentence."""


@dataclass(frozen=True)
class Owner:
    """An account by its numbers; `dropped` when this process is root and has to step down to it."""

    uid: int
    gid: int
    dropped: bool

    def run(self, *command: str | Path, stdin: str = "", seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """The command's result, output and errors joined; it sees a bare environment, so no PG* variable leaks in."""
        as_account: dict[str, Any] = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.dropped else {}
        return subprocess.run(
            [str(word) for word in command],
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd="/",
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": "/", "TZ": "UTC"},
            timeout=seconds,
            check=False,
            **as_account,
        )

    def reaches(self, folder: Path) -> bool:
        """Whether this account may enter `folder`, tried for real."""
        return self.run("/bin/sh", "-c", 'cd "$0"', folder, seconds=10).returncode == 0

    def can_run(self, program: Path) -> bool:
        """Whether this account may execute `program`, tried for real with `--version`."""
        try:
            return self.run(program, "--version", seconds=10).returncode == 0
        except OSError:
            return False

    def own(self, folder: Path) -> None:
        """Give `folder`, made if needed, to this account alone."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.dropped:
            os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)


def owner_of(data: Path) -> Owner:
    """The account for the data folder `data`: whoever owns it already, else ourselves, else one without rights."""
    is_root = os.geteuid() == 0
    if data.exists():
        found = data.stat()
        if found.st_uid != 0:
            return Owner(found.st_uid, found.st_gid, dropped=is_root)
    if not is_root:
        return Owner(os.geteuid(), os.getegid(), dropped=False)
    entry = _account()
    return Owner(entry.pw_uid, entry.pw_gid, dropped=True)


def place_for(owner: Owner, wanted: Path) -> Path:
    """`wanted` made ready for `owner`, or a link at `wanted` to a new folder under /var/lib/sapa that it can reach."""
    if wanted.exists() and not owner.dropped:
        return wanted.resolve()
    wanted.parent.mkdir(parents=True, exist_ok=True)
    if wanted.is_symlink() and not wanted.exists():
        wanted.unlink()  # its target was removed: begin anew
    if wanted.is_symlink() or owner.reaches(wanted.parent):
        owner.own(wanted.resolve())
        return wanted.resolve()
    if wanted.exists():
        raise NoAccount(f"{wanted} lies in a folder that only root may enter; move it under {ELSEWHERE} and link to it")
    ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="postgres-", dir=ELSEWHERE))
    owner.own(place)
    wanted.symlink_to(place)
    return place


def programs_for(owner: Owner, folder: Path) -> Path:
    """`folder` with PostgreSQL's `bin/` and `lib/`, or a copy that `owner` can run under /var/lib/sapa."""
    if owner.can_run(folder / "bin" / "postgres"):
        return folder
    stamp = int((folder / "bin" / "postgres").stat().st_mtime)
    copy = ELSEWHERE / f"{folder.name}-{stamp}"
    if not copy.is_dir():
        ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(prefix=f".{copy.name}-", dir=ELSEWHERE))
        shutil.copytree(folder, half, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.a", "include"))
        half.chmod(0o755)
        try:
            half.rename(copy)
        except OSError:  # another start was faster
            shutil.rmtree(half)
    if not owner.can_run(copy / "bin" / "postgres"):
        raise NoAccount(f"user {owner.uid} can run neither {folder}/bin/postgres nor its copy in {copy}")
    return copy


def _account() -> pwd.struct_passwd:
    for name in (ACCOUNT, None, "nobody"):
        if name is None:
            _create_account()
            name = ACCOUNT
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return entry
    raise NoAccount("PostgreSQL does not run as root and no account could be made for it: run Sapa as an ordinary user")


def _create_account() -> None:
    """Best effort: where there is no tool for it, the account `nobody` serves."""
    for command in (
        [
            "useradd",
            "--system",
            "--user-group",
            "--no-create-home",
            "--home-dir",
            "/",
            "--shell",
            "/usr/sbin/nologin",
            ACCOUNT,
        ],
        ["adduser", "-S", "-D", "-H", "-h", "/", "-s", "/sbin/nologin", ACCOUNT],
    ):
        if shutil.which(command[0]):
            subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
            return
