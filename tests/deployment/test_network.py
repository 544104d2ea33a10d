"""Who can speak to whom, worked out from the policies as a cluster would."""

from typing import Any

from tests.deployment.rendering import Deployed, Object

STATEFUL = ("auth", "tickets", "orders", "payments")


class Network:
    """The pods of an overlay, and what its policies let them do."""

    def __init__(self, overlay: Deployed) -> None:
        self.policies = [item["spec"] for item in overlay.of_kind("NetworkPolicy")]
        self.pods = {
            item["metadata"]["name"]: item["spec"]["template"]["metadata"]["labels"]
            for item in overlay.workloads()
        }

    def links(self) -> set[tuple[str, str, int]]:
        """Every (from, to, port) that is open between pods; port 0 stands for any."""
        return {
            (source, target, port)
            for source in self.pods
            for target in self.pods
            for port in self._ports("egress", self.pods[source], "to", self.pods[target])
            & self._ports("ingress", self.pods[target], "from", self.pods[source])
        }

    def outside(self, pod: str) -> set[str]:
        """What a pod may reach that is no pod of ours: namespaces and address ranges, with the port."""
        found = set()
        for policy in self._selecting(self.pods[pod], "Egress"):
            for rule in policy.get("egress", []):
                ports = [port["port"] for port in rule.get("ports", [])] or [0]
                for peer in rule["to"]:
                    found |= {f"{name}:{port}" for name in _outsiders(peer) for port in ports}
        return found

    def from_outside(self, pod: str) -> set[str]:
        return {
            name
            for policy in self._selecting(self.pods[pod], "Ingress")
            for rule in policy.get("ingress", [])
            for peer in rule["from"]
            for name in _outsiders(peer)
        }

    def opened_to(self, outsider: str) -> set[tuple[str, int]]:
        """Every pod and port that somebody outside may reach; port 0 stands for any."""
        return {
            (pod, port["port"])
            for pod, labels in self.pods.items()
            for policy in self._selecting(labels, "Ingress")
            for rule in policy.get("ingress", [])
            if any(outsider in _outsiders(peer) for peer in rule["from"])
            for port in rule.get("ports", [{"port": 0}])
        }

    def _selecting(self, labels: dict[str, str], direction: str) -> list[Object]:
        return [
            policy
            for policy in self.policies
            if direction in policy["policyTypes"] and _selects(policy["podSelector"], labels)
        ]

    def _ports(self, way: str, own: dict[str, str], peers: str, other: dict[str, str]) -> set[int]:
        policies = self._selecting(own, way.capitalize())
        assert policies, "a pod that no policy of this direction selects is open to everything"
        return {
            port["port"]
            for policy in policies
            for rule in policy.get(way, [])
            if any("podSelector" in peer and _selects(peer["podSelector"], other) for peer in rule[peers])
            for port in rule.get("ports", [{"port": 0}])
        }


def _selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    if not selector.get("matchLabels", {}).items() <= labels.items():
        return False
    for one in selector.get("matchExpressions", []):
        inside = labels.get(one["key"]) in one["values"]
        if inside is not (one["operator"] == "In"):
            return False
    return True


def _outsiders(peer: dict[str, Any]) -> set[str]:
    if "namespaceSelector" in peer:
        [(label, value)] = peer["namespaceSelector"]["matchLabels"].items()
        return {value if label == "kubernetes.io/metadata.name" else f"{label}={value}"}
    if "ipBlock" in peer:
        return {"world" if peer["ipBlock"]["cidr"] == "0.0.0.0/0" else peer["ipBlock"]["cidr"]}
    return set()


def _expected(overlay: Deployed) -> set[tuple[str, str, int]]:
    expected = {("rabbitmq", "rabbitmq", 4369), ("rabbitmq", "rabbitmq", 25672)}
    for service in STATEFUL:
        roles = ("web", "commands", "relay", "prepare", *(("events",) if service != "auth" else ()))
        expected |= {(f"{service}-{role}", f"{service}-postgres", 5432) for role in roles}
        expected |= {(f"{service}-{role}", "rabbitmq", 5672) for role in roles if role != "web"}
    if overlay.overlay == "local":
        expected |= {(f"payments-{role}", "stripe", 8420) for role in ("web", "commands")}
        expected |= {("stripe", "payments-web", 8000)}
    return expected


class TestTheNetwork:
    def test_lets_each_service_reach_its_own_database_and_the_broker_and_nothing_else(
        self, overlay: Deployed
    ) -> None:
        assert Network(overlay).links() == _expected(overlay)

    def test_lets_the_ingress_alone_in_and_to_web_alone(self, overlay: Deployed) -> None:
        network = Network(overlay)
        controller = {"local": {"kube-system"}, "production": {"ingress"}}[overlay.overlay]
        for pod in network.pods:
            assert network.from_outside(pod) == (controller if pod.endswith("-web") else set()), pod

    def test_lets_only_emails_payments_and_the_frontend_out(self, overlay: Deployed) -> None:
        network = Network(overlay)
        names = {"kube-system:53"}
        for pod in network.pods:
            out = network.outside(pod) - names
            if pod in {"payments-web", "payments-commands"}:
                assert out == {"world:443"}, pod
            elif pod == "auth-commands":
                assert out == {"world:465", "world:587"}, pod
            elif pod == "frontend-web":
                assert (
                    out
                    == {"local": {"kube-system:0"}, "production": {"ingress:0", "world:443"}}[overlay.overlay]
                )
            else:
                assert out == set(), pod

    def test_lets_every_pod_resolve_names(self, overlay: Deployed) -> None:
        network = Network(overlay)
        assert all("kube-system:53" in network.outside(pod) for pod in network.pods)

    def test_would_show_a_service_that_reaches_into_another(self, overlay: Deployed) -> None:
        """The control: one policy too many, and the picture differs."""
        network = Network(overlay)
        both = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        anything: list[Object] = [{"podSelector": {}}]
        network.policies.append({**both, "ingress": [{"from": anything}], "egress": [{"to": anything}]})
        assert ("orders-web", "payments-postgres", 0) in network.links() - _expected(overlay)
