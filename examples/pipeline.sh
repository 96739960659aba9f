#!/bin/sh
# For any pipeline that runs a shell: install the suite, judge, keep the reports, fail by verdict.
# SUITE is what pip installs: a checkout, a wheel, or a name and version in your package index.
# The passwords that staging.toml names are in the pipeline's secret variables.
set -eu

python3 -m venv .conformance
.conformance/bin/pip install --quiet "${SUITE:?a checkout or a wheel of the suite}"

mkdir -p conformance-reports
.conformance/bin/auth-conformance run --target "${TARGET:-staging.toml}" \
  --json conformance-reports/report.json \
  --html conformance-reports/report.html \
  --junit conformance-reports/report.xml
