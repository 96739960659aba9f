"""The conformance tests, and nothing else: one file for each part of the flow."""
