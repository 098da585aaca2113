"""`python -m workers.store.bucket`: makes the S3 bucket of NIANBAO_BLOBS_URL where there is none.

obstore puts and gets objects but makes no buckets; one signed PUT (AWS Signature Version 4) does.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import sys
from urllib.parse import urlsplit

from workers.settings import Settings, settings

EMPTY = hashlib.sha256(b"").hexdigest()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signed_headers(given: Settings, bucket: str, at: dt.datetime) -> dict[str, str]:
    """Headers of a signed, empty PUT of the bucket."""
    host = urlsplit(given.s3_endpoint).netloc
    day, stamp = at.strftime("%Y%m%d"), at.strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": host, "x-amz-content-sha256": EMPTY, "x-amz-date": stamp}
    names = ";".join(sorted(headers))
    lines = "".join(f"{n}:{headers[n]}\n" for n in sorted(headers))
    request = f"PUT\n/{bucket}\n\n{lines}\n{names}\n{EMPTY}"
    scope = f"{day}/{given.s3_region}/s3/aws4_request"
    told = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = _hmac(f"AWS4{given.s3_secret_key}".encode(), day)
    for part in (given.s3_region, "s3", "aws4_request"):
        key = _hmac(key, part)
    signature = hmac.new(key, told.encode(), hashlib.sha256).hexdigest()
    credential = f"{given.s3_access_key}/{scope}"
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    )
    return headers


def make_bucket(given: Settings) -> bool:
    """True where the bucket is there afterwards."""
    import httpx

    bucket = given.blobs_url.removeprefix("s3://").partition("/")[0]
    headers = signed_headers(given, bucket, dt.datetime.now(dt.UTC))
    answer = httpx.put(f"{given.s3_endpoint.rstrip('/')}/{bucket}", headers=headers, timeout=20)
    return answer.status_code in (200, 409)  # 409: it is there already


def main() -> int:
    given = settings()
    if not given.blobs_url.startswith("s3://") or not given.s3_endpoint:
        return 0
    if make_bucket(given):
        return 0
    print("无法建立存储桶，请检查 NIANBAO_S3_* 设置", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
