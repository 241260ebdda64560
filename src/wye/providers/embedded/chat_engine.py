"""The chat child: llama-server, in this process, on loopback. A program that `process.Process` runs."""

import os
import threading
import time
from typing import TYPE_CHECKING

from wye.providers.embedded.boot import Boot, Child
from wye.providers.embedded.weights import INSTALL_HINT

if TYPE_CHECKING:
    import xllamacpp

MODEL = "smollm2-135m"

# The model's own template, but for the default system prompt: with "You are a helpful AI assistant
# named SmolLM, trained by Hugging Face" the 135M model gets simple questions wrong.
TEMPLATE = (
    "{% if messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{% endif %}"
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + (message['content'] or '') + '<|im_end|>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
DEFAULT_TOKENS = 512
"""Generated at most where the client states no cap: so small a model may go on until its context is full."""
ERRORS_ONLY = 1
NOTHING_TO_DO = ("llamacpp:requests_processing 0", "llamacpp:requests_deferred 0")
QUIET_LOOKS = 10
LOOK_SECONDS = 0.02


def main() -> None:
    """Load the weights, serve, and wait to be told to stop."""
    child = Child()
    try:
        server = _serve(child.boot)
    except ImportError as error:
        child.fail(f"{error}; {INSTALL_HINT}")
    except (RuntimeError, OSError) as error:
        child.fail(str(error))
    over = threading.Event()
    child.ready(over.set)
    over.wait()
    _finish(server)
    os._exit(0)  # the server's own shutdown waits forever for a request that began just now


def _serve(boot: Boot) -> "xllamacpp.Server":
    import xllamacpp  # noqa: PLC0415  # optional: its absence is reported to the parent

    params = xllamacpp.CommonParams()
    params.model.path = boot.model
    params.model_alias = {MODEL}
    params.hostnames = ["127.0.0.1"]
    params.port = boot.port
    params.reuse_port = True  # the parent holds the port, so that nobody else takes it during a restart
    params.api_keys = [boot.key]
    params.n_parallel = boot.slots
    params.n_ctx = boot.context_tokens
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = boot.threads
    params.n_predict = DEFAULT_TOKENS
    params.n_gpu_layers = 0
    params.fit_params = False  # nothing to fit: no GPU
    params.chat_template = TEMPLATE
    params.sampling.temp = 0.2  # what the model's authors advise; larger values derail it
    params.sampling.top_p = 0.9
    params.cache_ram_mib = 0  # by default up to 8 GiB of old prompts stay in memory
    params.endpoint_metrics = True
    params.endpoint_slots = False  # shows prompts
    params.ui = False
    params.offline = True
    params.verbosity = ERRORS_ONLY
    return xllamacpp.Server(params)


def _finish(server: "xllamacpp.Server") -> None:
    """Return once nothing has been asked for several looks on end.

    A request no longer counts as processed when its last token is made: another thread has yet to send it.
    """
    quiet = 0
    while quiet < QUIET_LOOKS:
        time.sleep(LOOK_SECONDS)
        metrics = server.handle_metrics()
        quiet = quiet + 1 if all(line in metrics for line in NOTHING_TO_DO) else 0


if __name__ == "__main__":
    main()
