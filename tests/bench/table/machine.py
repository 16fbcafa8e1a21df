"""What a table's reader must know about the machine: nothing that names it, only what the figures depend on."""
import os
import platform
import re

from workplace import ROOT


def first_line(path, start):
    with open(path, encoding="utf-8") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith(start)), "")


def libtorch():
    for file in ROOT.glob(".venv/lib/python*/site-packages/torch/version.py"):
        found = re.search(r"__version__ = '(.+)'", file.read_text(encoding="utf-8"))
        if found:
            return found.group(1)
    return "of the build"


def describe(threads):
    flags = first_line("/proc/cpuinfo", "flags").split()
    memory = int(first_line("/proc/meminfo", "MemTotal").split()[0]) / (1 << 20)
    formats = [name for name in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if name in flags]
    return {
        "processor": f"{first_line('/proc/cpuinfo', 'model name')} family {first_line('/proc/cpuinfo', 'cpu family')} "
                     f"model {first_line('/proc/cpuinfo', 'model' + chr(9))} ({', '.join(formats)})",
        "cores": f"{os.cpu_count()} cores, {threads} compute threads",
        "memory": f"{memory:.0f} GiB",
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
        "libtorch": f"LibTorch {libtorch()}",
    }
