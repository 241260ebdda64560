import time

import pytest

from wye.gateway.unserved import unserved


@pytest.mark.parametrize(
    ("path", "instead"),
    [
        ("/v1/files", "content into the request"),
        ("/v1/files/file-1/content", "content into the request"),
        ("/v1/uploads/u/parts", "content into the request"),
        ("/v1/batches/b/cancel", "one by one"),
        ("/v1/messages/batches", "one by one"),
        ("/v1/messages/batches/b/results", "one by one"),
        ("/v1/audio/speech", "answer in text"),
        ("/v1/images/generations", "answer in text"),
        ("/v1/moderations", "answer in text"),
        ("/v1/threads/t/runs", "/v1/responses"),
        ("/v1/vector_stores", "provider"),
        ("/v1/fine_tuning/jobs", "provider"),
        ("/v1/complete", "/v1/messages"),
        ("/upload/v1beta/files", "content into the request"),
        ("/v1beta/files/x", "content into the request"),
        ("/v1beta/cachedContents", "each request"),
        ("/v1beta/batches", "one by one"),
        ("/v1beta/models/gemini-2.5-pro:batchGenerateContent", "one by one"),
        ("/v1beta/models/embedding-001:asyncBatchEmbedContent", "one by one"),
        ("/v1beta/models/imagen-4:predict", "answer in text"),
        ("/v1beta/models/veo-3:predictLongRunning", "answer in text"),
        ("/v1beta/fileSearchStores/x/documents", "provider"),
        ("/api/pull", "wye.yaml"),
        ("/api/blobs/sha256:0", "wye.yaml"),
    ],
)
def test_what_to_do_instead(path: str, instead: str) -> None:
    error = unserved("POST", path)
    assert error is not None
    assert (error.status, error.kind) == (404, "not_served")
    assert error.message.startswith(f"wye does not serve POST {path}: ")
    assert instead in error.message


@pytest.mark.parametrize(
    "path",
    [
        "/v1/filesystem",
        "/v1/completions",
        "/v1/responses/r",
        "/v1/models/files",
        "/v1beta/models",
        "/api/chat",
        "/files",
        "/",
        "/v1/files/" + "x" * 600,
    ],
)
def test_what_is_of_no_api(path: str) -> None:
    assert unserved("GET", path) is None


def test_no_path_takes_long() -> None:
    begun = time.thread_time()
    for _ in range(20):
        assert unserved("GET", "/v1beta/models/" + ":batch" * 82) is None
        assert unserved("GET", "/v1/models/" + ":" * 500) is None
    assert time.thread_time() - begun < 1
