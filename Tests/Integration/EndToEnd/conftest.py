import os
import subprocess

import pytest

from est_server import ESTServer
from stage import ROOT, Stage


@pytest.fixture
def stage(tmp_path):
    stage = Stage(tmp_path)
    yield stage
    stage.close()


@pytest.fixture
def clock(stage):
    library, shift = stage.folder / "wallclock.so", stage.folder / "shift"
    subprocess.run(
        ["cc", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library,
         ROOT / "Tests/Integration/EndToEnd/wallclock.c", "-ldl"], check=True)

    class Clock:
        environment = {**os.environ, "LD_PRELOAD": str(library), "CLOCK_SHIFT": str(shift)}

        def stands(self, seconds):
            shift.with_suffix(".new").write_text(f"{int(seconds)}\n")
            shift.with_suffix(".new").replace(shift)

    found = Clock()
    found.stands(0)
    return found


@pytest.fixture
def server(tmp_path):
    """Makes EST servers that share no code with the product."""
    made = []

    def make(*arguments, **options):
        made.append(ESTServer(tmp_path / f"est-{len(made)}", *arguments, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()
