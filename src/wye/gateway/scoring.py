"""What a shadow shows: a score for both answers to one request, or why there is none."""

import json
import random
import secrets
from typing import NamedTuple

from wye.core.answer import Answer
from wye.core.chat import Chat, Text, ToolCall
from wye.gateway.aside import ask, quiet
from wye.gateway.attempts import Attempts
from wye.gateway.job import Job
from wye.gateway.spoken import CHAT, read
from wye.routing.agreement import NOT_COMPARED, differs, flaw
from wye.routing.meaning import alike
from wye.routing.watch.judge import MAX_TOKENS, question, verdict

_shuffle = random.SystemRandom().random
_CONSONANTS = "bcdfghjklmnpqrstvwxz"


class Scored(NamedTuple):
    """Two scores in [0, 1]; None = missing, and why."""

    strong: float | None = None
    weak: float | None = None
    why: str = ""


def agreement(strong: Answer, weak: Answer, asked: Chat) -> Scored:
    """Compare final answers: the strong model's stands for the right one, and who says another is wrong.

    A weak answer that is unfit (empty, cut, against its schema) where the strong one is not is wrong, too.
    """
    wrong = flaw(weak, asked)
    if wrong and not flaw(strong, asked):
        return Scored(1.0, 0.0)
    if not strong.choices or not weak.choices:
        return Scored(why="an answer is empty")
    told = differs(strong, weak, "answer", 1.0, alike)
    if told == NOT_COMPARED:
        return Scored(why=told)
    return Scored(1.0, 0.0 if told else 1.0)


def _mark() -> str:
    """Return a random word of letters: figures could be anybody's number, and would be masked."""
    return "".join(secrets.choice(_CONSONANTS) for _ in range(8))


async def judged(attempts: Attempts, job: Job, judge: str, strong: Answer, weak: Answer) -> Scored:
    """Ask a judge, who gets both answers in random order and does not know whose they are.

    The judge's attempt goes into the job's entry.
    """
    swapped = _shuffle() < 0.5  # noqa: PLR2004  # a coin
    first, second = (weak, strong) if swapped else (strong, weak)
    told = question(job.session.prompt(), text(first), text(second), _mark())
    body = {"model": judge, "messages": [{"role": "user", "content": told}], "max_tokens": MAX_TOKENS}
    asking = Job(
        CHAT.decode(json.dumps(body).encode()),
        job.verdict,
        job.decision,
        CHAT,
        job.caller,
        job.entry,
        job.targets,
        job.session,
    )
    said = await ask(attempts, asking, quiet(read(asking.request)), judge, "judge")
    if isinstance(said, str):
        return Scored(why=f"the judge: {said}")
    try:
        scores = verdict(text(said))
    except ValueError as error:
        return Scored(why=str(error))
    return Scored(scores.second, scores.first) if swapped else Scored(scores.first, scores.second)


def text(answer: Answer) -> str:
    """Return what an answer says: its text, and which tools it calls how."""
    parts = answer.choices[0].parts if answer.choices else ()
    said = [part.text for part in parts if isinstance(part, Text)]
    called = [f"[calls {part.name} with {part.arguments}]" for part in parts if isinstance(part, ToolCall)]
    return "\n".join((*said, *called))
