"""The part of `pydantic` that the tutorials use."""


class BaseModel:
    pass


class ValidationError(Exception):
    pass
