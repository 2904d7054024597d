# Vitrine's image, for the API and the caption worker alike: `docker build --target cpu .` (the default) or `--target cuda`.
# docker-compose.yml runs it. It holds no secret and no data, and runs as a user without rights.
# The images' sizes have not been measured; torch is most of them (some 0.9 GB on disk for CPUs, 5 GB with CUDA).

FROM python:3.11-slim AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PATH=/opt/vitrine/bin:$PATH
RUN python -m venv /opt/vitrine
WORKDIR /source
# The packages alone first: they change seldom, and this layer is the one that takes minutes.
COPY pyproject.toml constraints.txt README.md LICENSE ./

FROM builder AS build-cpu
RUN pip install -c constraints.txt --extra-index-url https://download.pytorch.org/whl/cpu '.[s3]'
COPY . .
RUN pip install --no-deps --force-reinstall .

# The general index has torch for Linux with CUDA.
FROM builder AS build-cuda
RUN pip install -c constraints.txt '.[s3]'
COPY . .
RUN pip install --no-deps --force-reinstall .

FROM python:3.11-slim AS runtime
RUN groupadd --gid 10001 vitrine \
    && useradd --uid 10001 --gid vitrine --no-create-home --home-dir /tmp --shell /usr/sbin/nologin vitrine \
    && install -d -o vitrine -g vitrine /data
ENV PATH=/opt/vitrine/bin:$PATH HOME=/tmp PYTHONUNBUFFERED=1 VITRINE_DATA=/data
WORKDIR /data
USER 10001:10001
EXPOSE 8000
CMD ["vitrine", "serve"]

FROM runtime AS cuda
COPY --from=build-cuda /opt/vitrine /opt/vitrine

FROM runtime AS cpu
COPY --from=build-cpu /opt/vitrine /opt/vitrine
