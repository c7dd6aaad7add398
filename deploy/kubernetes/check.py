"""Checks this folder, without a cluster and without the network. Exit status 1 when there is a problem.

    pip install kubernetes-validate==1.37.0 jsonschema==4.26.0 PyYAML==6.0.4     # below Python 3.11 tomli too
    python3 check.py                    # unknown keys, types, names that must agree between the files
    python3 check.py --crd crds.yaml    # also against the published CustomResourceDefinitions
    python3 check.py --rendered out.yaml [--crd crds.yaml]      # what `kubectl kustomize .` prints

kubernetes-validate brings the JSON Schemas of the kinds that are Kubernetes' own.
"""

import argparse
import copy
import pathlib
import re
import sys
from urllib.parse import urlsplit

import jsonschema
import referencing
import yaml
from kubernetes_validate import utils as kubernetes

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

HERE = pathlib.Path(__file__).resolve().parent
KUBERNETES = "1.37.0"
problems = []


def problem(where, what):
    problems.append(f"{where}: {what}")


class Strict(yaml.SafeLoader):
    """Refuses a key that is there twice, as the API server does with strict validation."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} is there twice", node.start_mark)
        return super().construct_mapping(node, deep)


def documents(path):
    try:
        return [item for item in yaml.load_all(path.read_text(), Strict) if item is not None]
    except (OSError, yaml.YAMLError) as error:
        problem(path.name, str(error).replace("\n", " "))
        return []


def validate(where, document, schema, **options):
    validator = jsonschema.Draft202012Validator(schema, **options)
    for error in sorted(validator.iter_errors(document), key=lambda error: error.json_path):
        problem(where, f"{error.json_path}: {error.message}")


def kubernetes_schema(document):
    """The strict schema of a kind of Kubernetes' own, from the package."""
    group = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", document["apiVersion"])
    folder = f"kubernetes-json-schema/v{KUBERNETES}-local-strict"
    schema = kubernetes.schema_contents(f"{folder}/{document['kind'].lower()}-{group}.json", KUBERNETES)
    definitions = kubernetes.schema_contents(f"{folder}/_definitions.json", KUBERNETES)
    registry = referencing.Resource.from_contents(definitions) @ referencing.Registry()
    return schema, registry


def closed(schema):
    """A schema of a CustomResourceDefinition as JSON Schema in which unknown keys are errors."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out = {}
    for key, value in schema.items():
        if key == "properties":
            out[key] = {name: closed(item) for name, item in value.items()}
        elif key not in ("description", "default", "format"):
            out[key] = closed(value)
    if "properties" in out and not schema.get("x-kubernetes-preserve-unknown-fields"):
        out.setdefault("additionalProperties", False)
    return out


def published(path):
    """(group/version, kind) -> schema, from a file with CustomResourceDefinitions."""
    schemas = {}
    for item in documents(path):
        if item.get("kind") == "CustomResourceDefinition":
            for version in item["spec"]["versions"]:
                key = (f"{item['spec']['group']}/{version['name']}", item["spec"]["names"]["kind"])
                schemas[key] = version["schema"]["openAPIV3Schema"]
    return schemas


def agrees(ours, theirs, root, where="$"):
    """Every key of our schema exists in the published one, with the same type."""
    ours = root["$defs"][ours["$ref"].rsplit("/", 1)[1]] if "$ref" in ours else ours
    if "type" in ours and isinstance(ours["type"], str) and ours["type"] != theirs.get("type", ours["type"]):
        problem("schema/spinapp.yaml", f"{where}: {ours['type']}, published is {theirs.get('type')}")
    for name in theirs.get("required", []):
        if name not in ours.get("required", []):
            problem("schema/spinapp.yaml", f"{where}: the published schema requires {name}")
    for name, item in ours.get("properties", {}).items():
        if where == "$.metadata":
            continue
        if name not in theirs.get("properties", {}):
            problem("schema/spinapp.yaml", f"{where}.{name}: the published schema does not have it")
        else:
            agrees(item, theirs["properties"][name], root, f"{where}.{name}")
    if "items" in ours:
        agrees(ours["items"], theirs.get("items", {}), root, f"{where}[]")


def check_document(where, document, own, crds):
    if not isinstance(document, dict) or not isinstance(document.get("metadata"), dict):
        return problem(where, "a document without `metadata`")
    kind = (document.get("apiVersion"), document.get("kind"))
    name = f"{where}: {kind[1]} {document['metadata'].get('name')}"
    if kind in crds:
        schema = copy.deepcopy(crds[kind])
        schema["properties"]["metadata"] = {"type": "object"}
        validate(f"{name} (published schema)", document, closed(schema))
    if kind == ("core.spinkube.dev/v1alpha1", "SpinApp"):
        validate(name, document, own)
    elif kind not in crds:
        try:
            schema, registry = kubernetes_schema(document)
        except (KeyError, FileNotFoundError):
            return problem(name, f"there is no schema for {kind[0]} {kind[1]}")
        validate(name, document, schema, registry=registry)


def allows(pattern, url):
    """Whether Spin's pattern of hosts allows this URL: SCHEME://HOST:PORT, HOST perhaps *.DOMAIN, PORT perhaps *."""
    scheme, _, rest = pattern.partition("://")
    host, _, port = rest.partition(":")
    known = {"http": "80", "https": "443"}
    hosts = url.hostname.endswith(host[1:]) if host.startswith("*.") else host in ("*", url.hostname)
    ports = (port or known.get(scheme)) in ("*", str(url.port or known[url.scheme]))
    return scheme in ("*", url.scheme) and hosts and ports


