"""Facts (append-only), followers' cursors, and who is looking at what right now."""

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import RawSQL

if TYPE_CHECKING:
    _TextField = models.Field[str, str]
else:
    _TextField = models.Field


class Xid8Field(_TextField):
    """A 64-bit transaction id (PostgreSQL xid8), as decimal text."""

    def db_type(self, connection: object) -> str:
        return "xid8"

    def from_db_value(self, value: object, expression: object, connection: object) -> str:
        return str(value)

    def select_format(
        self, compiler: object, sql: str, params: tuple[str | int, ...]
    ) -> tuple[str, tuple[str | int, ...]]:
        return f"{sql}::text", params


class Fact(models.Model):
    """Something that happened. The envelope is that of docs/timeline.md; personal content lives elsewhere.

    `id` grows in insert order, `xid` is the transaction: followers read by (xid, id), see sapa.timeline.followers.
    """

    class Actor(models.TextChoices):
        CUSTOMER = "customer"
        AGENT = "agent"
        BOT = "bot"
        AUTOMATION = "automation"
        SYSTEM = "system"

    id = models.BigAutoField(primary_key=True)
    xid = Xid8Field(db_default=RawSQL("pg_current_xact_id()", ()), editable=False)
    kind = models.CharField(max_length=60)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=models.functions.Now())
    seq = models.SmallIntegerField(default=0)
    source = models.CharField(max_length=40, default="sapa")
    source_event_id = models.CharField(max_length=200, null=True)  # noqa: DJ001  (null: unique only where given)
    tenant_id = models.SmallIntegerField(default=1)
    contact_id = models.BigIntegerField(null=True)
    conversation_id = models.BigIntegerField(null=True)
    customer_id = models.BigIntegerField(null=True)
    queue_id = models.BigIntegerField(null=True)
    agent_id = models.BigIntegerField(null=True)
    leg_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=20, blank=True)
    actor_kind = models.CharField(max_length=12, choices=Actor.choices, default=Actor.SYSTEM)
    payload = models.JSONField(default=dict)
    version = models.SmallIntegerField(default=1)
    corrects_id = models.BigIntegerField(null=True)
    audience: "ArrayField[list[str], list[str]]" = ArrayField(models.CharField(max_length=40), default=list)

    class Meta:
        indexes = [
            models.Index(fields=["xid", "id"], name="fact_order"),
            models.Index(fields=["conversation_id", "id"], name="fact_conversation"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_event_id"],
                condition=models.Q(source_event_id__isnull=False),
                name="fact_source_once",
            ),
        ]


class Cursor(models.Model):
    """How far a follower has read; written in the same transaction as what the follower wrote."""

    follower = models.CharField(max_length=80, primary_key=True)
    xid = Xid8Field(default="0")
    fact_id = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)


class Presence(models.Model):
    """A person (one browser tab) who looks at or types in a conversation until `until`; lost at a crash, and that is fine."""

    class Doing(models.TextChoices):
        VIEWING = "viewing"
        TYPING = "typing"

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    tab = models.CharField(max_length=40)
    conversation_id = models.BigIntegerField(db_index=True)
    doing = models.CharField(max_length=8, choices=Doing.choices)
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "tab"], name="presence_tab_once")]
