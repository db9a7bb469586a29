"""serles, alone: an SQLite database, certificates made by the openssl command, http-01 always valid.

Arguments: FOLDER PORT
"""

import os
import subprocess
import sys
from pathlib import Path

import waitress

folder, port = Path(sys.argv[1]).resolve(), int(sys.argv[2])


class Backend:
    """Signs as serles' own openssl backend does, but keeps the names the CSR asks for."""

    def __init__(self, config):
        self.certificate, self.key = folder / "ca.pem", folder / "ca.key"
        subprocess.run(
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "30", "-subj", "/CN=serles in a test", "-keyout", self.key, "-out", self.certificate,
            ],
            check=True,
            capture_output=True,
        )

    def sign(self, csr, subject, names, email):
        signed = subprocess.run(
            [
                "openssl", "x509", "-req", "-copy_extensions", "copy", "-days", "30",
                "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
            ],
            input=csr,
            capture_output=True,
        )
        if signed.returncode != 0:
            return None, signed.stderr.decode()
        return signed.stdout.decode() + self.certificate.read_text(), None


configuration = folder / "config.ini"
configuration.write_text(
    "[serles]\n"
    f"database = sqlite:///{folder}/db.sqlite\n"
    "backend = __main__:Backend\n"
    "subjectNameTemplate = CN={SAN[0]}\n"
    "allowWildcards = true\n"
)
os.environ["CONFIG"] = str(configuration)

import serles
from serles import challenge

challenge.http_challenge = lambda challenge: (None, None)
waitress.serve(
    serles.create_app(),
    host="127.0.0.1",
    port=port,
    threads=4,
    # serles builds its URLs from the scheme that the server in front of it reports.
    trusted_proxy="127.0.0.1",
    trusted_proxy_headers={"x-forwarded-proto"},
)
