#!/bin/sh
# For any pipeline with a shell: install the suite, test the deployment, save the reports.
# The script fails if the deployment is not conformant.
# SUITE is what pip installs: a clone, a wheel, or a name and version in your package index.
# Set the variables that the *_env keys of staging.toml name, from the pipeline's secrets:
# ALICE_PASSWORD in the README's file, AUTH_CONFORMANCE_PASSWORD_1 in a file that `init` wrote.
# With a [table], also set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
set -eu

python3 -m venv .conformance
.conformance/bin/pip install --quiet "${SUITE:?set it to a clone or a wheel of the suite}"

mkdir -p conformance-reports
.conformance/bin/auth-conformance run --target "${TARGET:-staging.toml}" \
  --json conformance-reports/report.json \
  --html conformance-reports/report.html \
  --junit conformance-reports/report.xml
