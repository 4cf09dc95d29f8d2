"""Runs of codecs on pictures: bytes, time, memory, and how far the decoded picture is from its original."""
