"""What the installed, running service costs, as the kernel and systemd see it. Runs in the guest."""

import json
import pathlib
import sys

from hub import OUT, check, corhub, note, run, show

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))

import costs  # noqa: E402

EXPOSURE_MAX = 2.0
# Time is emulated here: it is told and not judged. scripts/size judges it, and the program.
JUDGED = ("RSS", "PSS", "anonymous", "threads", "wake-ups at rest", "written at rest")


def measure():
    status = corhub("status")
    check(status["sandbox"] == {"state": "in-force", "missing": []}, f"the sandbox is in force: {status['sandbox']}")
    unit = show("corhub", "ExecMainPID", "ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic", "NRestarts")
    check(unit["NRestarts"] == "0", "it was never restarted")
    process = pathlib.Path("/proc") / unit["ExecMainPID"]
    found = costs.held(process) | costs.at_rest(process)
    exposure = run("systemd-analyze", "security", "--no-pager", "corhub.service").strip().splitlines()[-1]
    exposure = float(exposure.split(":")[1].split()[0])
    ready = (int(unit["ActiveEnterTimestampMonotonic"]) - int(unit["ExecMainStartTimestampMonotonic"])) / 1_000
    note(f"exposure {exposure}, sandbox in force; RSS {found['RSS']:.1f}, PSS {found['PSS']:.1f}, "
         f"anonymous {found['anonymous']:.2f} MB; {found['threads']} threads; ready {ready:.0f} ms after exec (emulated)")
    note(f"at rest, a device on USB: {found['wake-ups at rest']:.2f} wake-ups/s, "
         f"{found['processor at rest']:.2f} % of an emulated core, {found['written at rest']:.0f} kB/min written")
    # What is over its budget fails the case at its end: the rest is to be seen nevertheless.
    over = costs.over_budget({name: found[name] for name in JUDGED})
    if exposure > EXPOSURE_MAX:
        over.append(f"exposure {exposure} is over {EXPOSURE_MAX}")
    (OUT / "measures.json").write_text(json.dumps({**found, "exposure": exposure, "ready_ms": ready, "over": over}))
