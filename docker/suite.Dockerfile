# The suite, to test a deployment by its URL: docker build -f docker/suite.Dockerfile -t auth-conformance .
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY reference_auth ./reference_auth
COPY conformance_tests ./conformance_tests
RUN python -m venv /opt/app && /opt/app/bin/pip install --no-cache-dir --no-compile .

FROM python:3.13-slim-bookworm
COPY --from=build /opt/app /opt/app
ENV PATH=/opt/app/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# Mount a folder here for target files and reports; the user below must be able to write to it.
WORKDIR /work
USER 10001:10001
ENTRYPOINT ["auth-conformance"]
