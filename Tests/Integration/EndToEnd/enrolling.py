"""What the tests of enrolment share: the commands, and what they end with."""

import json

from stage import HUB


def error(done):
    """The code of a command's problem; it is one line on standard error too."""
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return json.loads(done.stdout)["error"]["code"]


def enroll(stage, url, *arguments, name="hub", status=0, text=None):
    return stage.command(
        "corhub", "enroll", "--url", url, "--identity", stage.folder / name / "identity", "--json", *arguments,
        status=status, text=text)


def token(stage, *arguments):
    return json.loads(stage.command(
        "corhub-upstream", "token", "create", HUB, "--state", stage.folder / "upstream", "--json", *arguments).stdout)
