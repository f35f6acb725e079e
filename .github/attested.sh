#!/usr/bin/env bash
# Succeeds when the workflow `main` on this repository's main branch has signed that this very file passed the checks.
# GitHub has no attestations for private repositories, but for those of Enterprise Cloud; there the run and the digest
# decide, which are asked before.
#   VISIBILITY=public bash .github/attested.sh FILE
set -euo pipefail
if [[ $VISIBILITY == private ]]; then
  echo 'a private repository: there is no attestation to look at'
  exit 0
fi
gh attestation verify "$1" --repo "$GITHUB_REPOSITORY" --deny-self-hosted-runners \
  --cert-identity "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/.github/workflows/main.yml@refs/heads/main"
