import pytest

from est_server import ESTServer
from stage import Stage
from surroundings import WallClock


@pytest.fixture
def stage(tmp_path):
    stage = Stage(tmp_path)
    yield stage
    stage.close()


@pytest.fixture
def clock(stage):
    return WallClock(stage.folder)


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
