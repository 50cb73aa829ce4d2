# Builds the service into a virtual environment of its own; the second stage takes that and nothing else.
FROM python:3.13-slim-trixie AS builder

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore

WORKDIR /build

# The environment has no pip: what runs in production cannot install anything.
RUN python -m venv --without-pip /opt/incidents

# Dependencies first, so that a change of the code alone does not install them again.
COPY requirements/runtime.lock requirements/build.lock requirements/
RUN pip --python /opt/incidents install --require-hashes --only-binary :all: -r requirements/runtime.lock \
    && pip install --require-hashes --only-binary :all: -r requirements/build.lock

COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY migrations migrations
RUN pip wheel --no-deps --no-build-isolation --wheel-dir wheels . \
    && pip --python /opt/incidents install --no-deps --no-index wheels/*.whl


FROM python:3.13-slim-trixie

# Numbers that never change, so that the owner of a mounted folder is known beforehand.
RUN groupadd --gid 10001 incidents \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin incidents \
    && install --directory --owner=10001 --group=10001 --mode=0750 /data

COPY --from=builder /opt/incidents /opt/incidents

# Production: the service refuses to start until INCIDENTS_KEYS_SECRET is set.
ENV PATH=/opt/incidents/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    INCIDENTS_ENVIRONMENT=production \
    INCIDENTS_DATABASE_URL=sqlite:////data/incidents.db

VOLUME /data
WORKDIR /data
USER 10001:10001
EXPOSE 8000

# No proxy: the question must reach this container, whatever its environment says.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "from urllib.request import *; build_opener(ProxyHandler({})).open('http://127.0.0.1:8000/health/ready', timeout=4).close()"]

# The embedded database is brought up to date at every start. PostgreSQL is not, unless serve is told so: many
# containers may start at once, and when its tables change is for its keeper to say.
ENTRYPOINT ["incidents"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
