"""People: made, changed, deactivated; one active administrator always remains."""

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from sapa.accounts.audit import audit
from sapa.accounts.models import Role, User
from sapa.core.errors import Refused


@transaction.atomic
def create_user(
    *, email: str, name: str, role: Role | str, password: str | None = None, by: User | None = None
) -> User:
    """Make an account; without a password it opens by single sign-on or a password reset only.

    role: a Role or its key. Raises Refused naming the field (`email`, `name`, `role`, `password`).
    """
    user = User(email=read_email(email), name=read_name(name), role=_role(role))
    if password is None:
        user.set_unusable_password()
    else:
        check_password(password, user)
        user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
            # allauth keeps proven addresses in a table of its own; ours are proven by invitation or by who made them.
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    except IntegrityError as error:
        raise Refused(
            _("Somebody with the address %(email)s is here already.") % {"email": user.email}, field="email"
        ) from error
    audit(
        "user.created",
        actor=by,
        target=f"user:{user.pk} {user.email}",
        changes={"name": user.name, "role": user.role.key},
    )
    return user


def read_email(email: str) -> str:
    """The address in lower case. Raises Refused when it is none."""
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Refused(_("«%(email)s» is not an e-mail address.") % {"email": email[:80]}, field="email") from error
    return email


def read_name(name: str) -> str:
    """The name in one line. Raises Refused when it is empty or over 120 characters."""
    name = " ".join(name.replace("\0", "").split())
    if not name or len(name) > 120:
        raise Refused(_("A name has 1 to 120 characters."), field="name")
    return name


def check_password(password: str, user: User) -> None:
    """Raises Refused with the sentences of the validators."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused(" ".join(error.messages), field="password") from error


def _role(role: Role | str) -> Role:
    if isinstance(role, Role):
        return role
    found = Role.objects.filter(key=role).first()
    if found is None:
        keys = ", ".join(Role.objects.order_by("id").values_list("key", flat=True)[:20])
        raise Refused(
            _("There is no role «%(key)s»; there are: %(keys)s.") % {"key": role[:40], "keys": keys}, field="role"
        )
    return found
