# Everything, with CUDA: ingest, train, tune, export, evaluate.
#   docker build -f docker/train.Dockerfile -t marquee-train \
#     --build-arg MARQUEE_COMMIT="$(git rev-parse --short=12 HEAD)" .
#   docker run --rm --gpus all -v "$PWD:/work" --user "$(id -u):$(id -g)" marquee-train doctor
FROM debian:12.12-slim
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
WORKDIR /src
ENV MARQUEE_CACHE=/cache
COPY scripts scripts
RUN scripts/setup
COPY . .
ARG MARQUEE_COMMIT
# The program finds LibTorch, and LibTorch CUDA's libraries, where scripts/setup put them.
RUN eval "$(scripts/setup)" && . scripts/lib/build.sh && build_release --target marquee \
    && ln -s /src/build/release/marquee /usr/local/bin/marquee
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["marquee"]
CMD ["--help"]
