#!/usr/bin/env bash
# Succeeds when a run is one of `main` on this repository's main branch. Every pull request makes an assembly, too, under
# the same name: one that nobody has reviewed.
#   bash .github/made-by-main.sh RUN_ID
set -euo pipefail
[[ $1 =~ ^[0-9]+$ ]] || { echo "a run is a number, received '$1'" >&2; exit 2; }
made=$(gh api "repos/$GITHUB_REPOSITORY/actions/runs/$1" | node -e '
  const { event, head_branch, path } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  // GitHub may put a ref behind the path: main.yml@main.
  console.log(event, head_branch, path.split("@")[0]);
')
wanted='push main .github/workflows/main.yml'
[[ $made == "$wanted" ]] || { echo "run $1 is not deployed: it is of '$made', allowed is '$wanted'" >&2; exit 1; }
