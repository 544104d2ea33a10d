from django.db import models


class Note(models.Model):
    id = models.UUIDField(primary_key=True)
    text = models.TextField()
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.text
