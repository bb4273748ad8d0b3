# shellcheck shell=bash disable=SC2034
# Sourced by the scripts of this folder: where things are, and how phases are shown.
set -euo pipefail
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
llvm=/usr/lib/llvm-22/bin

# Programs colour what they print only for a person at a terminal.
if [[ -n ${CI:-} || ! -t 1 ]]; then
  export NO_COLOR=1 CLICOLOR=0 TERM=dumb
fi

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# The comment at the head of a script is its help.
if [[ ${1:-} == --help || ${1:-} == -h ]]; then
  sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
  exit 0
fi

# accept WORD... -- ARGUMENT...: ends the script with 2 where an argument is none of the words.
accept() {
  local words=()
  while [[ $1 != -- ]]; do
    words+=("$1")
    shift
  done
  shift
  local argument
  for argument in "$@"; do
    [[ " ${words[*]} " == *" $argument "* ]] || {
      echo "${0##*/}: unknown argument '$argument'; see --help" >&2
      exit 2
    }
  done
}

# phase NAME COMMAND...: runs it, then says how long it took. Returns its status.
phase() {
  local name=$1 start=$SECONDS status=0
  shift
  echo "== $name"
  "$@" || status=$?
  if ((status == 0)); then
    echo "== $name: done in $((SECONDS - start)) s"
  else
    echo "== $name: FAILED after $((SECONDS - start)) s"
  fi
  return "$status"
}

# configure PRESET: once; ninja does it again by itself when a CMakeLists changed.
configure() {
  local folder=build
  [[ $1 == default ]] || folder=build-$1
  [[ -f $folder/build.ninja ]] || cmake --preset "$1"
}

# As many compilers at once as there are cores, but no more than memory holds:
# a file that includes MLIR takes up to 1.5 GB.
jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable:/ { print int($2 / 1500000) }' /proc/meminfo)
  ((memory < 1)) && memory=1
  echo $((cores < memory ? cores : memory))
}
