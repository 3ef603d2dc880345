# The steps of the gate, in the order in which .ci/run takes them. Each runs by itself, too: it makes what it needs. Two more
# run when they are named: docs and release. $work is a folder for this run alone.
STEPS=(tests lint workflows long pyodide typing example quick_start packages oldest pythons drift)

# Say at once, and again at the end, what this machine can't do.
skip() {
    skipped+=("$1")
    echo "NOT RUN: $1"
}

# The commands of the README are run as they stand there: the code block after the comment that names them.
readme_command() {
    awk -v name="<!-- $1 -->" '$0 == name { found = 1; next }
        found && /^```/ { if (open) exit; open = 1; next }
        found && open { print }' README.md | grep . || { echo "README.md has no command after <!-- $1 -->" >&2; return 1; }
}

run_readme_command() {
    local command
    command=$(readme_command "$1")
    echo "$command"
    bash -euo pipefail -c "$command"
}

# The environment with all development tools, in .venv as CONTRIBUTING.md has it.
dev() {
    [ -z "${dev_is_ready-}" ] || return 0
    [ -x .venv/bin/python ] || python3 -m venv .venv
    .venv/bin/python -m pip install --quiet -e '.[dev]'
    dev_is_ready=1
}

# The service model's facts: the tests and the generator read them from the wheel of the pinned botocore.
model() {
    [ -n "${COGNITO_IDP_MODEL_WHEEL-}" ] && return
    python3 -m pip download --quiet --no-deps --dest "$work" "botocore==$(cat src/cognito_idp_codegen/pin.txt)"
    COGNITO_IDP_MODEL_WHEEL=$(ls "$work"/botocore-*.whl)
    export COGNITO_IDP_MODEL_WHEEL
}

browser() {
    command -v chromium >/dev/null && command -v chromedriver >/dev/null && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium chromium-driver \
            >"$work/apt.log" 2>&1 && return
        cat "$work/apt.log"
    fi
    skip "the tests in a browser: chromium and chromedriver are missing"
}

# Print the path of a Python by its version, from the PATH or from pyenv. A free-threaded build is another thing.
python_of() {
    local candidate path
    for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*"/bin/python$1"; do
        path=$("$candidate" -c '
import ensurepip, sys, sysconfig, venv
if "%d.%d" % sys.version_info[:2] == sys.argv[1] and not sysconfig.get_config_var("Py_GIL_DISABLED"):
    print(sys.executable)' "$1" 2>/dev/null) && [ -n "$path" ] && echo "$path" && return
    done
    return 1
}

# The versions of Python that the package claims.
claimed() { sed -n 's/.*"Programming Language :: Python :: \(3\.[0-9]*\)".*/\1/p' pyproject.toml; }

# Build a wheel and an sdist from a clone of the commit that is checked out, with the commit's time.
build_into() {
    git clone --quiet --no-hardlinks . "$1/clone"
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) .venv/bin/python -m build --outdir "$1/dist" "$1/clone" >"$1/log" 2>&1 ||
        { cat "$1/log"; return 1; }
}

# Make $dist, the folder with the wheel and the sdist. The second build has another folder, umask, time zone and clock.
dists() {
    dist=$work/first/dist
    [ -d "$dist" ] && return
    dev
    mkdir "$work/first" "$work/second"
    build_into "$work/first"
    (umask 077 && TZ=Asia/Tokyo build_into "$work/second")
}

# The README's test command, and the slow tests that it leaves out. Both are measured: the extra test brings coverage, which
# starts in each process of pytest because of the variable.
step_tests() {
    model
    rm -rf build/coverage
    (
        export COVERAGE_PROCESS_START=$PWD/pyproject.toml
        run_readme_command test
        .venv/bin/python -m pytest -q -n auto -m "slow and not long"
    )
    .venv/bin/coverage combine --quiet
    .venv/bin/coverage report
}

step_lint() {
    model
    dev
    .venv/bin/ruff check .
    .venv/bin/ruff format --check .
    .venv/bin/mypy
    .venv/bin/basedpyright --pythonpath .venv/bin/python --level error
    .venv/bin/lint-imports
    .venv/bin/python -m cognito_idp_codegen --model "$COGNITO_IDP_MODEL_WHEEL" --check
    .venv/bin/python docs/tools/reference_pages.py --check
    .venv/bin/python docs/tools/dependencies.py --check
}

# What others run: the workflows are safe, as far as can be told without asking anybody.
step_workflows() {
    dev
    .venv/bin/zizmor --offline --persona pedantic --quiet .github
}

# A browser, a cluster, fuzzers, faults, every transport, the documentation.
step_long() {
    model
    dev
    browser
    .venv/bin/python -m pytest -q -n auto -m "long and not pyodide"
}

# In Node: the kinds of call, a Worker, and what of the suite runs there.
step_pyodide() {
    dev
    if command -v node >/dev/null && command -v npm >/dev/null; then
        .venv/bin/python -m pytest -q -rs -m pyodide tests/pyodide
    else
        skip "the tests under Pyodide: node or npm is missing"
    fi
}

# The types that users see.
step_typing() {
    dev
    .venv/bin/python -m pytest -q tests/typing
}

# A whole sign-in.
step_example() {
    dev
    .venv/bin/python examples/sign_in.py
}

step_quick_start() {
    git clone --quiet --no-hardlinks . "$work/clone"
    (cd "$work/clone" && run_readme_command quick-start)
}

# The wheel and the sdist: the same bytes twice; the wheel alone; the plugin, with the oldest pytest that it promises to work
# with; the command, without its extra and with it. What was checked is left in dist.
step_packages() {
    dists
    (cd "$dist" && sha256sum -- *) | tee "$work/sums"
    (cd "$work/second/dist" && sha256sum --check --quiet "$work/sums")
    local wheel root=$PWD python=$work/clean/bin/python
    wheel=$(ls "$dist"/*.whl)
    python3 -m venv "$work/clean"
    "$python" -m pip install --quiet "$wheel"
    (cd "$work" && "$python" "$root/.ci/check_wheel.py")
    "$python" -m pip install --quiet pytest==7.0.0 pluggy==1.0.0
    (cd "$work" && "$python" -m pytest -q -p no:cacheprovider "$root/.ci/check_plugin.py")
    if "$work/clean/bin/cognito-idp" --version 2>"$work/hint"; then echo "it should have asked for the extra" >&2; return 1; fi
    grep "pip install '.\[cli\]'" "$work/hint"
    "$python" -m pip install --quiet "$wheel[cli]"
    "$work/clean/bin/cognito-idp" --version
    rm -rf dist
    cp -r "$dist" dist
}

# Set $others to the Pythons that the package claims, without python3 itself.
find_others() {
    [ -z "${others_are_found-}" ] || return 0
    others_are_found=1
    others=()
    local version path
    for version in $(claimed); do
        python3 -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] == sys.argv[1])' "$version" || continue
        if path=$(python_of "$version"); then
            others+=("$path")
        else
            skip "Python $version: it is neither on the PATH nor in pyenv"
        fi
    done
}

# Unpack the sdist into $unpacked: the suite runs there without anything of the repository.
unpack() {
    dists
    unpacked=$work/$1
    mkdir "$unpacked"
    tar -xzf "$dist"/*.tar.gz -C "$unpacked" --strip-components 1
}

# The suite in the unpacked sdist, with the oldest versions that pyproject.toml admits of what the library and its extras need: on
# the first of the other Pythons, or on python3.
step_oldest() {
    unpack oldest
    model
    find_others
    local python=${others[0]:-python3}
    "$python" --version
    python3 .ci/oldest.py >"$work/oldest.txt"
    "$python" -m venv "$unpacked/.venv"
    # What a call costs is counted with the newest versions.
    (cd "$unpacked" && .venv/bin/python -m pip install --quiet -e '.[test]' -c "$work/oldest.txt" &&
        .venv/bin/python -m pytest -q -n auto -m "not long" --ignore tests/test_cost.py)
}

# The README's test command in the unpacked sdist, on the other Pythons but the one that the step oldest takes.
step_pythons() {
    model
    find_others
    local path
    mkdir "$work/bin"
    for path in "${others[@]:1}"; do
        unpack "$(basename "$path")"
        # The README says python3, which is to be this one.
        printf '#!/bin/sh\nexec "%s" "$@"\n' "$path" >"$work/bin/python3"
        chmod +x "$work/bin/python3"
        "$path" --version
        (cd "$unpacked" && PATH=$work/bin:$PATH run_readme_command test)
    done
}

# How far the pinned botocore is behind.
step_drift() {
    model
    dev
    .venv/bin/python -m cognito_idp_codegen --drift --pinned "$COGNITO_IDP_MODEL_WHEEL"
}

# The site, into docs/site. (The long tests build it, too, and look at it.)
step_docs() {
    dev
    .venv/bin/zensical build --strict -f docs/mkdocs.yml
}

# Whether the tag RELEASE_TAG may be released.
step_release() {
    python3 .ci/check_release.py "${RELEASE_TAG:?}"
}
