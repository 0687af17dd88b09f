#!/usr/bin/env python3
"""Stands in for boltgram-node: it reads the same command line, and does what the file `plan` says, a line for each start.

Its last line is for all later starts. What it does is noted in `notes`.

  ready   is ready, and ends in order
  exit N  makes its files, and ends with this status
  deaf    is ready; told to end, it goes on until there is a file `go`
  noise   writes what no program should, then is ready
"""

import fcntl
import os
import signal
import sys
import threading
import time
from pathlib import Path


def note(text):
    with open("notes", "a") as notes:
        notes.write(text + "\n")


def end(why):
    note(f"told by {why}")
    while step == "deaf" and not Path("go").exists() and Path("plan").exists():
        time.sleep(0.02)
    note(f"end {os.getpid()}")
    os._exit(0)


def await_stdin():
    os.read(0, 1)
    end("stdin")


def write(stream, octets):
    os.write(stream, octets)


note(f"start {os.getpid()} " + " ".join(sys.argv[1:]))
starts = Path("notes").read_text().count("start ")
plan = Path("plan").read_text().splitlines()
step = plan[min(starts, len(plan)) - 1]
data = Path(next(word[7:] for word in sys.argv if word.startswith("--data=")))

if step == "exit 2":
    write(2, b"error: unexpected argument\n\nUsage: boltgram-node\n")
    sys.exit(2)

data.mkdir(mode=0o700, exist_ok=True)
lock = open(data / "node.lock", "w")
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    write(2, f"ERROR boltgram_node: another boltgram-node runs on {data}\n".encode())
    sys.exit(1)
if not (data / "tls.cert").exists():
    (data / "tls.cert").write_text("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")
    (data / "boltgram.macaroon").write_bytes(b"macaroon")
    (data / "boltgram.macaroon").chmod(0o600)

if step.startswith("exit "):
    write(2, b"ERROR boltgram_node: no chain source\n")
    sys.exit(int(step[5:]))

signal.signal(signal.SIGTERM, lambda *_: end("SIGTERM"))
if step == "noise":
    for stream in (1, 2):
        write(stream, b"\x00\xff\x1b[2J" + b"x" * 100_000 + b"\nready\n\n")
write(2, b"2026-11-30T12:00:00.000000Z  INFO boltgram_node::chain: following the chain\n")
write(2, b"2026-11-30T12:00:00.000000Z DEBUG boltgram_node::chain: unheard\n")
write(2, b"2026-11-30T12:00:00.000000Z  WARN ldk_node::wallet: few coins\n")
write(1, b"ready https://127.0.0.1:8089\n")
threading.Thread(target=await_stdin, daemon=True).start()
while True:
    signal.pause()
