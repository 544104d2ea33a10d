"""What the processes of the services serve as Prometheus text."""

import http.client
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import NamedTuple

_LIMIT, _TIMEOUT = 2_000_000, 2.0
_SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? +([^ ]+)(?: +-?\d+)?")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Sample(NamedTuple):
    """One value of a metric."""

    name: str
    value: float
    labels: Mapping[str, str]


def parse(text: str) -> Iterator[Sample]:
    """Yield the samples of Prometheus's text format; what isn't one is left out."""
    for match in map(_SAMPLE.fullmatch, text.splitlines()):
        try:
            if match:
                yield Sample(match[1], float(match[3]), dict(_LABEL.findall(match[2] or "")))
        except ValueError:
            continue


def scrape(ports: Mapping[str, int]) -> dict[str, list[Sample]]:
    """Return the samples of each port by its name; where none come in time, it is left out."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        texts = zip(ports, pool.map(_get, ports.values()), strict=True)
        return {name: list(parse(text)) for name, text in texts if text}


def _get(port: int) -> str:
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)) as connection:
            connection.request("GET", "/metrics")
            answer = connection.getresponse()
            return answer.read(_LIMIT).decode(errors="replace") if answer.status == http.client.OK else ""
    except (OSError, http.client.HTTPException):
        return ""
