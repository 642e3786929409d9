"""A case: a script of Tests/Lab/cases whose first comment lines say what it shows and what it needs.

    # shows: Records arrive over USB
    # seconds: 120              for the whole machine, boot included
    # long-seconds: 600         the same under --long, where it differs
    # modules: vhci-hcd         loaded before the case starts
    # quick: yes                part of `scripts/lab --quick`
    # alone: yes                it measures: no other machine runs beside it
    # where: host               it runs on the host, and boots machines itself
"""

import pathlib
import re

SECONDS_DEFAULT = 180
KEYS = {"shows", "seconds", "long-seconds", "modules", "quick", "alone", "where"}


class Case:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.name = self.path.stem
        said = {}
        for line in self.path.read_text().splitlines()[1:]:
            match = re.fullmatch(r"# ([a-z-]+): (.+)", line)
            if not match:
                break
            if match[1] not in KEYS:
                raise ValueError(f"{self.path}: no case says \"{match[1]}\"")
            said[match[1]] = match[2].strip()
        if "shows" not in said:
            raise ValueError(f"{self.path}: the first comment line must begin with \"# shows: \"")
        self.shows = said["shows"]
        self.seconds = int(said.get("seconds", SECONDS_DEFAULT))
        self.long_seconds = int(said.get("long-seconds", self.seconds))
        self.modules = said.get("modules", "")
        self.is_quick = said.get("quick") == "yes"
        self.is_alone = said.get("alone") == "yes"
        self.is_on_host = said.get("where") == "host"


def all_cases(folder):
    return [Case(path) for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")]
