#!/usr/bin/env python3
"""Judges CBOR messages by the CDDL in firmware-specs/cddl, with pycddl.

usage: judge_cddl.py vectors              every vector of firmware-specs/vectors, valid and invalid
       judge_cddl.py messages FOLDER      every FOLDER/<rule>.<anything>.cbor has to be valid by its rule

pycddl judges leaves and the keys of maps. Its arrays do not refuse every element and every count that they should, and its
choices of maps leak keys; so the judge takes composite types apart by itself.

Prints one line a failure and a count; exits 0 if there was none, else 1.
"""

import functools
import io
import json
import pathlib
import re
import sys

import cbor2
import pycddl

SPECS = pathlib.Path(__file__).resolve().parents[2] / "firmware-specs"
DEPTH_MAX = 32


class Refused(Exception):
    """The message is not what the rule says."""


def read_rules():
    """Rule names and their types as text, from all CDDL files."""
    rules = {}
    for path in sorted((SPECS / "cddl").glob("*.cddl")):
        text = re.sub(r";.*", "", path.read_text())
        for name, body in re.findall(r"^([a-z][a-z0-9-]*) =\s*(.*?)(?=^[a-z]|\Z)", text, re.M | re.S):
            if name in rules:
                sys.exit(f"{path.name}: {name} is defined twice")
            rules[name] = body.strip()
    return rules


RULES = read_rules()


@functools.lru_cache(maxsize=None)
def schema(body):
    # RFC 8610 anchors a regexp at both ends; pycddl does not.
    body = re.sub(r'\.regexp "([^"]*)"', r'.regexp "^(\1)$"', body)
    return pycddl.Schema(f"root = {body}\n")


def pycddl_accepts(body, value):
    try:
        schema(body).validate_cbor(cbor2.dumps(value))
    except pycddl.ValidationError as error:
        raise Refused(f"{value!r:.60} is not {body}") from error


def split(text, separator):
    """Splits at separators that no bracket and no quotation mark encloses."""
    parts, depth, quoted, part = [], 0, False, ""
    for character in text:
        quoted ^= character == '"'
        if not quoted:
            depth += (character in "([{") - (character in ")]}")
        if character in separator and depth == 0 and not quoted:
            parts.append(part.strip())
            part = ""
        else:
            part += character
    return [part for part in [*parts, part.strip()] if part]


@functools.lru_cache(maxsize=None)
def alternatives(body):
    return split(body, "/")


@functools.lru_cache(maxsize=None)
def entries(body):
    """Of {…} or [ a: …, b: … ]: (key, type, is optional)."""
    result = []
    for line in split(body[1:-1], ",\n"):
        match = re.fullmatch(r'(\? )?("[^"]+"|-?[a-z0-9-]+): (.+)', line, re.S)
        if not match:
            sys.exit(f"the judge cannot read the CDDL entry {line!r}")
        result.append((match[2], match[3], bool(match[1])))
    return result


def judge(body, value, depth=0):
    """Raises Refused unless `value` is of the type `body`."""
    if depth > DEPTH_MAX:
        raise Refused("too deep")
    choices = alternatives(body)
    if len(choices) > 1:
        failures = []
        for choice in choices:
            try:
                return judge(choice, value, depth + 1)
            except Refused as failure:
                failures.append(str(failure))
        raise Refused(" / ".join(failures))
    if body in RULES:
        try:
            return judge(RULES[body], value, depth + 1)
        except Refused as failure:
            raise Refused(f"{body}: {failure}") from failure
    if match := re.fullmatch(r"#6\.(\d+)\((.*)\)", body, re.S):
        if not isinstance(value, cbor2.CBORTag) or value.tag != int(match[1]):
            raise Refused(f"tag {match[1]} is missing")
        return judge(match[2].strip(), value.value, depth + 1)
    if match := re.fullmatch(r"bstr \.cbor ([a-z0-9-]+)", body):
        pycddl_accepts("bstr", value)
        return judge(match[1], decode(value), depth + 1)
    if body.startswith("{"):
        return judge_map(entries(body), value, depth)
    if match := re.fullmatch(r"\[ (\d+)\*(\d+) (.+) \]", body):
        return judge_array([match[3]] * len(value) if isinstance(value, list) else [], value, depth, match[1], match[2])
    if body.startswith("["):
        kinds = [kind for _, kind, _ in entries(body)]
        return judge_array(kinds, value, depth, len(kinds), len(kinds))
    # pycddl counts the size of either kind of string, whichever the rule names.
    if match := re.match(r"([bt]str) \.", body):
        pycddl_accepts(match[1], value)
    return pycddl_accepts(body, value)


def judge_array(kinds, value, depth, count_min, count_max):
    if not isinstance(value, list) or not int(count_min) <= len(value) <= int(count_max):
        raise Refused(f"not an array of {count_min} to {count_max} elements")
    for kind, element in zip(kinds, value):
        judge(kind, element, depth + 1)


def judge_map(fields, value, depth):
    shape = "\n".join(("? " if optional else "") + f"{key}: any" for key, _, optional in fields)
    pycddl_accepts("{\n" + shape + "\n}", value)
    if unknown := set(value) - {json.loads(key) for key, _, _ in fields}:
        raise Refused(f"unknown keys {unknown}")
    for key, kind, _ in fields:
        name = json.loads(key)
        if name in value:
            try:
                judge(kind, value[name], depth + 1)
            except Refused as failure:
                raise Refused(f"{key}: {failure}") from failure


def decode(data):
    """One item and nothing behind it."""
    try:
        stream = io.BytesIO(data)
        value = cbor2.load(stream)
    except (cbor2.CBORError, ValueError, TypeError) as error:
        raise Refused(f"not CBOR: {error}") from error
    if stream.read(1):
        raise Refused("bytes follow the message")
    return value


def judge_bytes(rule, data):
    """None, or why the message is refused."""
    if rule not in RULES:
        return f"there is no rule {rule}"
    try:
        judge(rule, decode(data))
    except Refused as failure:
        return str(failure)
    return None


def judge_vectors():
    for index in sorted((SPECS / "vectors").glob("*/index.json")):
        for vector in json.loads(index.read_text())["vectors"]:
            if "rule" not in vector:
                continue  # A document in JSON: scripts/generate-vectors judges it by its schema.
            data = bytes.fromhex((index.parent / vector["file"]).read_text())
            refusal = judge_bytes(vector["rule"], data)
            expected = vector["cddl"] == "accepts"
            yield f"{index.parent.name}/{vector['file']}", None if (refusal is None) == expected else (
                refusal or "accepted, although the CDDL should refuse it")


def judge_messages(folder):
    for path in sorted(pathlib.Path(folder).glob("*.cbor")):
        yield path.name, judge_bytes(path.name.split(".")[0], path.read_bytes())


def main():
    match sys.argv[1:]:
        case ["vectors"]:
            verdicts = judge_vectors()
        case ["messages", folder]:
            verdicts = judge_messages(folder)
        case _:
            sys.exit(__doc__)
    count = failure_count = 0
    for name, failure in verdicts:
        count += 1
        if failure:
            failure_count += 1
            print(f"{name}: {failure}")
    print(f"{count} messages judged, {failure_count} wrong")
    sys.exit(1 if failure_count or not count else 0)


if __name__ == "__main__":
    main()
