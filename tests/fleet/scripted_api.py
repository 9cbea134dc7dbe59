"""An API server that says what a test tells it to: Keelson's resources from a dictionary, and faults.

    with ScriptedApi(folder) as api:
        api.put("noderollouts", {...}); program --kubeconfig api.kubeconfig
        api.answer("PATCH", "/noderollouts/x", 409, {...})      # the next such request only

Plain HTTP on a loopback port. Nodes, pods and budgets are lists of any length, empty unless put there. It is no
Kubernetes: no validation, no RBAC, merge patches of one level at most in each member. For what a real one does, see
tests/fixtures/kubernetes.py.
"""
import http.server
import json
import queue
import threading

GROUP = "/apis/keelson.dev/v1alpha1/"
COLLECTIONS = {
    **{GROUP + plural: plural for plural in ("noderollouts", "nodepools", "imagereleases", "noderecords", "maintenancewindows")},
    "/api/v1/nodes": "nodes", "/api/v1/pods": "pods", "/apis/policy/v1/poddisruptionbudgets": "poddisruptionbudgets",
    "/apis/storage.k8s.io/v1/volumeattachments": "volumeattachments",
}
SERVED = {
    "/apis": {"groups": [{"name": "policy", "versions": [{"groupVersion": "policy/v1", "version": "v1"}],
                          "preferredVersion": {"groupVersion": "policy/v1", "version": "v1"}}]},
    "/apis/policy/v1": {"groupVersion": "policy/v1", "resources": [
        {"name": "poddisruptionbudgets", "kind": "PodDisruptionBudget", "namespaced": True, "verbs": ["list"]}]},
    "/version": {"major": "1", "minor": "32", "gitVersion": "v1.32.0"},
}


def status(code, reason, message):
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message}


def merge(target, patch):
    """RFC 7386."""
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict):
            merge(target.setdefault(key, {}), value)
        else:
            target[key] = value


class ScriptedApi:
    def __init__(self, folder):
        self.folder = folder
        self.objects = {plural: {} for plural in COLLECTIONS.values()}
        self.version = 1
        self.scripted = []
        self.requests = []
        self.watchers = []
        self.history = []
        self.lock = threading.Lock()
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def handle_any(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                path, _, query = self.path.partition("?")
                api.requests.append((self.command, self.path, body))
                if "watch=1" in query and self.command == "GET":
                    api.stream(self, path, query)
                    return
                code, answer = api.respond(self.command, path, body, query)
                data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = handle_any

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.kubeconfig = folder / "kubeconfig"
        self.kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "test", "users": [{"name": "test", "user": {}}],
            "clusters": [{"name": "test", "cluster": {"server": f"http://127.0.0.1:{self.server.server_port}"}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}]}))

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.cut_watches()
        self.server.shutdown()
        self.server.server_close()

    # ---- what tests do ----
    def put(self, plural, thing):
        """Makes or replaces it; watchers are told."""
        with self.lock:
            self.version += 1
            thing = json.loads(json.dumps(thing))
            name = thing["metadata"]["name"]
            kind = "MODIFIED" if name in self.objects[plural] else "ADDED"
            thing["metadata"].setdefault("uid", f"uid-{name}")
            thing["metadata"]["resourceVersion"] = str(self.version)
            self.objects[plural][name] = thing
            self.tell(plural, kind, thing)

    def remove(self, plural, name):
        with self.lock:
            self.version += 1
            thing = self.objects[plural].pop(name)
            thing["metadata"]["resourceVersion"] = str(self.version)
            self.tell(plural, "DELETED", thing)

    def answer(self, method, ending, code, body):
        """The next request of that method whose path ends so gets this."""
        self.scripted.append((method, ending, code, body))

    def cut_watches(self):
        with self.lock:
            for _, events in self.watchers:
                events.put(None)

    # ---- how it does it ----
    def tell(self, plural, kind, thing):
        event = {"type": kind, "object": json.loads(json.dumps(thing))}
        self.history.append((self.version, plural, event))
        for watched, events in self.watchers:
            if watched == plural:
                events.put(event)

    def respond(self, method, path, body, query):
        with self.lock:
            for each in self.scripted:
                if each[0] == method and path.endswith(each[1]):
                    self.scripted.remove(each)
                    return each[2], each[3]
            if path in SERVED:
                return 200, SERVED[path]
            collection, _, name = path.rpartition("/")
            if path in COLLECTIONS:
                plural = COLLECTIONS[path]
                if method == "POST":
                    return self.create(plural, json.loads(body), query)
                wanted = [part.split("%3D")[1] for part in query.split("&") if part.startswith("fieldSelector=metadata.name%3D")]
                items = [thing for key, thing in sorted(self.objects[plural].items()) if not wanted or key in wanted]
                return 200, {"kind": "List", "metadata": {"resourceVersion": str(self.version)}, "items": items}
            if collection in COLLECTIONS:
                return self.one(method, COLLECTIONS[collection], name, body, query)
        return 404, "404 page not found\n"

    def create(self, plural, thing, query):
        name = thing["metadata"]["name"]
        if name in self.objects[plural]:
            return 409, status(409, "AlreadyExists", f"{plural} \"{name}\" already exists")
        if "dryRun=All" not in query:
            self.version += 1
            thing["metadata"].update(uid=f"uid-{name}", resourceVersion=str(self.version), generation=1,
                                     creationTimestamp="2026-11-26T09:00:00Z")
            self.objects[plural][name] = thing
            self.tell(plural, "ADDED", thing)
        return 201, thing

    def one(self, method, plural, name, body, query):
        thing = self.objects[plural].get(name)
        if thing is None:
            return 404, status(404, "NotFound", f"{plural} \"{name}\" not found")
        if method == "PATCH" and "dryRun=All" not in query:
            patch = json.loads(body)
            meant = patch.get("metadata", {}).get("resourceVersion")
            if meant not in (None, thing["metadata"]["resourceVersion"]):
                return 409, status(409, "Conflict", "the object has been modified")
            merge(thing, patch)
            self.version += 1
            thing["metadata"]["resourceVersion"] = str(self.version)
            thing["metadata"]["generation"] = thing["metadata"].get("generation", 1) + 1
            self.tell(plural, "MODIFIED", thing)
        return 200, thing

    def stream(self, handler, path, query):
        """What has happened since the version that is asked for, and then what happens."""
        events = queue.Queue()
        watcher = (COLLECTIONS.get(path), events)
        since = int(dict(part.split("=") for part in query.split("&"))["resourceVersion"])
        with self.lock:
            for version, plural, event in self.history:
                if version > since and plural == watcher[0]:
                    events.put(event)
            self.watchers.append(watcher)
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.close_connection = True
        try:
            while True:
                event = events.get()
                data = b"" if event is None else json.dumps(event).encode() + b"\n"
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                handler.wfile.flush()
                if event is None:
                    return
        except OSError:
            pass  # the program has gone
        finally:
            with self.lock:
                self.watchers.remove(watcher)
