"""Forms and refusals: what an action refused stands at the field that is to blame."""

from collections.abc import Callable

from django.forms import BaseForm

from sapa.core.errors import Refused


def done(form: BaseForm, action: Callable[[], object]) -> bool:
    """Whether `action` was done; when it refused, its sentence stands at its field, or above the form."""
    try:
        action()
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return False
    return True
