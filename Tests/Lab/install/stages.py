"""The stages of the case `install`, each in a boot of its own. Runs in the guest: stages.py STAGE."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

from guide import HOST, follow_guide
from hub import (
    OUT, PERSON, STATE, UPSTREAM_STATE, URL, Device, apt, buffer, check, check_conservation, closed_records, corhub,
    eventually, is_active, note, readings, run, say, show,
)
from measures import measure


DEVICE_CA = pathlib.Path("/srv/device-ca/device-ca.pem")


def start_upstream():
    """The makers' authority, and an upstream on this machine. Returns a token for one hub."""
    # RFC 5737: a name that leads to this machine's own loopback is what a DNS server that lies would say.
    run("ip", "address", "replace", "192.0.2.1/32", "dev", "lo")
    pathlib.Path("/etc/hosts").write_text(f"127.0.0.1 localhost hub\n192.0.2.1 {HOST}\n")
    pathlib.Path("/etc/default/corhub-upstream").write_text("LISTEN=0.0.0.0:8443\n")
    run("corone-sim", "make-ca", DEVICE_CA.parent)
    pathlib.Path("/etc/corhub-upstream").mkdir(exist_ok=True)
    (pathlib.Path("/etc/corhub-upstream") / DEVICE_CA.name).write_bytes(DEVICE_CA.read_bytes())
    names = [word for name in ("localhost", HOST) for word in ("--name", name)]
    as_upstream = ("runuser", "-u", "corhub-upstream", "--", "corhub-upstream")
    run(*as_upstream, "init", UPSTREAM_STATE, *names)
    run("systemctl", "start", "corhub-upstream")
    made = run(*as_upstream, "token", "create", "hub-0001", "--state", UPSTREAM_STATE, "--json")
    eventually(lambda: run("ss", "-ltn", "sport = :8443").count("LISTEN"), "the upstream listens")
    return json.loads(made)["token"]


def check_rules():
    """The device's node is the service's alone, and udev knows the rule and the names."""
    nodes = [path for path in pathlib.Path("/dev/bus/usb").glob("*/*") if path.group() == "corhub-dev"]
    check(len(nodes) == 1 and nodes[0].stat().st_mode & 0o777 == 0o660, f"the device's node is the service's: {nodes}")
    tried = run("udevadm", "test", "--action=add", run("udevadm", "info", "--query=path", f"--name={nodes[0]}").strip(), status=None)
    said = tried.stdout + tried.stderr
    check("corhub.service" in said and "COR One" in said, f"udevadm test: rule and names: {said[-1500:]}")


def install():
    """Blank Debian, our repository, one reading with its receipt; then a backlog, and the host cuts the power."""
    apt("update")
    apt("install", "corhub", "corhub-simulator", "corhub-upstream")
    say("installed")
    check(run("systemctl", "--failed", "--no-legend").strip() == "", "no unit has failed")
    check(not is_active("corhub"), "a hub that is not enrolled waits")
    check(run("runuser", "-u", "nobody", "--", "ls", STATE, status=None).returncode != 0, "the state is the service's alone")

    token = start_upstream()
    pathlib.Path("/usr/share/corhub/device-ca.d/device-ca.pem").write_bytes(DEVICE_CA.read_bytes())
    run("runuser", "-u", "corhub", "--", "corhub", "enroll", "--url", URL, "--token", "-", text=token + "\n")
    check(not is_active("corhub"), "nobody has started the service yet")

    run("useradd", "--groups", "corhub", PERSON)
    device = Device()
    eventually(lambda: is_active("corhub"), "the device that is plugged in starts the service")
    check_rules()
    eventually(lambda: corhub("status", status=None), "a member of the group corhub asks the agent")
    run("runuser", "-u", PERSON, "--", "corhub", "device", "pair")
    device.measure(11)
    check_conservation("first reading")
    measure()

    run("systemctl", "stop", "corhub-upstream")
    for seed in range(21, 25):
        device.measure(seed)
    eventually(lambda: readings() == closed_records(), "the hub takes readings while the upstream is away")
    check(buffer()["pending_records"]["count"] + buffer()["batches_without_receipt"]["count"] > 0, "a backlog")
    # One more is on its way when the power goes.
    (OUT / "cut").touch()
    device.measure(25)
    time.sleep(600)


