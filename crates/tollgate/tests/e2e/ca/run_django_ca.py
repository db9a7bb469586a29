"""django-ca's ACME server, alone: SQLite, tasks run inline, http-01 always valid.

Arguments: FOLDER PORT
"""

import sys
from pathlib import Path

import django
import waitress
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path

folder, port = Path(sys.argv[1]).resolve(), int(sys.argv[2])
database = folder / "db.sqlite3"

settings.configure(
    SECRET_KEY="for tests",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django_object_actions",
        "django_ca",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": database,
            "OPTIONS": {"timeout": 30, "transaction_mode": "IMMEDIATE"},
        }
    },
    STORAGES={
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        "django-ca": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": folder / "files"},
        },
    },
    # Throughout one process: the nonces are kept here.
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    # How a proxy in front says that its client came by HTTPS.
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    CA_DEFAULT_HOSTNAME="localhost",
)

django.setup()
urlpatterns = [path("django_ca/", include("django_ca.urls"))]
if not database.exists():
    call_command("migrate", verbosity=0)
    call_command(
        "init_ca", "--key-type=EC", "--path-length=1", "--acme-enable", "--acme-contact-optional",
        "Root", "CN=django-ca in a test",
    )

from django_ca import tasks  # after setup(): it loads the models

tasks.validate_http_01 = lambda challenge, *arguments: True
waitress.serve(
    get_wsgi_application(), host="127.0.0.1", port=port, threads=4, clear_untrusted_proxy_headers=False
)
