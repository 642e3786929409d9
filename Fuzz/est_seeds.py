"""est_seeds.py CORPUS: inputs for the EST target that get past the first gates: messages that openssl makes, plain and in base64."""

import base64
import pathlib
import subprocess
import sys
import tempfile


def main(corpus: pathlib.Path) -> None:
    corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9", "-subj",
                "/CN=seed", "-keyout", "key.pem", "-out", "seed.pem")
        for count in (1, 3):
            chain = [argument for _ in range(count) for argument in ("-certfile", "seed.pem")]
            openssl("crl2pkcs7", "-nocrl", *chain, "-outform", "DER", "-out", "seed.p7")
            message = (pathlib.Path(folder) / "seed.p7").read_bytes()
            (corpus / f"message-{count}").write_bytes(message)
            (corpus / f"text-{count}").write_bytes(base64.encodebytes(message))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
