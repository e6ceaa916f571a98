"""What is asked of Prometheus on a cluster is what gateways show, and what deploy/monitoring says."""

import re
import runpy

import pytest
import yaml

from serving.metrics import Metrics
from tests.deploy.manifests import KUBERNETES, manifests

MONITORING = KUBERNETES.parent / "monitoring"


@pytest.fixture(scope="module")
def metrics() -> set[str]:
    """The names of a gateway's metrics."""
    return {sample.name for family in Metrics().registry.collect() for sample in family.samples}


def test_the_rule_for_the_operator_is_made_of_the_rules() -> None:
    maker = runpy.run_path(str(KUBERNETES / "components" / "monitoring" / "make_rule.py"))
    assert maker["FILE"].read_text() == maker["rule"](), "run make rules"
    (rule,) = manifests("triton-gpu-all", "PrometheusRule")
    files = sorted((MONITORING / "rules").glob("*.yaml"))
    assert rule["spec"]["groups"] == [group for file in files for group in yaml.safe_load(file.read_text())["groups"]]


def test_jobs_are_called_as_elsewhere() -> None:
    scrapes = yaml.safe_load((MONITORING / "prometheus.yaml").read_text())["scrape_configs"]
    jobs = {
        relabeling["replacement"]
        for monitor in manifests("triton-gpu-all", "ServiceMonitor")
        for endpoint in monitor["spec"]["endpoints"]
        for relabeling in endpoint["relabelings"]
        if relabeling["targetLabel"] == "job"
    }
    assert jobs == {"phiz-gateway", "phiz-triton"}
    assert jobs <= {scrape["job_name"] for scrape in scrapes}


def test_the_autoscaler_goes_by_a_metric_that_gateways_show_and_the_adapter_knows(metrics: set[str]) -> None:
    (autoscaler,) = manifests("triton-gpu-all", "HorizontalPodAutoscaler")
    (asked,) = (each["pods"]["metric"]["name"] for each in autoscaler["spec"]["metrics"] if each["type"] == "Pods")
    assert asked in metrics
    values = KUBERNETES / "components" / "scale-on-load" / "prometheus-adapter-values.yaml"
    (rule,) = yaml.safe_load(values.read_text())["rules"]["custom"]
    assert rule["seriesQuery"].startswith(f"{asked}{{")


def test_keda_goes_by_a_metric_that_gateways_show_in_this_namespace(metrics: set[str]) -> None:
    (scaled,) = manifests("embedded-cpu-keda", "ScaledObject")
    (query,) = (each["metadata"]["query"] for each in scaled["spec"]["triggers"] if each["type"] == "prometheus")
    assert set(re.findall(r"phiz_\w+", query)) <= metrics
    assert f'namespace="{scaled["metadata"]["namespace"]}"' in query
    assert {trigger["type"] for trigger in scaled["spec"]["triggers"]} == {"prometheus", "cpu"}


def test_one_target_of_load_is_the_same_for_both() -> None:
    """Requests in flight of one gateway."""
    (autoscaler,) = manifests("triton-gpu-all", "HorizontalPodAutoscaler")
    (scaled,) = manifests("embedded-cpu-keda", "ScaledObject")
    (pods,) = (each["pods"] for each in autoscaler["spec"]["metrics"] if each["type"] == "Pods")
    (threshold,) = (each["metadata"].get("threshold") for each in scaled["spec"]["triggers"][:1])
    assert pods["target"]["averageValue"] == threshold
