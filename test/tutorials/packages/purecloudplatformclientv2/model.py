from wire import Fields


class Participant(Fields):
    pass


class ConversationParticipantUpdateRequest(Fields):
    pass
