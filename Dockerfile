# Two stages: the first installs the locked packages into a virtual environment, the second only runs it.
# BASE_IMAGE may be any Debian with Python 3.11 or newer at /usr/local/bin or /usr/bin.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /src
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python3 -m venv /opt/nianbao
COPY requirements-build.lock requirements.lock ./
# First what builds (jieba comes as source, nianbao is source), then what runs: nothing that no lock file names.
RUN /opt/nianbao/bin/pip install --require-hashes -r requirements-build.lock \
    && /opt/nianbao/bin/pip install --require-hashes --no-build-isolation -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY models ./models
COPY extractor ./extractor
COPY workers ./workers
COPY web ./web
RUN /opt/nianbao/bin/pip install --no-deps --no-build-isolation . \
    && /opt/nianbao/bin/python -m compileall -q /opt/nianbao/lib

FROM ${BASE_IMAGE} AS run
LABEL org.opencontainers.image.title="nianbao" org.opencontainers.image.licenses="Apache-2.0"
# Reports whose fonts are not embedded are drawn with this one; without it their pages show no Chinese.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends fonts-wqy-zenhei \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin nianbao \
    && mkdir /data && chown nianbao:nianbao /data
COPY --from=build /opt/nianbao /opt/nianbao
ENV PATH=/opt/nianbao/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 NIANBAO_DATA=/data OMP_NUM_THREADS=1
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=5 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
CMD ["nianbao", "serve", "--host", "0.0.0.0", "--port", "8000"]
