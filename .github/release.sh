#!/usr/bin/env bash
# Registers a model folder in the home that the environment names, approves it, and gives it traffic.
#   bash .github/release.sh FOLDER canary|shadow|all REASON
set -euo pipefail
folder=$1 release=$2 reason=$3
[[ $release =~ ^(canary|shadow|all)$ ]] || { echo "release is canary, shadow or all, received '$release'" >&2; exit 2; }
trimtab() { node bin/trimtab.mjs --home "${TRIMTAB_HOME:-aws}" "$@"; }
field() { node -pe "JSON.parse(require('node:fs').readFileSync(0, 'utf8')).$1"; }

registered=$(trimtab register "$folder" --json)
model=$(field model <<< "$registered")
version=$(field version <<< "$registered")
trimtab approve "$model" "$version" --reason "$reason"
how=()
[[ $release == all ]] || how=("--$release")
trimtab release "$model" "$version" "${how[@]}" --reason "$reason"
trimtab status "$model"
