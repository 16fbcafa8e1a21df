#!/usr/bin/env python3
"""Holds the libraries that every start of the program loads to a short list: each costs every verb its time.

What few verbs need is a library of its own that they load (host/installation/library_on_demand.hpp).
Usage: start_libraries_test.py PROGRAM LIBRARY_ON_DEMAND
"""

import re
import subprocess
import sys

# Names up to ".so". Each loads none but these. A sanitized program has the sanitizers' too.
KNOWN = {"linux-vdso", "ld-linux-x86-64", "ld-linux-aarch64", "libc", "libm", "libgcc_s", "libstdc++", "libdl",
         "libpthread", "libboost_program_options", "libcrypto", "libfmt", "libtomlplusplus",
         "libutf8proc", "libasan", "libubsan"}


def libraries_of(path):
    """Names up to ".so" of all libraries that are loaded with it."""
    lines = subprocess.run(["ldd", path], check=True, capture_output=True, text=True).stdout.splitlines()
    return {re.match(r"\s*(?:\S*/)?(\S+?)\.so", line)[1] for line in lines}


def main():
    program, on_demand = sys.argv[1:]
    assert "libarchive" in libraries_of(on_demand) - KNOWN, "the test sees nothing"
    loaded = libraries_of(program)
    assert "libstdc++" in loaded, loaded
    others = sorted(loaded - KNOWN)
    if others:
        sys.exit(f"every start loads {', '.join(others)}: make a library on demand of what links it")


if __name__ == "__main__":
    main()
