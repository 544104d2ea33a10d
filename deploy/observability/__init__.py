"""How the marketplace is watched: alert rules, objectives, dashboards, and where Prometheus reads them."""
