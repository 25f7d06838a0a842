"""
HTTP for the packages beside this file, by the standard library alone. Hosts that a tutorial names
are looked up in TUTORIAL_HOSTS; any other but loopback is refused, so that nothing leaves the machine.
"""

import json
import os
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

HOSTS = json.loads(os.environ.get("TUTORIAL_HOSTS", "{}"))
PLATFORM = "https://mypurecloud.com"


class Answer:
    def __init__(self, url, status, headers, content):
        self.url, self.status_code, self.headers, self.text = url, status, headers, content

    def json(self):
        return json.loads(self.text)


def send(method, url, headers=None, body=None, form=None, params=None):
    sent = {name: value for name, value in (headers or {}).items() if value is not None}
    data = None
    if form is not None:
        data = urllib.parse.urlencode(form).encode()
    elif body is not None:
        data = json.dumps(body).encode()
        sent.setdefault("Content-Type", "application/json")
    target = here(url + ("?" + urllib.parse.urlencode(params) if params else ""))
    request = urllib.request.Request(target, data=data, headers=sent, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return Answer(url, answer.status, answer.headers, answer.read().decode())
    except urllib.error.HTTPError as refused:
        return Answer(url, refused.code, refused.headers, refused.read().decode())


def here(url):
    parts = urllib.parse.urlsplit(url)
    if parts.hostname == "127.0.0.1":
        return url
    if parts.hostname not in HOSTS:
        raise RuntimeError(f"{parts.hostname} is not to be called from a test")
    return HOSTS[parts.hostname] + url[url.index(parts.netloc) + len(parts.netloc) :]


def sign_in(form, host=PLATFORM):
    """A token, or the refusal as the packages raise it."""
    answer = send("POST", f"{host}/oauth/token", form=form)
    if answer.status_code != 200:
        raise ApiException(answer)
    return answer.json()["access_token"]


def sign_in_by_key(private_key, client_id):
    now = int(time.time())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": f"{PLATFORM}/oauth/token",
        "iat": now,
        "exp": now + 300,
        "jti": str(uuid.uuid4()),
    }
    return sign_in(
        {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "client_id": client_id,
            "assertion": signed(claims, private_key),
        }
    )


SIGN = """
const { sign } = require('node:crypto');
const { claims, key } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
process.stdout.write(`${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`);
"""


def signed(claims, private_key):
    """By Node: the standard library of Python signs nothing with RSA."""
    told = json.dumps({"claims": claims, "key": private_key})
    command = [os.environ["TUTORIAL_NODE"], "-e", SIGN]
    return subprocess.run(command, input=told, capture_output=True, text=True, check=True).stdout


class ApiException(Exception):
    def __init__(self, answer):
        super().__init__(f"({answer.status_code}) {answer.text}")
        self.status, self.reason, self.body = answer.status_code, answer.text, answer.text


class Fields:
    """An object of the platform by its attributes."""

    def __init__(self, **fields):
        self.__dict__.update(fields)

    def __getattr__(self, _name):
        return None


class Session:
    """One signed-in client, as the SDKs keep it."""

    def __init__(self, token):
        self.token = token

    def call(self, method, path, body=None, params=None):
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = send(method, f"{PLATFORM}{path}", headers=headers, body=body, params=params)
        if answer.status_code >= 400:
            raise ApiException(answer)
        return Fields(**answer.json())
