# docker build -t wye .
# docker run -p 4000:4000 -v wye:/var/lib/wye -v ./key:/run/secrets/wye_key:ro \
#     -e WYE_BOOTSTRAP_KEY_FILE=/run/secrets/wye_key wye
#
# It listens on every address of the container, so it refuses to start without a key. Providers' keys come as
# OPENAI_API_KEY or OPENAI_API_KEY_FILE and the like; a configuration as
# -v ./wye.yaml:/etc/wye/wye.yaml:ro with the command: serve --config /etc/wye/wye.yaml --listen 0.0.0.0:4000
FROM python:3.13-slim-bookworm

ENV PATH=/opt/wye/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    WYE_STATE_DIR=/var/lib/wye

WORKDIR /opt/wye
COPY pyproject.toml uv.lock README.md LICENSE NOTICE ./
COPY src ./src

# uv installs what the lock names, all of it wheels, and does not stay: nothing in the image can install or build.
RUN python -m venv /tmp/uv \
    && /tmp/uv/bin/pip install --no-cache-dir --quiet uv==0.13.9 \
    && UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy \
       /tmp/uv/bin/uv sync --frozen --no-dev --all-extras --no-editable --no-cache --python "$(command -v python)" \
    && rm -rf /tmp/uv src

RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin wye \
    && install -d -o wye -g wye -m 0700 /var/lib/wye
USER wye
VOLUME /var/lib/wye
EXPOSE 4000

HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:4000/healthz', timeout=2)"]

# Time for streams in flight to finish: docker stop -t 40.
STOPSIGNAL SIGTERM
ENTRYPOINT ["wye"]
CMD ["serve", "--listen", "0.0.0.0:4000"]
