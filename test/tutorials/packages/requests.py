"""The part of `requests` that the tutorials use."""

from types import SimpleNamespace

import wire


class HTTPError(Exception):
    pass


exceptions = SimpleNamespace(HTTPError=HTTPError)


def get(url, headers=None):
    return wire.send("GET", url, headers=headers)


def post(url, headers=None, json=None, data=None):
    return wire.send("POST", url, headers=headers, body=json, form=data)


def patch(url, headers=None, json=None):
    return wire.send("PATCH", url, headers=headers, body=json)


def put(url, headers=None, json=None):
    return wire.send("PUT", url, headers=headers, body=json)
