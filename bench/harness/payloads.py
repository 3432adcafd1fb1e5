"""Survey states as a front end would save them: about 4 KB of JSON with varied English words, ids, booleans and numbers."""

from __future__ import annotations

import json
import random
from pathlib import Path

PAYLOAD_BYTES = 4096
PAYLOAD_COUNT = 64
# All hold equally many values: a form that is being filled in does not lose any from one save to the next. (What a save
# replaces with less is kept for undo, which has a measurement of its own.)
VALUE_COUNT = 260
# Stands once in each payload; whoever saves it puts another number of 13 digits there, so that each save changes something.
STAMP = "1111111111111"

WORDS = (
    "the and to of a in is that for it was on are with as they be at this have from or had by not but some what there we"
    " can out other were all your when up use how said each she which their time will way about many then them would"
    " write like so these her long make thing see him two has look more day could go come did my sound no most number who"
    " over know water than call first people may down side been now find any new work part take get place made live where"
    " after back little only round man year came show every good me give our under name very through just form sentence"
    " great think say help low line differ turn cause much mean before move right boy old too same tell does set three"
    " want air well also play small end put home read hand port large spell add even land here must big high such follow"
    " act why ask men change went light kind off need house picture try us again animal point mother world near build self"
    " earth father colleague manager workload deadline meeting training feedback holiday commute office remote schedule"
    " appointment doctor nurse waiting room reception treatment medicine allergy breathing sleep exercise diet family"
    " neighbour school teacher pupil transport station ticket delay platform price quality delivery parcel return refund"
    " friendly helpful unclear difficult comfortable tired worried satisfied disappointed excellent poor usually sometimes"
    " rarely never always yesterday morning evening weekend budget insurance contract support answer question survey café"
    " naïve Zürich résumé façade Málaga"
).split()
TOPICS = ("health", "wellbeing", "workplace", "travel", "housing", "service", "training", "nutrition")
QUESTION_KINDS = ("choice", "choices", "scale", "text", "date")


def make_payloads() -> list[str]:
    """The same payloads on each run: JSON objects of exactly PAYLOAD_BYTES bytes, each with STAMP in it once."""
    chance = random.Random(20_261_121)
    return [make_payload(chance, number) for number in range(PAYLOAD_COUNT)]


def make_payload(chance: random.Random, number: int) -> str:
    """One participant's state of the form: answers until it is full, the free text at the end fills it up."""
    screen = number % 12
    answers: dict[str, object] = {}
    state = {
        "form": f"{chance.choice(TOPICS)}-2026",
        "locale": chance.choice(("en-GB", "en-US", "de-CH", "es-ES")),
        "saved_at": int(STAMP),
        "screen": {"current": screen, "total": 12, "visited": list(range(screen + 1))},
        "consent": {
            "given": True,
            "newsletter": chance.random() < 0.3,
            "at": f"2026-11-{chance.randint(1, 28):02}T08:14:09Z",
        },
        "answers": answers,
        "marks": [],
        "remarks": "-",
    }
    question = 100
    while True:
        question += chance.randint(1, 3)
        answer = make_answer(chance, question)
        marks = VALUE_COUNT - value_count(state) - value_count(answer)
        if size(state) + size({f"q{question}": answer}) + 2 * marks > PAYLOAD_BYTES:
            break
        answers[f"q{question}"] = answer
    state["marks"] = [number % 10] * (VALUE_COUNT - value_count(state))
    room = PAYLOAD_BYTES - size(state) + 1
    plain_words = [word for word in WORDS if word.isascii()]
    state["remarks"] = " ".join(chance.choices(plain_words, k=room))[:room]
    payload = to_json(state)
    assert len(payload.encode()) == PAYLOAD_BYTES and payload.count(STAMP) == 1 and value_count(state) == VALUE_COUNT
    return payload


def make_answer(chance: random.Random, question: int) -> dict[str, object]:
    """The answer to one question, of one of the usual kinds."""
    answer: dict[str, object] = {"question_id": question, "kind": chance.choice(QUESTION_KINDS)}
    match answer["kind"]:
        case "choice":
            answer["option_id"] = 2000 + chance.randint(1, 900)
        case "choices":
            answer["option_ids"] = sorted(chance.sample(range(2000, 2900), chance.randint(1, 5)))
        case "scale":
            answer["value"] = chance.randint(0, 10)
        case "text":
            answer["text"] = (" ".join(chance.choices(WORDS, k=chance.randint(4, 30))) + ".").capitalize()
        case "date":
            answer["value"] = f"20{chance.randint(10, 26)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    answer["seconds"] = round(chance.uniform(1, 90), 1)
    answer["skipped"] = chance.random() < 0.1
    return answer


def value_count(value: object) -> int:
    """How many values it holds, as the service counts them: texts that are not empty, numbers, booleans."""
    match value:
        case dict():
            return sum(value_count(member) for member in value.values())
        case list():
            return sum(value_count(element) for element in value)
        case _:
            return int(value not in (None, ""))


def to_json(value: object) -> str:
    """JSON as a browser's JSON.stringify writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def size(value: object) -> int:
    """How many bytes the value takes as JSON."""
    return len(to_json(value).encode())


def write_payloads(path: Path) -> list[str]:
    """Makes the payloads and writes them to a file, one a line, for wrk and the plain sqlite3 loop."""
    payloads = make_payloads()
    path.write_text("\n".join(payloads) + "\n", encoding="utf-8")
    return payloads


def email_of(number: int, kind: str = "user") -> str:
    """The email of a draft: `user` for the living, `gone` for the expired. wrk/drafts.lua makes the same."""
    return f"{kind}{number:07}@example.com"
