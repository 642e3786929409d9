#!/usr/bin/env python3
"""Prints as JSON what PyYAML reads on standard input; members in the order of their names."""

import json
import sys

import yaml

print(json.dumps(yaml.safe_load(sys.stdin), sort_keys=True))
