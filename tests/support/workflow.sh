# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# Sourced by the tests that use the program as a person would. The test was called as
# `NAME_test.sh SKYWEFT SOURCE_DIR`; afterwards $skyweft and $source name both and the working
# directory is a new folder below the one the test was started in.
set -uo pipefail
skyweft=$(readlink -f "$1")
source=$(readlink -f "$2")
support=$source/tests/support
. "$source/tools/environment"
export OMPI_MCA_mpi_yield_when_idle=1 NO_COLOR=1 LC_ALL=C HDF5_USE_FILE_LOCKING=FALSE
work=$PWD/$(basename "$0" .sh).work
[ ! -d "$work" ] || chmod -R u+w "$work"
rm -rf "$work"
mkdir "$work" && cd "$work" || exit 1

# Prints a sentence and what the last command said, and ends the test as failed.
fail() {
  echo "FAILED: $*" >&2
  [ ! -s "$work/err" ] || sed 's/^/    stderr: /' "$work/err" | tail -n 20 >&2
  exit 1
}

skip() {
  echo "skipped: $*"
  exit 77
}

# Runs a command; its exit code must be CODE. Leaves what it said in $work/out and $work/err.
expect_exit() {
  local code=$1 got=0
  shift
  "$@" >"$work/out" 2>"$work/err" || got=$?
  [ "$got" -eq "$code" ] || fail "exit code $got instead of $code: $*"
}

# The file FILE (default: what the last command printed) must have a line that matches REGEX.
expect_line() {
  grep -Eq -- "$1" "${2:-$work/out}" || {
    sed 's/^/    have: /' "${2:-$work/out}" | head -n 20 >&2
    fail "no line matches '$1' in ${2:-what was printed}"
  }
}

# Runs skyweft on N ranks; N = 1 needs no mpirun.
skyweft_on() {
  local ranks=$1
  shift
  if [ "$ranks" -eq 1 ]; then "$skyweft" "$@"; else mpirun -n "$ranks" "$skyweft" "$@"; fi
}

# Makes the folder NAME with a small night; more arguments are KEY=VALUE of the section [simulate].
simulate_night() {
  local name=$1 sets=() set
  shift
  for set in nx=256 ny=256 n_stars=150 n_frames=16 n_bias=5 n_dark=5 n_flat=5 "$@"; do
    sets+=(--set "simulate.$set")
  done
  expect_exit 0 "$skyweft" simulate -o "$name" "${sets[@]}"
}

# The products of a run, one name a line: all but the run's own diary.
science_of() {
  (cd "$1" && find . -type f ! -name run.log ! -name summary.json ! -name journal ! -name config.toml | sort)
}

# Both archives must hold the same products with the same bytes. The files carry no time stamps, so
# NaN, the sign of zero and every attribute are compared as well.
same_science() {
  local a=$1 b=$2 file kind n=0
  diff <(science_of "$a") <(science_of "$b") >&2 || fail "$a and $b hold different files"
  for kind in masters/ segments/ lightcurves/raw- lightcurves/magfit- lightcurves/epd- lightcurves/tfa- \
    lightcurves/all.h5 frames.h5 stars.h5 catalog/stars.fits; do
    science_of "$a" | grep -q "^./$kind" || fail "$a has no $kind to compare"
  done
  while read -r file; do
    [ -s "$a/$file" ] || fail "$a/$file is empty"
    cmp "$a/$file" "$b/$file" >&2 || {
      case $file in *.h5) h5diff -r "$a/$file" "$b/$file" 2>&1 | head -n 20 >&2 ;; esac
      fail "$a/$file and $b/$file differ"
    }
    n=$((n + 1))
  done < <(science_of "$a")
  [ "$n" -ge 10 ] || fail "only $n files compared"
}

# Nothing half-written may be left below FOLDER.
no_parts() {
  local left
  left=$(find "$1" -name '*.part.*')
  [ -z "$left" ] || fail "unfinished files are left: $left"
}

# The column NAME of the CSV file FILE, one value a line.
csv_column() {
  python3 -c 'import csv, sys
for row in csv.DictReader(open(sys.argv[2], newline="")): print(row[sys.argv[1]])' "$1" "$2"
}

for tool in h5diff python3 mpirun; do
  command -v $tool >/dev/null || skip "$tool is not installed (tools/setup names its package)"
done
