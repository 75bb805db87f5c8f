# The server alone: marquee-serve, LibTorch's CPU half and no training code.
#   docker build -f docker/serve.Dockerfile -t marquee-serve \
#     --build-arg MARQUEE_COMMIT="$(git rev-parse --short=12 HEAD)" .
#   docker run --rm -p 127.0.0.1:8080:8080 --read-only --tmpfs /tmp \
#     -v "$PWD/out/bundle:/bundle:ro" -v marquee-state:/state marquee-serve
FROM debian:12.12-slim AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
WORKDIR /src
ENV MARQUEE_CACHE=/cache
COPY scripts scripts
RUN scripts/setup
COPY . .
ARG MARQUEE_COMMIT
# hadolint ignore=SC2154  # Torch_ROOT is what scripts/setup says
RUN eval "$(scripts/setup)" && . scripts/lib/build.sh && build_release package --target marquee-serve \
    && cmake --install build/release --prefix /image --strip --component server \
    && cmake --install build/release --prefix /image --component libtorch \
    && mkdir /state /bundle

FROM debian:12.12-slim
# hadolint ignore=DL3008  # the release pins them
RUN apt-get update && apt-get install -y --no-install-recommends \
      libfmt9 libhiredis0.14 libjemalloc2 libprometheus-cpp-core1.0 libsimdjson14 libspdlog1.10 libsqlite3-0 libssl3 \
      libyaml-cpp0.7 libzstd1 zlib1g \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /image /usr/local
COPY --from=build --chown=65532:65532 /state /state
COPY --from=build /bundle /bundle
USER 65532:65532
EXPOSE 8080
VOLUME /state
HEALTHCHECK --interval=10s --timeout=4s --start-period=60s \
  CMD ["marquee-serve", "health", "--port", "8080"]
ENTRYPOINT ["marquee-serve"]
CMD ["--bundle", "/bundle", "--state", "/state", "--address", "0.0.0.0", "--port", "8080", "--log-format", "json"]
