# How ./check runs its stages and counts what they did. Sourced by ./check.

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")/debug
failed=() left_out=()
passed_stages=0

# stage NAME COMMAND…: runs it, prints its time, remembers whether it failed.
stage() {
    local name=$1 began=$SECONDS status
    shift
    printf '\n== %s\n' "$name"
    (set -e; "$@") </dev/null
    status=$?
    if [ "$status" = 0 ]; then
        passed_stages=$((passed_stages + 1))
        printf '== %s: passed in %s s\n' "$name" "$((SECONDS - began))"
    else
        failed+=("$name")
        printf '== %s: FAILED in %s s\n' "$name" "$((SECONDS - began))"
    fi
    return "$status"
}

# A stage without which the rest makes no sense.
required_stage() {
    stage "$@" && return
    leave_out "everything after $1"
    summary
}

# leave_out NAME: the stage cannot run here.
leave_out() { left_out+=("$1"); }

# run_tests LABEL ARGUMENTS…: cargo test, its counts kept under the label.
run_tests() {
    local label=$1 status
    shift
    set +e
    cargo test --workspace --locked --no-fail-fast "$@" 2>&1 | tee "$scratch/output"
    status=${PIPESTATUS[0]}
    awk -v label="$label" '/^test result:/ { passed += $4; failed += $6 }
        END { print label, passed + 0, failed + 0 }' "$scratch/output" >>"$scratch/counts"
    return "$status"
}

# A test that runs on one database only would prove half of what it says.
same_tests_on_both() {
    local sqlite postgres
    sqlite=$(counted 2 SQLite) postgres=$(counted 2 PostgreSQL)
    echo "$sqlite on SQLite, $postgres on PostgreSQL"
    [ "$sqlite" -gt 0 ] && [ "$sqlite" = "$postgres" ]
}

# counted COLUMN [LABEL]: the sum of tests passed (2) or failed (3).
counted() {
    touch "$scratch/counts"
    awk -v column="$1" -v label="${2:-}" 'label == "" || $1 == label { sum += $column }
        END { print sum + 0 }' "$scratch/counts"
}

lint_openapi() {
    PATH="$PWD/.venv/bin:$PATH" REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true \
        .venv/npm/node_modules/.bin/redocly lint --extends=recommended-strict openapi/rathaus.json
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# with_demo COMMAND…: runs it while the demo serves, with what the demo wrote down for others to try.
with_demo() {
    local demo status folder
    folder=$(mktemp -d -p "$scratch")
    (cd "$folder" && RATHAUS__HTTP__LISTEN="127.0.0.1:$(free_port)" RATHAUS__HTTP__REQUESTS_PER_MINUTE=4000000000 \
        RATHAUS__HTTP__ACCOUNT_REQUESTS_PER_MINUTE=4000000000 exec "$target/rathaus" demo) >"$folder/demo.log" 2>&1 &
    demo=$!
    set +e
    for _ in $(seq 120); do
        [ -s "$folder/data/demo/try.env" ] || sleep 0.5
    done
    (set -ea; source "$folder/data/demo/try.env"; "$@")
    status=$?
    kill "$demo" && wait "$demo"
    [ "$status" = 0 ] || tail -n 50 "$folder/demo.log"
    return "$status"
}

# As README.md shows, but briefly and with one seed.
run_schemathesis() {
    .venv/bin/schemathesis run "$RATHAUS/openapi.json" --checks all --seed 1 --max-examples 4
}

play_demo() { (cd "$scratch" && RATHAUS__HTTP__LISTEN="127.0.0.1:$(free_port)" "$target/rathaus" demo --once); }

run_bench_short() {
    local bench
    for bench in complaints audience queue; do "$target/bench" "$bench" --short; done
}

run_chaos_short() {
    local scenario
    has_postgres || export RATHAUS_TEST_DATABASES=sqlite
    for scenario in broadcast complaints; do "$target/chaos" "$scenario" --short; done
}

joined() { local IFS=,; echo "${*:-nothing}" | sed 's/,/, /g'; }

# Prints the counts, then the verdict as the last line, and exits.
summary() {
    local verdict=passed
    if [ "${#failed[@]}" -gt 0 ] || { [ -n "${CI:-}" ] && [ "${#left_out[@]}" -gt 0 ]; }; then verdict=FAILED; fi
    printf '\n%s passed, %s failed\n' "$(counted 2)" "$(counted 3)"
    printf 'check %s in %s min: %s stages; tests passed: %s without a database, %s on SQLite, %s on PostgreSQL; failed: %s; left out: %s\n' \
        "$verdict" "$(((SECONDS + 59) / 60))" "$passed_stages" "$(counted 2 units)" "$(counted 2 SQLite)" \
        "$(counted 2 PostgreSQL)" "$(joined "${failed[@]}")" "$(joined "${left_out[@]}")"
    [ "$verdict" = passed ]
    exit
}
