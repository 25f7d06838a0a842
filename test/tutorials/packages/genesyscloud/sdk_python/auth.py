class ClientCredentialsProvider:
    def __init__(self, client_id, client_secret, scope=None):
        self.form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
            **({} if scope is None else {"scope": scope}),
        }
