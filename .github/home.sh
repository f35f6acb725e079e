#!/usr/bin/env bash
# Prints what the command line needs to find an environment on AWS, one NAME=value a line, from the outputs of its
# stacks: an output's description is the name of its variable. Those that stacks export to each other have none, and
# would fail the whole query.
#   bash .github/home.sh prod >> "$GITHUB_ENV"
#   export $(bash .github/home.sh prod)
set -euo pipefail
for stack in Stateful Serving; do
  aws cloudformation describe-stacks --stack-name "Trimtab-$1-$stack" --output text \
    --query "Stacks[0].Outputs[?Description && starts_with(Description, 'TRIMTAB_')].[Description, OutputValue]" | tr '\t' '='
done
