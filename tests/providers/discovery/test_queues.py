"""What engines say of their queue, as their documentation shows it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.providers.discovery.queues import Queue, read_queue

VLLM = b"""# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="meta-llama/Llama-3.1-8B"} 12.0
vllm:num_requests_running{engine="1",model_name="meta-llama/Llama-3.1-8B"} 11.0
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{engine="0",model_name="meta-llama/Llama-3.1-8B"} 3.0
vllm:num_requests_waiting{engine="1",model_name="a {b} c"} 1e0
vllm:num_requests_waiting_by_reason{reason="capacity"} 99.0
"""
SGLANG = b"""sglang:num_running_reqs{model_name="m"} 7.0
sglang:num_queue_reqs{model_name="m"} 0.0
"""
TGI = b"""# TYPE tgi_queue_size gauge
tgi_queue_size 5
tgi_batch_current_size 16
"""
LLAMA = b"""llamacpp:requests_processing 4
llamacpp:requests_deferred 2
"""
SLOTS = b'[{"id":0,"is_processing":true,"n_ctx":512},{"id":1,"is_processing":false}]'


@pytest.mark.parametrize(
    ("body", "queue"),
    [
        (VLLM, Queue(23, 4)),
        (SGLANG, Queue(7, 0)),
        (SGLANG.replace(b"sglang:", b"sglang_"), Queue(7, 0)),
        (TGI, Queue(16, 5)),
        (LLAMA, Queue(4, 2)),
        (SLOTS, Queue(1, 0, 2)),
    ],
)
def test_each_engine_is_understood(body: bytes, queue: Queue) -> None:
    assert read_queue(body) == queue


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"[{}]",
        b'[{"is_processing": "yes"}]',
        b"<html>",
        b"python_gc_objects_collected_total 5\n",
        b"tgi_queue_size 5\n",
        b"tgi_queue_size 1e999\ntgi_batch_current_size 1\n",
        b"tgi_queue_size e\ntgi_batch_current_size .\n",
        b'{"error": {"code": 501, "message": "This server does not support metrics endpoint."}}',
    ],
)
def test_anything_else_says_nothing(body: bytes) -> None:
    assert read_queue(body) is None


@given(st.binary(max_size=200))
def test_no_bytes_break_it(body: bytes) -> None:
    for whole in (body, b"[" + body, b"tgi_queue_size " + body, VLLM + body):
        assert read_queue(whole) is None or isinstance(read_queue(whole), Queue)
