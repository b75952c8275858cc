"""Tags as a whole: renamed, merged, deleted on every conversation that has them."""

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.accounts.audit import audit
from sapa.accounts.models import User
from sapa.accounts.permissions import Permission
from sapa.conversations.actions._lock import check
from sapa.conversations.models import Conversation, Tag
from sapa.core.errors import Refused

_Put = Conversation.tags.through


@transaction.atomic
def rename_tag(tag: Tag, name: str, *, by: User | None) -> Tag:
    """Another word; one that is there already is refused: merge them. Raises NotAllowed, Refused."""
    check(by, Permission.SETTINGS)
    name = " ".join(name.replace("\0", "").split()).lower()
    if not name or len(name) > 60:
        raise Refused(_("A tag has 1 to 60 characters."), field="name")
    tag = Tag.objects.select_for_update().get(pk=tag.pk)
    if Tag.objects.filter(name=name).exclude(pk=tag.pk).exists():
        raise Refused(_("There is a tag «%(name)s» already; merge this one into it.") % {"name": name}, field="name")
    before, tag.name = tag.name, name
    if before != name:
        tag.save()
        audit("tag.changed", actor=by, target=_target(tag), changes={"name": [before, name]})
    return tag


@transaction.atomic
def merge_tags(kept: Tag, gone: Tag, *, by: User | None) -> Tag:
    """Every conversation with `gone` has `kept` instead. Raises NotAllowed, Refused."""
    check(by, Permission.SETTINGS)
    if kept.pk == gone.pk:
        raise Refused(_("Choose another tag; this is the same one."), field="into")
    rows = {row.pk: row for row in Tag.objects.select_for_update().filter(pk__in=(kept.pk, gone.pk)).order_by("pk")}
    if len(rows) < 2:
        raise Refused(_("One of the two tags is gone."), field="into")
    has = _Put.objects.filter(tag=kept.pk).values("conversation_id")
    moved = _Put.objects.filter(tag=gone.pk).exclude(conversation_id__in=has).update(tag=kept.pk)
    name = rows[gone.pk].name
    rows[gone.pk].delete()
    audit("tag.merged", actor=by, target=_target(kept), changes={"gone": name, "conversations": moved})
    return rows[kept.pk]


@transaction.atomic
def delete_tag(tag: Tag, *, by: User | None) -> None:
    """Take it off every conversation and forget it. Safe to call twice. Raises NotAllowed."""
    check(by, Permission.SETTINGS)
    found = Tag.objects.select_for_update().filter(pk=tag.pk).first()
    if found:
        target, count = _target(found), _Put.objects.filter(tag=found.pk).count()
        found.delete()
        audit("tag.deleted", actor=by, target=target, changes={"conversations": count})


def _target(tag: Tag) -> str:
    return f"tag:{tag.pk} {tag.name}"
