from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "sapa.accounts"

    def ready(self) -> None:
        from sapa.accounts import watch  # models exist only now

        watch.connect()
