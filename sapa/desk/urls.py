"""Addresses of the workspace."""

from django.urls import path, re_path

from sapa.desk.views import act, inbox, presence, search, thread

app_name = "desk"
urlpatterns = [
    path("", inbox.home, name="home"),
    path("inbox/", inbox.home),
    path("inbox/views", inbox.views, name="views"),
    re_path(rf"^inbox/{inbox.VIEW}/$", inbox.inbox, name="inbox"),
    re_path(rf"^inbox/{inbox.VIEW}/(?P<id>[0-9]{{1,18}})/$", inbox.inbox, name="conversation"),
    re_path(rf"^inbox/{inbox.VIEW}/(?P<id>[0-9]{{1,18}})/row$", inbox.row, name="row"),
    path("conversations/<int:id>/", inbox.conversation, name="permalink"),
    path("conversations/<int:id>/thread", thread.thread, name="thread"),
    path("conversations/<int:id>/side", thread.side, name="side"),
    path("conversations/<int:id>/messages/<int:message>", thread.message, name="message"),
    path("conversations/<int:id>/messages/<int:message>/frame", thread.frame, name="frame"),
    path("conversations/<int:id>/messages/<int:message>/source", thread.source, name="source"),
    path("conversations/<int:id>/people", act.people, name="people"),
    path("conversations/<int:id>/assign", act.assign, name="assign"),
    path("conversations/<int:id>/status", act.status, name="status"),
    path("conversations/<int:id>/snooze", act.snooze, name="snooze"),
    path("conversations/<int:id>/priority", act.priority, name="priority"),
    path("conversations/<int:id>/tag-menu", act.tag_menu, name="tag_menu"),
    path("conversations/<int:id>/tags", act.tags, name="tags"),
    path("conversations/<int:id>/subject", act.subject, name="subject"),
    path("conversations/<int:id>/fields", act.fields, name="fields"),
    path("conversations/<int:id>/seen", act.seen, name="seen"),
    path("conversations/<int:id>/unread", act.unread, name="unread"),
    path("files/<int:id>/", thread.file, name="file"),
    path("files/<int:id>/<str:name>", thread.file, name="named_file"),
    path("presence", presence.presence, name="presence"),
    path("search/", search.search, name="search"),
]
