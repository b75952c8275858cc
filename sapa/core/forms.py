"""Forms and refusals: what an action refused stands at the field that is to blame."""

from collections.abc import Callable

from django.forms import BaseForm

from sapa.core.errors import Refused


def done(form: BaseForm, action: Callable[[], object]) -> bool:
    """Whether the form was sent, is right, and `action` was done.

    When the action refused, its sentence stands at the field that is to blame, or above the form.
    """
    if not (form.is_bound and form.is_valid()):
        return False
    try:
        action()
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return False
    return True
