"""The exact values of the accepted cells in cells.json, by Python's csv, json, decimal and datetime.

    python3 test/core/contract/cells/values.py

writes values.json (with --check it compares): for each type a list beside the cells, null where a cell is no value. Integers and floats are text
(floats as their 64 bits, hexadecimal), times are microseconds since 1970 in UTC. Whether a cell is accepted was
written by hand; this says only what of.
"""

import csv
import io
import json
import struct
import sys
from datetime import datetime, timedelta, timezone
from decimal import Decimal, getcontext
from pathlib import Path

HERE = Path(__file__).parent
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
getcontext().prec = 60


def text_of(cell, value):
    """What a cell says, without its quotes."""
    if cell is None:
        value = json.loads(value)
        return value if isinstance(value, str) else json.dumps(value)
    ((text, _),) = csv.reader(io.StringIO(cell + ",x", newline=""), strict=True)
    return text


def integer(text):
    number = Decimal(text.strip())
    assert number == number.to_integral_value()
    return str(int(number))


def float64(text):
    return struct.pack(">d", float(Decimal(text.strip()))).hex()


def boolean(text):
    word = text.strip().lower()
    return word == "true" or (word != "false" and {0: False, 1: True}[int(Decimal(word))])


def time(text):
    at = text.strip().upper().replace("Z", "+00:00")
    if len(at) > 5 and at[-3] in "+-":
        at += ":00"
    if at[-5] in "+-":
        at = f"{at[:-2]}:{at[-2:]}"
    head, zone = at[:-6], at[-6:]
    seconds, _, fraction = head.partition(".")
    moment = datetime.fromisoformat(seconds + zone) + timedelta(microseconds=int(f"{fraction:0<6}"[:6]))
    assert not fraction[6:].strip("0")
    return str((moment - EPOCH) // timedelta(microseconds=1))


READ = {"integer": integer, "float": float64, "boolean": boolean, "string": str, "time": time}


def main():
    cells = json.loads((HERE / "cells.json").read_text("utf-8"))
    values = {
        kind: [READ[kind](text_of(cell, value)) if verdict == "value" else None for cell, value, verdict in rows]
        for kind, rows in cells.items()
    }
    target = HERE / "values.json"
    if "--check" in sys.argv:
        assert json.loads(target.read_text("utf-8")) == values, "values.json is not what Python finds"
    else:
        target.write_text(json.dumps(values, ensure_ascii=False, indent=2) + "\n", "utf-8")


main()