def check_agreement(app, core, kustomization):
    """What the files say of each other."""
    spec = app["spec"]
    variables = {item["name"]: item for item in spec.get("variables", [])}
    if len(variables) != len(spec.get("variables", [])):
        problem("spinapp.yaml", "$.spec.variables: a name is there twice")

    generated = {item["name"]: item.get("files", []) for item in kustomization.get("configMapGenerator", [])}
    for name, item in variables.items():
        reference = item.get("valueFrom", {}).get("configMapKeyRef")
        if reference and reference["key"] not in generated.get(reference["name"], []):
            what = f"{reference['name']}/{reference['key']}"
            problem("spinapp.yaml", f"variable {name}: kustomization.yaml makes no {what}")
    for name in ("postern_config", "postern_seal_keys"):
        if name not in variables:
            problem("spinapp.yaml", f"$.spec.variables: {name} is missing")
    for name in kustomization.get("resources", []) + kustomization.get("configurations", []):
        if not (HERE / name).is_file():
            problem("kustomization.yaml", f"{name}: there is no such file")

    settings = tomllib.loads((HERE / "postern.toml").read_text())
    allowed = variables.get("postern_allowed_host", {}).get("value", "")
    for secret in sorted(set(re.findall(r'"secret:([A-Z0-9_]+)"', (HERE / "postern.toml").read_text()))):
        if "secretKeyRef" not in variables.get(secret.lower(), {}).get("valueFrom", {}):
            problem("postern.toml", f"secret:{secret}: spinapp.yaml has no variable {secret.lower()} from a Secret")
    for tenant in settings["tenants"].values():
        for alias, upstream in tenant.get("upstreams", {}).items():
            url = urlsplit(upstream["url"])
            if url.scheme == "http" and not allows(allowed, url):
                problem("postern.toml", f"upstreams.{alias}: postern_allowed_host does not allow it: {allowed!r}")

    runtime = tomllib.loads((HERE / "runtime-config.toml").read_text())
    store = runtime.get("key_value_store", {}).get("default", {})
    url = urlsplit(store.get("url", ""))
    services = {item["metadata"]["name"]: item for item in core if item["kind"] == "Service"}
    service = services.get((url.hostname or "").split(".")[0])
    if store.get("type") != "redis" or url.scheme != "redis" or url.password != "PASSWORD":
        problem("runtime-config.toml", "key_value_store.default: not redis, or the password is not the word PASSWORD")
    if not service or url.hostname != f"{service['metadata']['name']}.{kustomization['namespace']}.svc.cluster.local":
        problem("runtime-config.toml", f"key_value_store.default.url: {url.hostname} is no Service of this folder")
    elif url.port not in [port["port"] for port in service["spec"]["ports"]]:
        problem("runtime-config.toml", f"key_value_store.default.url: the Service has no port {url.port}")

    ledger = urlsplit(variables.get("postern_ledger_host", {}).get("value", ""))
    if (ledger.scheme, ledger.netloc) != ("redis", f"{url.hostname}:{url.port}"):
        problem("spinapp.yaml", "variable postern_ledger_host: not the server of runtime-config.toml, without a password")
    if "secretKeyRef" not in variables.get("postern_ledger", {}).get("valueFrom", {}):
        problem("spinapp.yaml", "variable postern_ledger: there is none from a Secret")

    texts = [item["data"].get("valkey.conf", "") for item in core if item["kind"] == "ConfigMap"]
    lines = [line.strip() for text in texts for line in text.split("\n")]
    for line in ("appendonly yes", "maxmemory-policy noeviction"):
        if line not in lines:
            problem("valkey.yaml", f"valkey.conf: {line!r} is missing")
    for workload in [item for item in core if item["kind"] == "StatefulSet"]:
        labels = workload["spec"]["template"]["metadata"]["labels"].items()
        own = workload["spec"]["selector"]["matchLabels"]
        for selector in [own] + [item["spec"]["selector"] for item in services.values()]:
            if not selector.items() <= labels:
                problem("valkey.yaml", f"{selector} selects no pod")
    rules = [rule for item in core if item["kind"] == "NetworkPolicy" for rule in item["spec"]["ingress"]]
    peers = [peer["podSelector"]["matchLabels"] for rule in rules for peer in rule["from"]]
    if {"core.spinkube.dev/app-name": app["metadata"]["name"]} not in peers:
        problem("valkey.yaml", "NetworkPolicy: it does not let the pods of the SpinApp in")

    manifest = HERE.parent.parent / "spin.toml"
    if manifest.is_file():
        declared = tomllib.loads(manifest.read_text()).get("variables", {})
        for name in variables:
            if name in declared:
                continue
            if name.startswith("postern_"):
                problem("spinapp.yaml", f"variable {name}: spin.toml declares none")
            else:
                print(f"note: {name}: declare it in spin.toml before you push the application (README.md, step 1)")
        for name, item in declared.items():
            if item.get("required") and name not in variables:
                problem("spin.toml", f"variable {name} is required, and spinapp.yaml does not give it")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--crd", type=pathlib.Path, action="append", default=[])
    parser.add_argument("--rendered", type=pathlib.Path)
    arguments = parser.parse_args()
    own = yaml.safe_load((HERE / "schema/spinapp.yaml").read_text())
    crds = {}
    for path in arguments.crd:
        crds |= published(path)
    if arguments.crd:
        theirs = crds.get(("core.spinkube.dev/v1alpha1", "SpinApp"))
        if theirs:
            agrees(own, theirs, own)
        else:
            problem("--crd", "no CustomResourceDefinition of SpinApp v1alpha1 in it")

    checked = 0
    paths = [arguments.rendered] if arguments.rendered else [HERE / "spinapp.yaml", HERE / "valkey.yaml"]
    for path in paths:
        for document in documents(path):
            check_document(path.name, document, own, crds)
            checked += 1
    if not checked:
        problem("files", "no document was checked")
    if not problems and not arguments.rendered:
        app, *more = documents(HERE / "spinapp.yaml")
        kustomization, *_ = documents(HERE / "kustomization.yaml")
        if more:
            problem("spinapp.yaml", "it has more than one document")
        check_agreement(app, documents(HERE / "valkey.yaml"), kustomization)

    for line in problems:
        print(line, file=sys.stderr)
    print(f"{checked} documents, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
