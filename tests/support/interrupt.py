#!/usr/bin/env python3
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
"""Starts a command in a session of its own and interrupts it at a chosen moment.

Usage: interrupt.py HOW WHEN COMMAND...
HOW   all    SIGKILL to every process of the session
      rank   SIGKILL to one process named like skyweft; the rest must end by itself
      term   SIGTERM to the process started
WHEN  SECONDS after the start, or
      lines:JOURNAL:N  when the file has N lines, or
      part:FOLDER:N    when the Nth unfinished file (*.part.*) appears below FOLDER
Exits 0 when the command was interrupted, 10 when it had ended before with 0, 1 for anything else.
"""
import os
import signal
import subprocess
import sys
import time


def session_of(leader):
    members = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as f:
                text = f.read()
        except OSError:
            continue
        command = text[text.index("(") + 1 : text.rindex(")")]
        state, _, _, session = text[text.rindex(")") + 2 :].split()[:4]
        if int(session) == leader and state != "Z":
            members.append((int(name), command))
    return members


def kill(pid, how):
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        pass


def n_lines(path):
    try:
        with open(path, "rb") as f:
            return f.read().count(b"\n")
    except FileNotFoundError:
        return 0


def moment(text):
    """A function that says whether the moment has come."""
    if text.startswith("lines:"):
        _, path, n = text.split(":")
        return lambda: n_lines(path) >= int(n)
    if text.startswith("part:"):
        _, folder, n = text.split(":")
        seen = set()

        def come():
            for place, _, names in os.walk(folder):
                seen.update(os.path.join(place, x) for x in names if ".part." in x)
            return len(seen) >= int(n)

        return come
    end = time.monotonic() + float(text)
    return lambda: time.monotonic() >= end


def main():
    how, when, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    child = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    come = moment(when)
    while not come():
        if child.poll() is not None:
            return 10 if child.returncode == 0 else 1
    if how == "all":
        while members := session_of(child.pid):
            for pid, _ in members:
                kill(pid, signal.SIGKILL)
            child.poll()
        return 0
    if how == "term":
        kill(child.pid, signal.SIGTERM)
    else:
        ranks = [pid for pid, command in session_of(child.pid) if command.startswith("skyweft")]
        if not ranks:
            return 1
        kill(max(ranks), signal.SIGKILL)
    try:
        child.wait(timeout=30)
    except subprocess.TimeoutExpired:
        print("the command went on for 30 s after it was interrupted", file=sys.stderr)
        for pid, _ in session_of(child.pid):
            kill(pid, signal.SIGKILL)
        return 1
    return 10 if child.returncode == 0 else 0


sys.exit(main())
