# The fake Stripe, for compose and a laptop's cluster; not for production.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE}
WORKDIR /app
ENV PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY requirements/fake_stripe.txt ./
RUN --mount=type=secret,id=packages,required=false \
    if [ -s /run/secrets/packages ]; then set -a; . /run/secrets/packages; set +a; fi; \
    python3 -m venv venv \
    && venv/bin/python -m pip install --quiet --no-cache-dir --require-hashes --requirement fake_stripe.txt
COPY fake_stripe /app/fake_stripe
USER 10001:10001
EXPOSE 8420
# The store is in /tmp: mount a volume to keep it.
ENTRYPOINT ["/app/venv/bin/python", "-m", "fake_stripe", "--host", "0.0.0.0", "--port", "8420", "--store", "/tmp/store"]
