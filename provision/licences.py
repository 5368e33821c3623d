#!/usr/bin/env python3
"""Judges the licences of third crates, as `cargo metadata` gives them on standard input, and of the
browser side's packages, as its lock file names them.

A line for each breach on standard output; a failure when there is one, or when there was nothing to
judge. The reading of licence expressions is tried on examples before it is believed."""

import json
import re
import sys

# Permissive licences that our crates need. MPL-2.0 (file-level) is serialport's and option-ext's;
# `blessing` and WTFPL are the two that SQLCipher's own parts carry beside MIT and BSD.
ALLOWED = {
    "MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "0BSD", "Unicode-3.0",
    "MPL-2.0", "blessing", "WTFPL",
}
# Crates that declare none; their repository's LICENSE file is the MIT text.
DECLARED = {"zeroconf", "zeroconf-macros", "avahi-sys", "bonjour-sys"}
# Beside these, of packages that reach the browser: the font's own licence. Tools that only build or
# test may carry what does not reach anybody.
ALLOWED_SHIPPED = {"OFL-1.1"}
ALLOWED_TOOLS = {"OFL-1.1", "Python-2.0", "CC0-1.0"}
PACKAGES = "src/web/ui/package-lock.json"
PACKAGES_MIN = 50
# Fewer third crates than this were never ours: then something else was looked at.
CRATES_MIN = 100


def allowed(expression, further=frozenset()):
    """Whether an SPDX expression holds: one branch of an OR, every part of an AND. An exception
    (`WITH`) only ever permits more. The old `/` means OR."""
    words = re.findall(r"[()]|[^\s()/]+|/", expression)
    at = 0

    def peek():
        return words[at] if at < len(words) else None

    def take():
        nonlocal at
        at += 1
        return words[at - 1]

    def one():
        if peek() == "(":
            take()
            holds = either()
            if peek() != ")":
                raise ValueError(expression)
            take()
        else:
            if peek() is None:
                raise ValueError(expression)
            licence = take()
            holds = licence in ALLOWED or licence in further
        if peek() == "WITH":
            take()
            take()
        return holds

    def every():
        holds = one()
        while peek() == "AND":
            take()
            holds = one() and holds
        return holds

    def either():
        holds = every()
        while peek() in ("OR", "/"):
            take()
            holds = every() or holds
        return holds

    holds = either()
    if at != len(words):
        raise ValueError(expression)
    return holds


def try_on_examples():
    for expression, expected in {
        "MIT": True,
        "GPL-3.0-only": False,
        "MIT/Apache-2.0": True,
        "MIT OR GPL-3.0-only": True,
        "MIT AND GPL-3.0-only": False,
        "(MIT OR Apache-2.0) AND GPL-3.0-only": False,
        "(MIT OR Apache-2.0) AND Unicode-3.0": True,
        "GPL-2.0-only OR (MIT AND ISC)": True,
        "Apache-2.0 WITH LLVM-exception OR GPL-2.0-only": True,
        "MIT OR Apache-2.0 OR LGPL-2.1-or-later": True,
        "LGPL-2.1-or-later": False,
    }.items():
        if allowed(expression) != expected:
            sys.exit(f"{expression!r} is judged wrongly")


def packages():
    """What is wrong with the browser side's packages."""
    with open(PACKAGES, encoding="utf-8") as file:
        listed = {name: one for name, one in json.load(file)["packages"].items() if name}
    wrong = []
    if len(listed) < PACKAGES_MIN:
        wrong.append(f"only {len(listed)} packages of the browser side were seen")
    for name, one in listed.items():
        further = ALLOWED_TOOLS if one.get("dev") or one.get("optional") else ALLOWED_SHIPPED
        try:
            if not allowed(one.get("license", ""), further):
                wrong.append(f"{name} has the licence {one.get('license')}")
        except ValueError:
            wrong.append(f"{name} has a licence that cannot be read: {one.get('license')}")
    return wrong


def main():
    try_on_examples()
    crates = [package for package in json.load(sys.stdin)["packages"] if package["source"]]
    breaches = []
    if len(crates) < CRATES_MIN:
        breaches.append(f"only {len(crates)} third crates were seen, expected {CRATES_MIN} at least")
    for crate in crates:
        name, licence = crate["name"], crate["license"]
        if name in DECLARED:
            continue
        if not licence:
            breaches.append(f"{name} declares no licence")
            continue
        try:
            if not allowed(licence):
                breaches.append(f"{name} has the licence {licence}")
        except ValueError:
            breaches.append(f"{name} has a licence that cannot be read: {licence}")
    breaches += packages()
    print("\n".join(sorted(set(breaches))), end="\n" if breaches else "")
    sys.exit(1 if breaches else 0)


main()
