# The server in production mode: docker build -f docker/server.Dockerfile -t reference-auth .
# Development mode is not possible here: the server allows it on loopback addresses only.
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY reference_auth ./reference_auth
COPY conformance_tests ./conformance_tests
RUN python -m venv /opt/app && /opt/app/bin/pip install --no-cache-dir --no-compile ".[reference]"

FROM python:3.13-slim-bookworm
COPY --from=build /opt/app /opt/app
ENV PATH=/opt/app/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONPATH=/srv
# Your login service is a module in /srv: COPY it in your own image, or mount it.
WORKDIR /srv
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["reference-auth", "serve", "--environment", "production", "--host", "0.0.0.0", "--port", "8000"]
