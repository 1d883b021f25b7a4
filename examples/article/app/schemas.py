"""What the API answers, read from the attributes of the models."""

from pydantic import BaseModel, ConfigDict


class OrganizationOut(BaseModel):
    """An organization, without its users."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str


class UserOut(BaseModel):
    """A user and her organization."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    email: str
    organization: OrganizationOut
