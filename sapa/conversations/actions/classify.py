"""What a conversation is about: subject, priority, tags and custom fields."""

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.accounts.models import User
from sapa.accounts.permissions import Permission
from sapa.conversations.actions._lock import check, envelope, lock
from sapa.conversations.facts import Reclassified
from sapa.conversations.models import Conversation, Tag
from sapa.core import clock
from sapa.core.errors import Refused
from sapa.customers.fields import field_of, read_value
from sapa.timeline.record import record, record_many

MOST_TAGS = 30


@transaction.atomic
def set_priority(conversation: Conversation, priority: int, *, by: User | None) -> Conversation:
    """1 low … 4 urgent. Raises NotAllowed, Refused."""
    check(by, Permission.CHANGE)
    if priority not in Conversation.Priority.values:
        raise Refused(_("A priority is a number from 1 (low) to 4 (urgent)."), field="priority")
    conversation = lock(conversation)
    before = conversation.priority
    if before != priority:
        conversation.priority = priority
        _save(conversation, "priority")
        record(Reclassified(field="priority", before=before, after=priority), envelope(conversation, by=by))
    return conversation


@transaction.atomic
def rename(conversation: Conversation, subject: str, *, by: User) -> Conversation:
    """Give another subject (at most 300 characters). Raises NotAllowed, Refused when it is empty."""
    check(by, Permission.CHANGE)
    subject = " ".join(subject.split())
    if not subject or len(subject) > 300:
        raise Refused(_("A subject has 1 to 300 characters."), field="subject")
    conversation = lock(conversation)
    if conversation.subject != subject:
        conversation.subject = subject
        _save(conversation, "subject")
        record(Reclassified(field="subject"), envelope(conversation, by=by))
    return conversation


@transaction.atomic
def set_tags(conversation: Conversation, names: Collection[str], *, by: User | None) -> Conversation:
    """Exactly these tags; unknown words become tags. Raises NotAllowed, Refused."""
    check(by, Permission.CHANGE)
    wanted = {" ".join(name.split()).lower() for name in names} - {""}
    if len(wanted) > MOST_TAGS or any(len(name) > 60 for name in wanted):
        raise Refused(_("At most 30 tags of at most 60 characters each."), field="tags")
    conversation = lock(conversation)
    Tag.objects.bulk_create((Tag(name=name) for name in sorted(wanted)), ignore_conflicts=True)
    before = {tag.name: tag for tag in conversation.tags.all()}
    added = list(Tag.objects.filter(name__in=wanted - set(before)))
    removed = [tag for name, tag in before.items() if name not in wanted]
    conversation.tags.add(*added)
    conversation.tags.remove(*removed)
    if added or removed:
        _save(conversation)
        about = envelope(conversation, by=by)
        record_many(
            [(Reclassified(field="tag", after=tag.pk), about) for tag in added]
            + [(Reclassified(field="tag", before=tag.pk), about) for tag in removed]
        )
    return conversation


@transaction.atomic
def set_field(conversation: Conversation, key: str, raw: str, *, by: User | None) -> Conversation:
    """Set a custom field from what a form sent; empty removes it. Raises NotAllowed, Refused naming the field."""
    check(by, Permission.CHANGE)
    field = field_of("conversation", key)
    value = read_value(field, raw)
    conversation = lock(conversation)
    if conversation.fields.get(key) != value:
        conversation.fields = {**conversation.fields, key: value}
        if value is None:
            del conversation.fields[key]
        _save(conversation, "fields")
        record(Reclassified(field=f"field:{key}"), envelope(conversation, by=by))
    return conversation


def _save(conversation: Conversation, *changed: str) -> None:
    conversation.updated_at = clock.now()
    conversation.save(update_fields=[*changed, "updated_at"])
