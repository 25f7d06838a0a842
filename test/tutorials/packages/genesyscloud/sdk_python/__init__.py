"""The SDK as document 001 has it: client credentials, and calls by the generic path."""

import wire


class PureCloudPlatformClientV2:
    def __init__(self, auth_provider):
        self.auth_provider, self.base_uri, self.session = auth_provider, wire.PLATFORM, None

    def set_base_uri(self, base_uri):
        self.base_uri = base_uri

    def login(self):
        if self.session is None:
            self.session = wire.Session(wire.sign_in(self.auth_provider.form, self.base_uri))
        return self.session
