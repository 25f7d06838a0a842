"""The SDK as document 000 has it: a private key, and calls by the voice path."""

import wire

VOICE = "/api/v2/conversations/voice"
signed_in = None


class ApiClient:
    pass


class PureCloudPlatformClientV2:
    def set_private_key(self, private_key, client_id):
        global signed_in
        signed_in = wire.Session(wire.sign_in_by_key(private_key, client_id))


class ConversationApi:
    def get_conversation(self, conversation_id, expand):
        expanded = {"expand": ",".join(expand)}
        return signed_in.call("GET", f"{VOICE}/{conversation_id}", params=expanded)

    def get_conversation_participant(self, conversation_id, participant_id):
        return signed_in.call("GET", f"{VOICE}/{conversation_id}/participants/{participant_id}")

    def update_conversation_participant(self, conversation_id, participant_id, body):
        path = f"{VOICE}/{conversation_id}/participants/{participant_id}"
        return signed_in.call("PATCH", path, body=vars(body))
