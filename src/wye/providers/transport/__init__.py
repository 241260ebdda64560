"""The upstream HTTP/1.1 client: llhttp under asyncio protocols.

`transport.Transport` sends, `response.Response` is read, `errors` says what failed, `limits` what is bounded.
A connection is opened only for a grant of `wye.providers.egress`.
"""
