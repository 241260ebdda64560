import io
import json

from wye.core.lane import Lane
from wye.core.record import Outcome, Record
from wye.core.usage import Usage
from wye.gateway.accesslog import AccessLog

RECORD = Record(
    id="d1",
    at=1_700_000_000.0,
    request_id="r1",
    protocol="openai_chat",
    operation="chat",
    asked="auto\x1b[31m",
    outcome=Outcome.OK,
    status=200,
    duration_ms=12.3,
    deployment="embedded/x",
    lane=Lane.OWN,
    usage=Usage(3, 4),
)


async def test_json_is_one_line_each() -> None:
    out = io.StringIO()
    log = AccessLog(out, human=False)
    log.write(RECORD)
    log.write(RECORD)
    assert out.getvalue() == ""
    log.flush()
    first, second = out.getvalue().splitlines()
    assert first == second
    line = json.loads(first)
    assert (line["decision"], line["deployment"], line["input_tokens"]) == ("d1", "embedded/x", 3)


async def test_people_see_no_control_characters() -> None:
    out = io.StringIO()
    log = AccessLog(out, human=True)
    log.write(RECORD)
    log.flush()
    assert "\x1b" not in out.getvalue()
    assert "embedded/x [own]" in out.getvalue()
    assert "3→4 tokens" in out.getvalue()
