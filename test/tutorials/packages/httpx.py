"""The part of `httpx` that the tutorials use."""

import asyncio

import wire


class HTTPError(Exception):
    pass


class TimeoutException(HTTPError):
    pass


class HTTPStatusError(HTTPError):
    def __init__(self, response):
        super().__init__(f"status {response.status_code}: {response.text}")
        self.response = response


class Response:
    def __init__(self, answer):
        self.status_code, self.headers, self.text = answer.status_code, answer.headers, answer.text
        self.json = answer.json

    def raise_for_status(self):
        if self.status_code >= 400:
            raise HTTPStatusError(self)


def _send(method, url, headers, json, params):
    return Response(wire.send(method, url, headers=headers, body=json, params=params))


class Client:
    def __init__(self, timeout):
        self.timeout = timeout

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        return None

    def get(self, url, headers=None, params=None):
        return _send("GET", url, headers, None, params)


class AsyncClient:
    def __init__(self, timeout):
        self.timeout = timeout

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_error):
        return None

    async def get(self, url, headers=None, params=None):
        return await asyncio.to_thread(_send, "GET", url, headers, None, params)

    async def post(self, url, headers=None, json=None):
        return await asyncio.to_thread(_send, "POST", url, headers, json, None)

    async def patch(self, url, headers=None, json=None):
        return await asyncio.to_thread(_send, "PATCH", url, headers, json, None)
