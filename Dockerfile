# The application in an environment of its own. Nothing is compiled: every package is a wheel whose
# hash stands in requirements/. 3.11 is the version that the tests run on.
ARG PYTHON=3.11
FROM python:${PYTHON}-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build

# First what changes seldom, so that an edit of the product reuses this layer.
COPY requirements/runtime.txt requirements/build.txt requirements/
RUN python -m venv /opt/crmsyncd \
    && /opt/crmsyncd/bin/pip install --only-binary :all: --require-hashes -r requirements/runtime.txt \
    && pip install --only-binary :all: --require-hashes -r requirements/build.txt

COPY pyproject.toml README.md LICENSE NOTICE ./
COPY daemon daemon
COPY adapters adapters
COPY state state
COPY config config
RUN pip wheel --no-deps --no-build-isolation --no-index --wheel-dir wheels . \
    && /opt/crmsyncd/bin/pip install --no-deps --no-index wheels/*.whl


FROM python:${PYTHON}-slim

RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /var/lib/crmsyncd crmsyncd \
    && install -d -o crmsyncd -g crmsyncd -m 0750 /var/lib/crmsyncd /etc/crmsyncd
COPY --from=build /opt/crmsyncd /opt/crmsyncd

ENV PATH=/opt/crmsyncd/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /var/lib/crmsyncd
VOLUME ["/var/lib/crmsyncd"]
# The port of the default configuration; it listens on loopback until `service: {listen: "0.0.0.0:8711"}`.
EXPOSE 8711

HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8711/healthz', timeout=4)"]

ENTRYPOINT ["crmsyncd"]
CMD ["run", "--config", "/etc/crmsyncd", "--state", "/var/lib/crmsyncd"]
