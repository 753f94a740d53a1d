# Generates clients from openapi/rathaus.json and tries them. Sourced by ./check.
#
# That a generator exits with 0 proves little: what it does not understand becomes a class without a
# property, and the value is lost without a word.

try_clients() {
    local clients=$scratch/clients generator
    export PATH="$PWD/.venv/bin:$PATH"
    for generator in kotlin swift6 typescript-fetch python; do
        openapi-generator-cli generate --input-spec openapi/rathaus.json --generator-name "$generator" \
            --output "$clients/$generator" >"$scratch/$generator.log" 2>&1 ||
            { tail -n 20 "$scratch/$generator.log"; return 1; }
    done
    models_have_properties "$clients/kotlin" '*/src/main/*/models/*.kt' '^ +val |^enum class '
    models_have_properties "$clients/swift6" '*/Models/*.swift' '^ +public (private\(set\) )?(var|let) |^public enum '
    models_have_properties "$clients/typescript-fetch" '*/models/*.ts' '^    [A-Za-z]+\??: |^export (const|\*) '
    models_have_properties "$clients/python" '*/openapi_client/models/[a-z]*.py' '^    [a-z][a-z0-9_]*: |\(str, Enum\)'
    use_typescript "$clients/typescript-fetch"
    PYTHONPATH="$clients/python" python .ci/client_smoke.py
}

# models_have_properties FOLDER PATTERN PROPERTY: each generated file has a line that declares one.
models_have_properties() {
    local all empty
    all=$(find "$1" -path "$2" | wc -l)
    empty=$(find "$1" -path "$2" -print0 | xargs -0 grep -LE "$3")
    printf '%s: %s models, without a property: %s\n' "${1##*/}" "$all" "${empty:-none}"
    [ "$all" -gt 0 ] && [ -z "$empty" ]
}

# use_typescript FOLDER: the client there, as strict as TypeScript can be.
use_typescript() {
    cp .ci/client_smoke.ts "$1"
    .venv/npm/node_modules/.bin/tsc --strict --target es2020 --lib es2020,dom --module commonjs \
        --moduleResolution node --outDir "$1/built" "$1/client_smoke.ts" "$1/index.ts"
    node "$1/built/client_smoke.js"
}
