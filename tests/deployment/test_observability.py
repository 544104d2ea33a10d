"""Rules, dashboards and runbooks fit one another, and name metrics that there are."""

import json
import re
from collections.abc import Iterator

import pytest
import yaml

from deploy.observability.generated import WRITTEN
from tests.deployment.metrics import METRICS, metrics_in, named_in, series, unknown_labels
from tests.deployment.rendering import OBSERVABILITY, ROOT, Object

RUNBOOKS = ROOT / "docs" / "how-to" / "operate.md"
DASHBOARDS = sorted((OBSERVABILITY / "grafana" / "dashboards").glob("*.json"))
#: What a runbook says, in this order.
PARTS = ("**Effect.**", "**Confirm.**", "**Fix.**", "**Fixed when**")


def rules() -> list[Object]:
    files = [yaml.safe_load(path.read_text()) for path in sorted((OBSERVABILITY / "rules").glob("*.yaml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def recorded() -> set[str]:
    return {rule["record"] for rule in rules() if "record" in rule}


def alerts() -> list[Object]:
    return [rule for rule in rules() if "alert" in rule]


def queries(dashboard: Object) -> Iterator[str]:
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel.get("targets", []))


def runbooks() -> dict[str, str]:
    """The section of each alert, by its name."""
    sections = re.split(r"^### (?=\w+$)", RUNBOOKS.read_text(), flags=re.MULTILINE)[1:]
    return {name: text for name, _, text in (section.partition("\n") for section in sections)}


class TestWhatIsWritten:
    @pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
    def test_is_as_the_command_writes_it(self, path: object) -> None:
        [(file, text)] = [(file, text) for file, text in WRITTEN.items() if file == path]
        assert file.read_text() == text(), "run ./manage_all.py observability"

    def test_is_every_dashboard(self) -> None:
        assert set(DASHBOARDS) <= WRITTEN.keys()


class TestEveryQuery:
    def test_of_a_rule_names_metrics_that_there_are(self) -> None:
        for rule in rules():
            unknown = named_in(rule["expr"]) - series() - recorded()
            assert unknown == set(), rule.get("alert") or rule.get("record")
            assert unknown_labels(rule["expr"]) == set(), rule.get("alert") or rule.get("record")

    @pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
    def test_of_a_dashboard_names_metrics_that_there_are(self, path: object) -> None:
        [dashboard] = [json.loads(one.read_text()) for one in DASHBOARDS if one == path]
        assert list(queries(dashboard))
        for query in queries(dashboard):
            assert named_in(query), query
            assert named_in(query) - series() - recorded() == set(), query
            assert unknown_labels(query) == set(), query

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("max by (service) (events_parked) > 15", {"events_parked"}),
            ('sum(rate(a_total{up="x", b=~"y"}[5m])) / b_count', {"a_total", "b_count"}),
            ("a:b:rate5m unless on (service) c and vector(0)", {"a:b:rate5m", "c"}),
            ('label_replace(up, "alarm", "memory", "", "") == 14.4 * 0.001', {"up"}),
            (
                "histogram_quantile(0.9, sum by (service, le) (rate(x_bucket[$__rate_interval])))",
                {"x_bucket"},
            ),
        ],
    )
    def test_is_read_right(self, query: str, names: set[str]) -> None:
        """The control."""
        assert named_in(query) == names

    def test_shows_a_label_that_its_metric_lacks(self) -> None:
        """The control."""
        query = 'sum by (service, sweeps) (rate(sweep_failures_total{stream="order"}[5m]))'
        assert unknown_labels(query) == {"sweeps", "stream"}


class TestEveryAlert:
    def test_says_what_to_do_and_how_urgent_it_is(self) -> None:
        assert alerts()
        for alert in alerts():
            assert alert["labels"]["severity"] in {"critical", "warning"}, alert["alert"]
            assert alert["annotations"].keys() == {"summary", "description", "runbook_url"}, alert["alert"]
            assert "for" in alert, alert["alert"]

    def test_points_to_its_runbook(self) -> None:
        for alert in alerts():
            anchor = f"docs/how-to/operate.md#{alert['alert'].lower()}"
            assert alert["annotations"]["runbook_url"] == anchor

    def test_has_a_runbook_and_every_runbook_an_alert(self) -> None:
        assert runbooks().keys() == {alert["alert"] for alert in alerts()}

    def test_that_alertmanager_names_is_there(self) -> None:
        config = yaml.safe_load((OBSERVABILITY / "alertmanager.yml").read_text())
        matchers = [
            matcher
            for rule in config["inhibit_rules"]
            for matcher in rule["source_matchers"] + rule["target_matchers"]
            if matcher.startswith("alertname")
        ]
        named = {name for matcher in matchers for name in matcher.split('"')[1].split("|")}
        assert named
        assert named <= {alert["alert"] for alert in alerts()}


class TestEveryRunbook:
    def test_says_what_it_means_and_how_to_confirm_and_mend_it(self) -> None:
        for name, text in runbooks().items():
            places = [text.find(part) for part in PARTS]
            assert -1 not in places, f"{name} lacks {PARTS[places.index(-1)]}"
            assert places == sorted(places), name


class TestEveryDashboard:
    @pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
    def test_has_a_name_of_its_own_and_panels_that_do_not_overlap(self, path: object) -> None:
        [dashboard] = [json.loads(one.read_text()) for one in DASHBOARDS if one == path]
        others = [json.loads(one.read_text()) for one in DASHBOARDS if one != path]
        assert dashboard["uid"] not in {one["uid"] for one in others}
        covered: set[tuple[int, int]] = set()
        for panel in dashboard["panels"]:
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert cells.isdisjoint(covered), panel["title"]
            assert place["x"] + place["w"] <= 24, panel["title"]
            covered |= cells

    def test_or_alert_uses_every_metric_of_the_services(self) -> None:
        """What nobody looks at needn't be measured."""
        used = {name for rule in rules() for name in metrics_in(rule["expr"])}
        for path in DASHBOARDS:
            used |= {name for query in queries(json.loads(path.read_text())) for name in metrics_in(query)}
        assert METRICS.keys() - used == set()
