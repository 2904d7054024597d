#!/bin/sh
# Installs Vitrine into .venv: `install.sh run` what serving needs, `install.sh dev` the tests' tools as well.
#
# Twice is cheap: a stamp holds what was installed, and while pyproject.toml and constraints.txt have not changed
# since, nothing is done. PYTHON names the interpreter to use. TORCH_INDEX names the package index that torch comes
# from; set and empty means "as pip is set up here", whatever that downloads.
set -eu
cd "$(dirname "$0")/.."

kind=${1:-run}
torch_cpu_index=https://download.pytorch.org/whl/cpu
venv_python=.venv/bin/python
stamp=.venv/.installed-$kind

fail() {
    echo "vitrine: $*" >&2
    exit 1
}

# Starting each candidate is the only honest question: a version manager's shim exists and still cannot run.
find_python() {
    for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
    found=$("${PYTHON:-python3}" -c 'import platform; print("Python " + platform.python_version())' 2>/dev/null || echo "none")
    fail "Python 3.11 or newer is needed and ${PYTHON:-python3} is $found. Install one, or name it: make run PYTHON=/path/to/python3.11"
}

fingerprint() {
    { pwd; echo "${TORCH_INDEX-}"; cat pyproject.toml constraints.txt; } | cksum
}

make_venv() {
    if [ -x $venv_python ] && $venv_python -c 'import pip' 2>/dev/null; then return; fi
    python=$(find_python)
    echo "Making a virtual environment in .venv with $("$python" --version)"
    "$python" -m venv --clear .venv >/dev/null 2>&1 ||
        fail "$python cannot make a virtual environment here: its venv module is missing (Debian: apt-get install python3-venv) or this folder is read-only."
    # Older pips download whole wheels to answer the dry run below.
    $venv_python -m pip install -qq --disable-pip-version-check 'pip>=23.2'
}

has_gpu() {
    [ -e /proc/driver/nvidia/version ] || command -v nvidia-smi >/dev/null 2>&1
}

# The version of torch that pip would take with these arguments, asked by a dry run; empty when it finds none.
torch_version() {
    $venv_python -m pip install -qq --disable-pip-version-check --dry-run --ignore-installed --no-deps \
        --report - -c constraints.txt "$@" torch 2>/dev/null |
        $venv_python -c 'import json, sys; print(json.load(sys.stdin)["install"][0]["metadata"]["version"])' 2>/dev/null || true
}

# Prints pip's extra arguments. The general index's torch for Linux is the CUDA build: nobody should get gigabytes of
# it by surprise on a machine without a GPU.
torch_arguments() {
    if [ -n "${TORCH_INDEX-}" ]; then
        echo "--extra-index-url $TORCH_INDEX"
        return
    fi
    if [ -n "${TORCH_INDEX+given}" ] || [ "$(uname -s)" != Linux ] || has_gpu; then return; fi
    case $(torch_version) in *+cpu) return ;; esac
    case $(torch_version --timeout 5 --retries 0 --extra-index-url $torch_cpu_index) in
        *+cpu) echo "--extra-index-url $torch_cpu_index" ;;
        *) fail "this machine has no NVIDIA GPU and $torch_cpu_index, which has torch without CUDA, cannot be reached (or has no such build). pip's own index would download about 3 GB of CUDA. Name another index with TORCH_INDEX=URL, or accept the download with TORCH_INDEX= (empty)." ;;
    esac
}

install_packages() {
    case $kind in dev) target='.[dev]' ;; *) target=. ;; esac
    echo "Installing Vitrine and its packages (about 1.8 GB on disk; a few minutes the first time)"
    # shellcheck disable=SC2086 # the arguments are two words or none
    $venv_python -m pip install -qq --disable-pip-version-check -c constraints.txt $1 -e "$target" ||
        fail "pip could not install the packages; its message is above."
}

# The browser tests drive a Chromium; where there is none and none can be installed they skip and say so.
install_browser() {
    if command -v chromium >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then return; fi
    echo "Installing Chromium for the browser tests"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium; } \
        >/dev/null 2>&1 || echo "Chromium could not be installed: the browser tests will be skipped."
}

if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint)" ]; then exit 0; fi
make_venv
arguments=$(torch_arguments)
install_packages "$arguments"
if [ "$kind" = dev ]; then install_browser; fi
fingerprint > "$stamp"
