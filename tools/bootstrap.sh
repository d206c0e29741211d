#!/bin/sh
# Installs what the build needs and the machine lacks: Debian packages, Arrow C++ (the pyarrow wheel, in .venv), what tests compare with, and a CUDA compiler
# (NVIDIA's wheels, in .cuda) where no toolkit is found. Says nothing and takes no time when nothing is missing.
#
#   tools/bootstrap.sh [--lint] [--fuzz]       --lint: clang-format and clang-tidy too; --fuzz: clang and its fuzzer
#   TICKGRAPH_CUDA=0 tools/bootstrap.sh        no CUDA compiler: the CPU engine alone
set -eu
cd "$(dirname "$0")/.."

packages="g++ cmake ninja-build pkg-config python3-venv
  dpdk-dev libdpdk-dev librte-net-pcap23 librte-net-af-packet23 librte-net-af-xdp23 librte-gpudev23 librte-net-ring23 librte-net-null23 librte-mempool-ring23 libpcap-dev iproute2
  zlib1g-dev liblzma-dev libzstd-dev
  libabsl-dev libmimalloc-dev libconcurrentqueue-dev
  libcli11-dev libtomlplusplus-dev nlohmann-json3-dev libsimdjson-dev prometheus-cpp-dev
  libclang-rt-19-dev libgtest-dev libgmock-dev libbenchmark-dev valgrind"
arrow_wheels="pyarrow==26.0.1"
test_wheels="hdrhistogram==0.10.8"  # independent implementations that tests compare with, which skip where they are absent
cuda_wheels="nvidia-cuda-nvcc==13.0.88 nvidia-cuda-runtime==13.0.96 nvidia-cuda-crt==13.0.88 nvidia-nvvm==13.0.88 nvidia-cuda-cccl==13.0.85"

for argument; do
  case $argument in
    --lint) packages="$packages clang-format clang-tidy" ;;
    --fuzz) packages="$packages clang libclang-rt-14-dev" ;;
    *) echo "bootstrap: unknown argument '$argument'; there are --lint and --fuzz" >&2; exit 2 ;;
  esac
done

fail() { echo "bootstrap: $*" >&2; exit 1; }

# Runs a command whose output matters only when it fails.
quietly() {
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then
    tail -n 25 "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_packages() {
  command -v dpkg-query >/dev/null || fail "this is not a Debian system; install by hand what provides: $packages"
  # shellcheck disable=SC2086
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $packages 2>/dev/null | sed -n 's/ installed$//p')
  missing=""
  for package in $packages; do
    case "
$installed
" in *"
$package
"*) ;; *) missing="$missing $package" ;; esac
  done
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
    fail "missing Debian packages, and no right to install them. As root: apt-get install --no-install-recommends$missing"
  fi
  echo "bootstrap: installing Debian packages:$missing" >&2
  quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update || fail "apt-get update failed"
  # shellcheck disable=SC2086
  quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $missing ||
    fail "apt-get install failed for:$missing"
}

# A folder is whole when its stamp holds the list that it was made from, so a cut installation is done again.
is_whole() { [ "$(cat "$1/.requirements" 2>/dev/null)" = "$2" ]; }

install_arrow() {
  is_whole .venv "$arrow_wheels" && return 0
  echo "bootstrap: installing $arrow_wheels in .venv" >&2
  rm -rf .venv
  quietly /usr/bin/python3 -m venv .venv || fail "could not make .venv"
  quietly .venv/bin/pip install -q --only-binary :all: "$arrow_wheels" || fail "pip could not install $arrow_wheels"
  echo "$arrow_wheels" >.venv/.requirements
}

install_test_wheels() {
  [ "$(cat .venv/.test_requirements 2>/dev/null)" = "$test_wheels" ] && return 0
  echo "bootstrap: installing $test_wheels in .venv" >&2
  # shellcheck disable=SC2086
  if quietly .venv/bin/pip install -q --only-binary :all: $test_wheels; then
    echo "$test_wheels" >.venv/.test_requirements
  else
    echo "bootstrap: pip could not install them; the tests that need them are skipped" >&2
  fi
}

install_cuda() {
  [ "${TICKGRAPH_CUDA:-1}" != 0 ] || return 0
  if command -v nvcc >/dev/null || [ -x /usr/local/cuda/bin/nvcc ] || is_whole .cuda "$cuda_wheels"; then return 0; fi
  echo "bootstrap: no CUDA toolkit found: installing NVIDIA's compiler wheels (13.0) in .cuda" >&2
  rm -rf .cuda
  # The build goes on without: the CPU engine gives the same results.
  # shellcheck disable=SC2086
  if quietly .venv/bin/pip install -q --no-deps --only-binary :all: --target .cuda/wheels $cuda_wheels; then
    for folder in bin include lib nvvm; do ln -s "wheels/nvidia/cu13/$folder" ".cuda/$folder"; done
    echo "$cuda_wheels" >.cuda/.requirements
  else
    rm -rf .cuda
    echo "bootstrap: pip could not install them; the CUDA engine is left out" >&2
  fi
}

install_packages
install_arrow
install_test_wheels
install_cuda
