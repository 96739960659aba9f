#!/bin/sh
# For any pipeline that runs a shell: install the suite, judge, keep the reports, fail by verdict.
# SUITE is what pip installs: a checkout, a wheel, or a name and version in your package index.
# What the keys of staging.toml that end in _env name, comes from the pipeline's secret variables:
# ALICE_PASSWORD in the README's file, AUTH_CONFORMANCE_PASSWORD_1 in one that `init` wrote.
# With a [table], the usual AWS variables too: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY.
set -eu

python3 -m venv .conformance
.conformance/bin/pip install --quiet "${SUITE:?a checkout or a wheel of the suite}"

mkdir -p conformance-reports
.conformance/bin/auth-conformance run --target "${TARGET:-staging.toml}" \
  --json conformance-reports/report.json \
  --html conformance-reports/report.html \
  --junit conformance-reports/report.xml
