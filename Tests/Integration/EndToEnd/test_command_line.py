"""Manual pages and completions hold all that the programs' own tables of commands hold; real shells and judges of roff."""

import json
import os
import re
import subprocess

import pytest

from stage import PROGRAMS, ROOT

TOOLS = ("corhub", "corhub-upstream", "corone-sim")


def table(program):
    return json.loads(subprocess.run(
        [PROGRAMS / program, "--experimental-dump-help"], check=True, stdout=subprocess.PIPE).stdout)["command"]


def commands(command, path=()):
    path = (*path, command["commandName"])
    yield path, command
    for sub in command.get("subcommands", []):
        if sub.get("shouldDisplay", True) and sub["commandName"] != "help":
            yield from commands(sub, path)


def options(command):
    """(kind, names) of each option and flag."""
    for argument in command.get("arguments", []):
        if argument["kind"] != "positional" and argument.get("shouldDisplay", True):
            yield argument["kind"], [
                ("--" if name["kind"] == "long" else "-") + name["name"] for name in argument["names"]]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("man")
    subprocess.run(
        [ROOT / "scripts/generate-man", "--programs", PROGRAMS, folder], check=True,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"})
    return folder


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("completions")
    for tool in TOOLS:
        for shell in ("bash", "zsh", "fish"):
            script = subprocess.run(
                [PROGRAMS / tool, "completions", shell], check=True, stdout=subprocess.PIPE).stdout
            (folder / f"{tool}.{shell}").write_bytes(script)
    return folder


def plain(page):
    """The text of a page, without roff's own."""
    return re.sub(r"\\f[A-Z]", "", page.read_text()).replace("\\-", "-").replace("\\e", "\\")


def section_of(text, path):
    """What stands of one command: from its heading to the next."""
    found = re.search(rf"^\.SS {re.escape(' '.join(path))}\n(.*?)(?=^\.S[SH] |\Z)", text, re.DOTALL | re.MULTILINE)
    return found[1] if found else None


def test_each_command_and_each_option_stands_in_a_page(pages):
    texts = {page.name: plain(page) for page in pages.iterdir()}
    missing, seen = [], 0
    for tool in TOOLS:
        for path, command in commands(table(tool)):
            if len(path) == 1:
                sections = [texts[f"{tool}.1"]]
            elif f"{'-'.join(path[:2])}.1" in texts and len(path) == 2:
                continue  # A noun with a page of its own; its verbs follow.
            else:
                sections = [part for part in (section_of(text, path) for text in texts.values()) if part]
            if len(sections) != 1:
                missing.append((path, f"{len(sections)} sections"))
                continue
            for _, names in options(command):
                if {"--help", "--version"} & set(names):
                    continue
                seen += 1
                if not all(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", sections[0]) for name in names):
                    missing.append((path, names))
    assert not missing
    assert seen > 150


def test_each_key_of_the_configuration_stands_in_its_page(pages):
    docs = json.loads(subprocess.run(
        [PROGRAMS / "corhub", "config", "docs", "--json"], check=True, stdout=subprocess.PIPE).stdout)
    text = plain(pages / "corhub.toml.5")
    assert len(docs["keys"]) > 30
    for key in docs["keys"]:
        assert f".TP\n{key['path']}\n" in text, key["path"]
        for fact in (key["form"], key["default"], key["range"]):
            assert fact is None or fact in text, (key["path"], fact)


def test_pages_are_sound(pages):
    every = sorted(pages.iterdir())
    assert {"corhub.1", "corhub-upstream.1", "corone-sim.1", "corhub.toml.5"} <= {page.name for page in every}
    for page in every:
        lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning", page], capture_output=True, text=True, check=False)
        assert (lint.returncode, lint.stdout + lint.stderr) == (0, "")
        groff = subprocess.run(
            ["man", "--warnings", "-l", page], capture_output=True, text=True, check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"})
        assert (groff.returncode, groff.stderr) == (0, ""), page.name


def test_a_page_with_a_mistake_is_seen(pages, tmp_path):
    broken = tmp_path / "corhub.1"
    broken.write_text((pages / "corhub.1").read_text() + ".XX unknown\n")
    assert subprocess.run(["mandoc", "-Tlint", "-Wwarning", broken], capture_output=True, check=False).returncode


def test_the_same_pages_are_made_again(pages, tmp_path):
    subprocess.run(
        [ROOT / "scripts/generate-man", "--programs", PROGRAMS, tmp_path], check=True,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"})
    assert {page.name: page.read_bytes() for page in tmp_path.iterdir()} == {
        page.name: page.read_bytes() for page in pages.iterdir()}


BASH = r"""
source "$1"
while IFS= read -r line; do
    read -ra words <<<"$line"
    COMP_WORDS=("${words[@]}" "${2-}")
    # A trailing "-" stands for a word that begins an option.
    [[ ${words[-1]} != - ]] || { unset 'COMP_WORDS[-1]'; }
    [[ ${words[-1]} == - ]] || COMP_WORDS=("${words[@]}" "")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMP_LINE="${COMP_WORDS[*]}"
    COMP_POINT=${#COMP_LINE}
    COMP_TYPE=9 COMP_KEY=9
    COMPREPLY=()
    complete=$(complete -p "${words[0]}")
    function=${complete##*-F }
    "${function%% *}" "${words[0]}" "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
    echo "$line = ${COMPREPLY[*]}"
done
"""


def questions(tool):
    """What is asked of a shell, and what it must offer at least."""
    for path, command in commands(table(tool)):
        subs = [
            sub["commandName"] for sub in command.get("subcommands", [])
            if sub.get("shouldDisplay", True) and sub["commandName"] != "help"]
        if subs:
            yield " ".join(path), subs
        names = [name for _, names in options(command) for name in names if name.startswith("--")]
        if names:
            yield " ".join(path) + " -", names


@pytest.mark.parametrize("tool", TOOLS)
def test_bash_completes_each_command_and_option(tool, scripts):
    asked = dict(questions(tool))
    result = subprocess.run(
        ["bash", "--norc", "-c", BASH, "bash", scripts / f"{tool}.bash"], input="\n".join(asked) + "\n",
        capture_output=True, text=True, check=True)
    assert result.stderr == ""
    answers = dict(line.split(" = ", 1) for line in result.stdout.splitlines())
    assert len(answers) == len(asked) > 3
    for question, wanted in asked.items():
        assert set(wanted) <= set(answers[question].split()), question


@pytest.mark.parametrize("tool", TOOLS)
def test_fish_completes_each_command(tool, scripts, tmp_path):
    """Of commands alone: fish takes a quarter of a second a question."""
    asked = {question: wanted for question, wanted in questions(tool) if not question.endswith("-")}
    lines = "".join(
        f"echo '{question} ='; complete -C '{question} ' | string split -f1 \\t\n" for question in asked)
    result = subprocess.run(
        ["fish", "--no-config", "-c", f"source {scripts / f'{tool}.fish'}\n{lines}"], capture_output=True, text=True,
        check=True, env={**os.environ, "HOME": str(tmp_path), "PATH": f"{PROGRAMS}:{os.environ['PATH']}"})
    assert result.stderr == ""
    answers, question = {}, None
    for line in result.stdout.splitlines():
        if line.endswith(" ="):
            question = line.removesuffix(" =")
            answers[question] = set()
        else:
            answers[question].add(line)
    for asked_for, wanted in asked.items():
        assert set(wanted) <= answers[asked_for], asked_for


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_takes_its_script(tool, shell, scripts):
    script = scripts / f"{tool}.{shell}"
    check = {"bash": ["bash", "-n"], "zsh": ["zsh", "-n"], "fish": ["fish", "--no-execute"]}[shell]
    result = subprocess.run([*check, script], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    if shell == "zsh":
        assert script.read_text().startswith(f"#compdef {tool}\n")


def test_a_shell_that_is_not_known_is_refused():
    result = subprocess.run(
        [PROGRAMS / "corhub", "completions", "tcsh"], capture_output=True, text=True, check=False)
    assert result.returncode == 64 and "bash" in result.stderr


def test_the_example_file_and_the_table_of_keys_in_the_docs_are_up_to_date():
    for name, form in (("packaging/corhub.toml", "toml"), ("docs/configuration.md", "markdown")):
        made = subprocess.run(
            [PROGRAMS / "corhub", "config", "docs", "--format", form], check=True, stdout=subprocess.PIPE).stdout
        assert made == (ROOT / name).read_bytes(), f"corhub config docs --format {form} > {name}"
