"""The changes feed: what became of records since a place in the history, as one viewer may know it."""

from app.storage.feed.following import Followed, Following, follow
from app.storage.feed.places import Place

__all__ = ["Followed", "Following", "Place", "follow"]
