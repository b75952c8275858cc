"""The settings of tags."""

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.accounts.access import person, requires
from sapa.accounts.permissions import Permission
from sapa.conversations import actions
from sapa.conversations.models import Tag
from sapa.core.forms import done
from sapa.core.pages import page_of
from sapa.desk.records.forms import MergeTagForm, TagForm


@require_GET
@requires(Permission.SETTINGS)
def listing(request: HttpRequest) -> HttpResponse:
    """Every tag with how many conversations have it."""
    rows = Tag.objects.annotate(count=Count("conversations")).order_by("name")
    return render(request, "records/tags.html", {"page": page_of(rows, request.GET.get("page", ""))})


@require_http_methods(["GET", "POST"])
@requires(Permission.SETTINGS)
def change(request: HttpRequest, id: int) -> HttpResponse:
    """Rename one tag."""
    tag = get_object_or_404(Tag, pk=id)
    form = TagForm(request.POST or None, initial={"name": tag.name})
    if done(form, lambda: actions.rename_tag(tag, form.cleaned_data["name"], by=person(request))):
        messages.success(request, _("The tag was renamed."))
        return redirect("records:tags")
    return render(request, "records/tag.html", {"form": form, "merge": MergeTagForm(tag=tag), "tag": tag})


@require_POST
@requires(Permission.SETTINGS)
def merge(request: HttpRequest, id: int) -> HttpResponse:
    """Put one tag into another."""
    tag = get_object_or_404(Tag, pk=id)
    form = MergeTagForm(request.POST, tag=tag)
    if done(form, lambda: actions.merge_tags(form.cleaned_data["into"], tag, by=person(request))):
        messages.success(request, _("The tags were merged."))
        return redirect("records:tags")
    return render(request, "records/tag.html", {"form": TagForm(initial={"name": tag.name}), "merge": form, "tag": tag})


@require_POST
@requires(Permission.SETTINGS)
def delete(request: HttpRequest, id: int) -> HttpResponse:
    """Take a tag off every conversation."""
    actions.delete_tag(get_object_or_404(Tag, pk=id), by=person(request))
    messages.success(request, _("The tag was deleted."))
    return redirect("records:tags")
