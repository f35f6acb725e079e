#!/usr/bin/env bash
# Succeeds when a run is one of `main` on this repository's main branch, and passed: all its checks, and the smoke test
# of every environment that it deployed to. The run that asks is still going on; there, its jobs wait for each other.
# Every pull request makes an assembly, too, under the same name: one that nobody has reviewed.
#   bash .github/tested-by-main.sh RUN_ID
set -euo pipefail
[[ $1 =~ ^[0-9]+$ ]] || { echo "a run is a number, received '$1'" >&2; exit 2; }
read -r made ended < <(gh api "repos/$GITHUB_REPOSITORY/actions/runs/$1" | node -e '
  const { event, head_branch, head_repository, path, status, conclusion } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  // GitHub may put a ref behind the path: main.yml@main.
  console.log([event, head_repository?.full_name, head_branch, path.split("@")[0]].join(":"), `${status}:${conclusion}`);
') || { echo "run $1 is not deployed: GitHub does not say what it is" >&2; exit 1; }
wanted="push:$GITHUB_REPOSITORY:main:.github/workflows/main.yml"
[[ $made == "$wanted" ]] || { echo "run $1 is not deployed: it is of '$made', allowed is '$wanted'" >&2; exit 1; }
[[ $1 == "$GITHUB_RUN_ID" || $ended == completed:success ]] ||
  { echo "run $1 is not deployed: it is '$ended', allowed is 'completed:success'" >&2; exit 1; }
