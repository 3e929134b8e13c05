# Shared by the scripts in this folder: saying things, installing packages, building. Sourced, not run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# missing_packages LIST: the packages of scripts/LIST that are not installed, one a line.
missing_packages() {
  sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$root/scripts/$1" | while read -r package; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || echo "$package"
  done
}

# install_packages [LIST]: those of scripts/packages.txt, or of another list in that folder.
install_packages() {
  local list=${1:-packages.txt} missing log
  command -v dpkg-query >/dev/null || die "this needs Debian 12 (no dpkg here); install what scripts/$list lists by hand"
  missing=$(missing_packages "$list")
  if [ -z "$missing" ]; then
    say "Packages: all of scripts/$list are installed"
    return
  fi
  say "Installing $(wc -w <<<"$missing") packages: $(tr '\n' ' ' <<<"$missing")"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "packages are missing and there is no sudo: run as root, once, apt-get install $(tr '\n' ' ' <<<"$missing")"
    sudo -n true 2>/dev/null || [ -t 0 ] || die "packages are missing and sudo wants a password: run as root, once, apt-get install $(tr '\n' ' ' <<<"$missing")"
    as_root=(sudo)
  fi
  log=$(mktemp)
  # shellcheck disable=SC2086
  if ! { "${as_root[@]}" apt-get update -q && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
         apt-get install -q -y --no-install-recommends $missing; } >"$log" 2>&1 </dev/null; then
    tail -n 15 "$log" >&2
    die "the packages could not be installed: is the network there? The whole output is in $log"
  fi
  rm -f "$log"
}

# find_promtool: puts promtool into PATH. Debian has it in the package prometheus, whose daemon nobody needs here and would start: the one
# program is taken out of the package, to build/tools, without root. Without it the tests that use it are skipped.
find_promtool() {
  local tools=$root/build/tools
  PATH=$tools:$PATH
  export PATH
  ! command -v promtool >/dev/null || return 0
  say "Fetching promtool, for the tests of the alert rules"
  mkdir -p "$tools"
  # Chained: in a condition -e does not count. apt's lists say where the package is, and its hash.
  if ! (
    cd "$tools" && rm -f prometheus_*.deb &&
      { apt-get -q download prometheus || { [ "$(id -u)" -eq 0 ] && apt-get -q update && apt-get -q download prometheus; }; } &&
      dpkg-deb --fsys-tarfile prometheus_*.deb | tar -xO ./usr/bin/promtool >promtool.new &&
      rm prometheus_*.deb && chmod 755 promtool.new && ./promtool.new --version && mv promtool.new promtool
  ) >"$tools/log" 2>&1; then
    say "It could not be had (why: $tools/log): the tests of the alert rules will be skipped"
  fi
}

# build PRESET [TARGET…]: configures and builds, quiet unless something is wrong.
build() {
  local preset=$1 started=$SECONDS log
  shift
  say "Building preset '$preset' in build/$preset (a first build takes minutes, a second seconds)"
  mkdir -p "$root/build"
  log="$root/build/$preset.log"
  (cd "$root" && cmake --preset "$preset") >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "cmake failed; the whole output is in $log"; }
  if [ -t 1 ]; then
    (cd "$root" && cmake --build --preset "$preset" ${1:+--target "$@"}) || die "the build failed"
  else
    (cd "$root" && cmake --build --preset "$preset" ${1:+--target "$@"}) >>"$log" 2>&1 ||
      { tail -n 40 "$log" >&2; die "the build failed; the whole output is in $log"; }
  fi
  say "Built '$preset' in $((SECONDS - started)) s"
}
