# Sourced by scripts/test and scripts/test-lightning, in the repository's root: stages, and how they are counted.

# ---- stages: each in its own process group, so that none of its child processes outlives it

logs=.tools/logs
group=
passed=0 failed=0 skipped=0

stop() {
  [[ $group ]] && kill -- "-$group" 2>/dev/null
  group=
}

finish() {
  stop
  local skips=
  ((skipped)) && skips=", $skipped skipped"
  echo "$passed passed, $failed failed$skips"
  ((failed == 0)) || exit 1
}

die() {
  echo "$*" >&2
  failed=$((failed + 1))
  exit 1
}

trap finish EXIT
trap 'echo; die interrupted' INT TERM HUP

# stage NAME COMMAND…
stage() {
  local name=$1 log=$logs/$1.log start=$SECONDS status
  shift
  printf '%-16s' "$name"
  set -m
  "$@" >"$log" 2>&1 </dev/null &
  group=$!
  set +m
  wait "$group"
  status=$?
  stop
  if ((status == 0)); then
    printf 'ok     %4d s\n' $((SECONDS - start))
  else
    printf 'FAILED %4d s   %s\n' $((SECONDS - start)) "$log"
    grep -vE '^test .* \.\.\. (ok|ignored)|^test result: ok' "$log"
  fi
  return "$status"
}

# ---- checks

check() {
  if stage "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

# count_tests STAGE STATUS: sums the `test result:` lines of the stage's output. A crashed test program prints none, but cargo
# lists it as a failed target; any other failure counts as one.
count_tests() {
  local counts p f s
  counts=$(awk -v status="$2" '
    sub(/.*test result: /, "") { passed += $2; failed += $4; skipped += $6; told += ($1 == "FAILED.") }
    /^error: [0-9]+ targets? failed:/ { targets = $2 }
    END {
      if (targets > told) failed += targets - told
      if (status != 0 && failed == 0) failed = 1
      print passed + 0, failed + 0, skipped + 0
    }' "$logs/$1.log")
  read -r p f s <<<"$counts"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

# ---- dependencies

has() { command -v "$1" >/dev/null; }

install_rust_components() {
  cargo fmt --version && cargo clippy --version || rustup component add rustfmt clippy
}

begin() {
  mkdir -p "$logs"
  export CARGO_TERM_COLOR=never
  PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
  has cargo || die 'cargo is missing. Install Rust first, see https://rustup.rs'
}

# ---- the workspace ldk/

# With `boltgram` built. Its tests run both programs.
check_lightning() {
  local manifest=(--manifest-path ldk/Cargo.toml)
  export BOLTGRAM=${CARGO_TARGET_DIR:-$PWD/target}/debug/boltgram
  export BOLTGRAM_NODE=${CARGO_TARGET_DIR:-$PWD/ldk/target}/debug/boltgram-node
  check 'ldk fmt' cargo fmt --all "${manifest[@]}" --check -- --color never
  check 'ldk clippy' cargo clippy --workspace --all-targets "${manifest[@]}" -- -D warnings
  # All targets at once: a build without the tests would compile the dependencies a second time, for other features.
  if stage 'ldk build' cargo build --workspace --all-targets "${manifest[@]}"; then
    stage 'ldk test' cargo test --workspace --no-fail-fast "${manifest[@]}"
    count_tests 'ldk test' $?
  else
    failed=$((failed + 1))
  fi
}