def guide():
    """The guide for one hub, on the Debian that this machine has; then what else is to be seen on it."""
    apt("update")
    apt("install", "corhub-simulator", "corhub-upstream")
    follow_guide(start_upstream())
    check_conservation("after the guide")
    check_rules()
    run("udevadm", "verify", "/usr/lib/udev/rules.d/70-corhub.rules")
    check("not found" not in run("ldd", "/usr/bin/corhub"), "every library is there")
    status = corhub("status")
    check(status["sandbox"] == {"state": "in-force", "missing": []}, f"the sandbox is in force: {status['sandbox']}")
    found = json.loads(run("corhub", "doctor", "--json", status=None).stdout)["findings"]
    # The machine has no network, so no time service sets its clock.
    check({finding["code"] for finding in found} <= {"clock-not-synchronised"}, f"the doctor finds nothing else: {found}")
    complaints = run("journalctl", "-b", "-u", "corhub", "-u", "corhub-upstream", "--no-pager", "-o", "cat", "--grep", "thread priority",
                     status=None).stdout
    check(complaints == "", f"no thread complains of its priority: {complaints}")
    removed()
    system = run("sh", "-c", ". /etc/os-release; echo $PRETTY_NAME")
    note(f"{system.strip()}, systemd {run('systemctl', '--version').split()[1]}: rules verified, sandbox in force, the doctor finds nothing")


def upgrade():
    """Power is back. A newer version comes while the backlog waits and a reading arrives; then everything drains."""
    eventually(lambda: is_active("corhub"), "the service starts at boot")
    run("systemctl", "stop", "corhub-upstream")
    device = Device()
    device.measure(31)
    apt("update")
    before = show("corhub", "ExecMainPID")["ExecMainPID"]
    installing = subprocess.Popen([sys.executable, __file__, "just-upgrade"])
    for seed in range(32, 35):
        device.measure(seed)
    check(installing.wait(600) == 0, "the upgrade")
    version = run("dpkg-query", "-W", "-f", "${Version}", "corhub")
    check(version == "0.2.0", f"upgraded: {version}")
    check(show("corhub", "ExecMainPID")["ExecMainPID"] != before, "the upgrade restarted the service")
    run("systemctl", "start", "corhub-upstream")
    count = check_conservation("after power cut, upgrade and outage")
    note(f"{count} readings through a power cut, an outage and an upgrade: each here and upstream once, with its receipt")
    device.end()
    run("/usr/bin/env", "sh", "-c", "systemctl stop corhub corhub-upstream; sync")


def mend():
    """What goes wrong at installations, and what mends it."""
    eventually(lambda: is_active("corhub"), "the service starts at boot")
    tampered()
    too_new()
    broken_configuration()
    wrong_owner()
    missing_folder()
    killed_dpkg()
    full_disk()
    removed()


def tampered():
    apt("update")
    for change in ("index", "package"):
        folder = OUT / f"tampered-{change}"
        done = apt("update", status=None, repository=folder)
        if change == "index":
            check("Hash Sum mismatch" in done.stderr or "unexpected size" in done.stderr or "BADSIG" in done.stderr,
                  f"a tampered index is refused: {done.stderr}")
        done = apt("install", "--reinstall", "corhub", status=None, repository=folder)
        # An index that was refused leaves apt without a source: it has nothing to do, and says so with status 0.
        check(change == "index" or done.returncode != 0, f"apt says that it cannot: {done.stdout}{done.stderr}")
        check("Unpacking" not in done.stdout, f"a tampered {change} is not installed: {done.stdout}{done.stderr}")
    apt("update")
    note("apt refuses a tampered index and a tampered package")


def too_new():
    store = STATE / "store/store.sqlite"
    run("systemctl", "stop", "corhub")
    with open(store, "r+b") as file:
        file.seek(60)
        ours = file.read(4)
        file.seek(60)
        file.write((9_999).to_bytes(4, "big"))
    done = apt("install", "--allow-downgrades", "corhub=0.1.0", status=None)
    check(done.returncode != 0 and "format 9999" in done.stderr + done.stdout, f"a downgrade says why not: {done.stderr}")
    check(run("dpkg-query", "-W", "-f", "${Status} ${Version}", "corhub") == "install ok installed 0.2.0", "nothing was changed")
    with open(store, "r+b") as file:
        file.seek(60)
        file.write(ours)
    run("systemctl", "start", "corhub")
    note("an older version that cannot read the store is refused by its preinst, and the newer one stays")


def broken_configuration():
    local = pathlib.Path("/etc/corhub/corhub.d/50-local.toml")
    local.write_text("[devices]\nusbb = true\n")
    run("systemctl", "reload", "corhub")
    eventually(lambda: (corhub("status", status=None) or {"configuration": {}})["configuration"].get("fault"),
               "a broken configuration is told, and the one in force stays")
    refused(r"50-local\.toml:2.*usb", "64", "a broken configuration stops the start, with file, line and what was meant")
    local.unlink()
    run("systemctl", "restart", "corhub")
    check(is_active("corhub"), "and it runs again once that is mended")


