"""Importing this lets boto3 read what DynamoDB is made of, which is half of a fork's start."""

from __future__ import annotations

import boto3

# Its default session keeps what was read; the credentials, nobody's, stay with this client.
boto3.client(
    "dynamodb", region_name="nowhere", aws_access_key_id="nobody", aws_secret_access_key="nobody"
).close()