def wrong_owner():
    run("systemctl", "stop", "corhub")
    run("chown", "-R", "root:root", STATE)
    run("systemctl", "start", "corhub")
    check(is_active("corhub") and STATE.owner() == "corhub", "a wrong owner is mended by a start")
    run("systemctl", "stop", "corhub")
    run("rm", "-rf", "/run/corhub", STATE / "quarantine")
    run("systemctl", "start", "corhub")
    check(is_active("corhub"), "missing folders are made")
    configuration = pathlib.Path("/etc/corhub/corhub.toml")
    configuration.chmod(0o600)
    refused(r"/etc/corhub/corhub\.toml: Permission denied", "64", "a configuration that is not the service's to read is named")
    configuration.chmod(0o644)
    run("systemctl", "restart", "corhub")
    note("a wrong owner and missing folders are mended by a start; an unreadable configuration is named")


def missing_folder():
    anchors = pathlib.Path("/usr/share/corhub/device-ca.d")
    kept = {file.name: file.read_bytes() for file in anchors.iterdir()}
    shutil.rmtree(anchors)
    refused(str(anchors), "4", "a folder of the package that is missing is named")
    apt("--reinstall", "install", "corhub")
    for name, content in kept.items():
        (anchors / name).write_bytes(content)
    run("systemctl", "restart", "corhub")
    check(is_active("corhub"), "the same package again mends it")
    note("a missing folder of the package is named, and the same installation again mends it")


def refused(pattern, status, what):
    """A start that ends with this exit status and says why."""
    run("systemctl", "restart", "corhub", status=None)
    eventually(lambda: show("corhub", "ExecMainStatus")["ExecMainStatus"] == status, what)
    journal = run("journalctl", "-b", "-u", "corhub", "--no-pager", "-n", "20", "-o", "cat")
    check(re.search(pattern, journal), f"{what}: {journal}")


def killed_dpkg():
    for delay in (0.3, 1.0, 2.5):
        installing = subprocess.Popen(["apt-get", "-y", "-o", "APT::Sandbox::User=root", "--reinstall", "install", "corhub"],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        eventually(lambda: run("pidof", "dpkg", status=None).stdout, "dpkg runs")
        time.sleep(delay)
        for process in run("pidof", "dpkg", status=None).stdout.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGKILL)
        try:
            installing.wait(60)
        except subprocess.TimeoutExpired:
            installing.send_signal(signal.SIGKILL)
            installing.wait()
        eventually(lambda: run("dpkg", "--configure", "-a", status=None).returncode == 0, "dpkg goes on")
        apt("--fix-broken", "--reinstall", "install", "corhub")
        check(is_active("corhub"), "and the service runs")
    note("dpkg killed at three moments: `dpkg --configure -a` and the same installation again mend it")


def full_disk():
    filler = pathlib.Path("/filler")
    # As far as it goes: the blocks that are kept for root are the installer's as well.
    step = 8 << 20
    with open(filler, "wb") as file, contextlib.suppress(OSError):
        for number in range(4_096):
            os.posix_fallocate(file.fileno(), number * step, step)
    done = apt("--reinstall", "install", "corhub", status=None)
    check(done.returncode != 0 and "space" in (done.stdout + done.stderr).lower(), f"a full disk is named: {done.returncode} {done.stdout} {done.stderr}")
    filler.unlink()
    run("dpkg", "--configure", "-a", status=None)
    apt("--fix-broken", "--reinstall", "install", "corhub")
    check(is_active("corhub"), "with room the same command installs")
    note("a full disk stops an installation with its reason, and with room the same command mends it")


def removed():
    wanted = closed_records()
    apt("remove", "corhub")
    check(not is_active("corhub") and (STATE / "store/store.sqlite").exists(), "removing keeps the state")
    apt("install", "corhub")
    eventually(lambda: is_active("corhub"), "and an installation takes it up")
    eventually(lambda: readings() == wanted, "with all readings")
    apt("purge", "corhub")
    check(not STATE.exists(), "purging removes the state")
    check(not pathlib.Path("/etc/corhub").exists(), "and the configuration")
    note("remove keeps the state, an installation takes it up again, purge removes it")


if sys.argv[1] == "just-upgrade":
    apt("install", "--only-upgrade", "corhub", "corhub-simulator", "corhub-upstream")
else:
    {"install": install, "guide": guide, "upgrade": upgrade, "mend": mend}[sys.argv[1]]()
